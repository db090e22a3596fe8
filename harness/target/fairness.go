package target

import (
	"fmt"
	"slices"

	"unibench/harness/netlab"
	"unibench/harness/record"
)

// Kind is a kind of program.
type Kind int

// The kinds: programs that end by themselves, servers, and those that are led.
const (
	Ending Kind = iota
	Serving
	Led
)

// Fairness compares how the targets treat programs of a kind: what is the same for
// all is held, every difference is an inequality.
func Fairness(targets []Target, goVersion string, kind Kind) record.Fairness {
	servers := kind == Serving
	const confinement = "confinement: every thread of program, runtime and monitor, the virtual processors among them, runs on the same processors"
	f := record.Fairness{Held: []string{
		"program: the same source, arguments, standard input and environment",
		"build: " + goVersion + ", go build with plain defaults and -buildvcs=false, no cgo",
		"measurement: the same code, from before fork and execve to the end seen by waitid",
		"start: fresh in every trial; page cache warm, because every image was just built",
	}}
	if servers {
		f.Held[2] = "measurement: the same generator, requests and checks of answers, in a namespace of its own with the same settings"
		f.Held = append(f.Held,
			fmt.Sprintf("link: one, direct, made anew in every trial; %d bytes of MTU, no shaping", netlab.DefaultMTU),
			confinement,
		)
	}
	if kind == Led {
		f.Held[2] = "measurement: by the program itself, the same code: the monotonic clock around each batch of operations"
		f.Held = append(f.Held, confinement, "processors: as many as a benchmark is made for, the same for all")
	}
	traits := make(map[string]Traits)
	var names []string
	for _, t := range targets {
		traits[t.Name()] = t.Traits()
		names = append(names, t.Name())
	}
	if kind != Led {
		same(&f, "processors", names, func(n string) string { return fmt.Sprintf("%d", traits[n].CPUs) })
	}
	same(&f, "memory", names, func(n string) string {
		b := traits[n].MemoryBytes
		if kind != Ending {
			b = traits[n].ServerMemoryBytes
		}
		if b > 0 {
			return fmt.Sprintf("limited to %d MiB", b>>20)
		}
		return "not limited"
	})
	if servers {
		same(&f, "network", names, func(n string) string { return traits[n].Network })
	}
	same(&f, "isolation", names, func(n string) string { return traits[n].Isolation })
	if kind == Led {
		return f // what surrounds the program is not measured
	}
	same(&f, "measured besides the program", names, func(n string) string {
		if s := traits[n].Inside; s != "" {
			return s
		}
		return "nothing"
	})
	for _, n := range names {
		for _, r := range traits[n].Remarks {
			f.Inequalities = append(f.Inequalities, record.Inequality{Rule: "counting", Targets: []string{n}, Detail: r})
		}
	}
	return f
}

// same adds one held rule when the value is the same for all, and else one
// inequality for each value, in the order of names.
func same(f *record.Fairness, rule string, names []string, value func(name string) string) {
	by := make(map[string][]string)
	var values []string
	for _, n := range names {
		v := value(n)
		if !slices.Contains(values, v) {
			values = append(values, v)
		}
		by[v] = append(by[v], n)
	}
	if len(values) == 1 {
		f.Held = append(f.Held, rule+": "+values[0])
		return
	}
	for _, v := range values {
		f.Inequalities = append(f.Inequalities, record.Inequality{Rule: rule, Targets: by[v], Detail: v})
	}
}
