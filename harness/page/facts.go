package page

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"unibench/harness/host"
	"unibench/harness/record"
	"unibench/harness/report"
)

// Fact is one thing that is known, with its name.
type Fact struct{ Name, Value string }

// FactGroup is facts under one headline.
type FactGroup struct {
	Name  string
	Facts []Fact
}

// hostFacts says what the host was, from its first snapshot, and what happened to it
// until the last.
func hostFacts(h *record.Host) ([]FactGroup, error) {
	if len(h.Snapshots) == 0 {
		return nil, nil
	}
	var first, last host.Snapshot
	if err := decode(h.Snapshots[0], &first); err != nil {
		return nil, err
	}
	if err := decode(h.Snapshots[len(h.Snapshots)-1], &last); err != nil {
		return nil, err
	}
	groups := []FactGroup{processor(&first), virtualisation(&first), kernel(&first)}
	if len(h.Snapshots) > 1 {
		groups = append(groups, during(&first, &last))
	}
	groups = append(groups, mitigations(&first))
	return slices.DeleteFunc(groups, func(g FactGroup) bool { return len(g.Facts) == 0 }), nil
}

func decode(s record.Snapshot, to *host.Snapshot) error {
	if len(s.Host) == 0 {
		return nil
	}
	if err := json.Unmarshal(s.Host, to); err != nil {
		return fmt.Errorf("read the %s snapshot of the host: %w", s.When, err)
	}
	return nil
}

// facts leaves out what is not known.
func facts(name string, list ...Fact) FactGroup {
	return FactGroup{name, slices.DeleteFunc(list, func(f Fact) bool { return f.Value == "" || f.Value == "0" })}
}

func yes(v bool) string {
	if v {
		return "yes"
	}
	return "no"
}

func processor(s *host.Snapshot) FactGroup {
	c := s.CPU
	if c.Model == "" {
		return FactGroup{}
	}
	return facts("Processor",
		Fact{"Model", c.Model},
		Fact{"Online processors", fmt.Sprint(c.Threads)},
		Fact{"Cores", fmt.Sprint(c.Cores)},
		Fact{"SMT", yes(c.SMT)},
		Fact{"NUMA nodes", fmt.Sprint(c.NUMANodes)},
		Fact{"Microcode", c.Microcode},
		Fact{"Caches", strings.Join(c.Caches, ", ")},
		Fact{"Governor", orUnknown(c.Governor)},
		Fact{"Turbo", orUnknown(c.Turbo)},
		Fact{"Idle driver", c.IdleDriver},
		Fact{"Isolated processors", c.Isolated},
		Fact{"Memory", report.FormatValue(float64(s.Memory.TotalBytes), "B")},
	)
}

func orUnknown(s string) string {
	if s == "" {
		return "not visible"
	}
	return s
}

func virtualisation(s *host.Snapshot) FactGroup {
	if s.KVM.Vendor == "" {
		return FactGroup{}
	}
	return facts("Virtualisation",
		Fact{"KVM vendor", s.KVM.Vendor},
		Fact{"Access to KVM", s.KVM.Access},
		Fact{"Host is a virtual machine", yes(s.KVM.Hypervisor)},
		Fact{"vhost-net", yes(s.KVM.VhostNet)},
		Fact{"halt_poll_ns", s.KVM.Parameters["kvm.halt_poll_ns"]},
		Fact{"Machine", s.DMI},
	)
}

func kernel(s *host.Snapshot) FactGroup {
	if s.Kernel.Release == "" {
		return FactGroup{}
	}
	return facts("Kernel",
		Fact{"Release", s.Kernel.Release},
		Fact{"Parameters", strings.Join(s.Kernel.CommandLine, " ")},
		Fact{"Clock source", s.Clock.Source},
		Fact{"Transparent huge pages", s.Kernel.THP},
		Fact{"ASLR", s.Kernel.ASLR},
		Fact{"Swappiness", s.Kernel.Swappiness},
		Fact{"Control groups", s.Cgroup.Mode},
	)
}

// during is what changed from the first snapshot to the last.
func during(first, last *host.Snapshot) FactGroup {
	if first.Time.IsZero() || last.Time.IsZero() {
		return FactGroup{}
	}
	d := host.Compare(first, last)
	list := []Fact{
		{"Length", fmt.Sprintf("%.0f s", d.Seconds)},
		{"Busy", fmt.Sprintf("%.0f %% of processor time", 100*d.BusyShare)},
		{"Steal", fmt.Sprintf("%.2f %% of processor time", 100*d.StealShare)},
		{"Load average", fmt.Sprintf("%.2f before, %.2f after", first.Load.Average1, last.Load.Average1)},
	}
	if d.KernelLines >= 0 {
		list = append(list, Fact{"Kernel log", fmt.Sprintf("%d new lines", d.KernelLines)})
	}
	if len(d.Consumers) > 0 {
		list = append(list, Fact{"Most processor time of others", strings.Join(d.Consumers, ", ")})
	}
	for _, c := range d.Contradiction {
		list = append(list, Fact{"Changed", c})
	}
	return facts("During the run", list...)
}

// mitigations are those of vulnerabilities that concern this processor.
func mitigations(s *host.Snapshot) FactGroup {
	g := FactGroup{Name: "Mitigations"}
	spared := 0
	for _, name := range slices.Sorted(maps.Keys(s.Kernel.Mitigations)) {
		if v := s.Kernel.Mitigations[name]; v == "Not affected" {
			spared++
		} else {
			g.Facts = append(g.Facts, Fact{name, v})
		}
	}
	if spared > 0 {
		g.Facts = append(g.Facts, Fact{"Not affected", fmt.Sprintf("by %d others", spared)})
	}
	return g
}
