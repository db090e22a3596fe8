package suite

import (
	"time"

	"unibench/harness/record"
	"unibench/harness/target"
	"unibench/harness/trial"
)

// Events of a start, in order. All are seen from the host, but for guestEntry
// and guestMain, which the guest stamps with the time-stamp counter.
const (
	evExec         = "exec"
	evMonitorStart = "monitor-start"
	evFirstRun     = "first-run"
	evGuestEntry   = "guest-entry"
	evMain         = "main"
	evFirstByte    = "first-byte"
	evEnd          = "end"
)

// boot is the suite of starting a program: how long until it says something and
// until it is gone, and what that costs. Start is fork and execve of the program
// on the target process, of the monitor on unikernel, of the runtime on
// container. The page cache is warm.
func boot() Suite {
	return Suite{
		Name:    "boot",
		Doc:     "start of a small program to its first output byte and its end",
		Version: "1",
		Time:    "about a minute",
		Benchmarks: []Benchmark{
			{
				Name:     "Hello",
				Workload: target.Workload{Name: "Hello", Package: "./workloads/hello"},
				Doc:      "println of one line: the Go runtime and the platform, nothing else",
				Expect:   trial.Expect{Stderr: []byte("hello, world\n")},
			},
			{
				Name:     "HelloFmt",
				Workload: target.Workload{Name: "HelloFmt", Package: "./workloads/hellofmt"},
				Doc:      "goroutines, timers, a channel and fmt; waits 8 ms for its timers",
				Expect:   trial.Expect{Stdout: []byte(helloFmtOutput)},
			},
			{
				Name:     "Burst100",
				Workload: target.Workload{Name: "instance", Package: "./workloads/instance", Led: true},
				Doc:      "a hundred instances started as fast as they can be, which all stay until the last has answered",
				Expect:   trial.Expect{Stdout: []byte("ready\n")},
				Crowd:    &Crowd{Instances: 100, AtOnce: 16},
			},
		},
		Units: []record.Unit{
			{Name: "boot-first-ns", Better: "lower", Primary: true, Doc: "start to the first byte on standard output or error"},
			{Name: "burst-ns", Better: "lower", Primary: true, Doc: "of many instances: start of the first to the first byte of the last"},
			{Name: "p50-burst-ns", Better: "lower", Doc: "the same to the first byte of the median instance; each waits for its turn from the start of the first"},
			{Name: "p90-burst-ns", Better: "lower", Doc: "the same of the 90th percentile"},
			{Name: "burst-end-ns", Better: "lower", Doc: "of many instances: end of their input to the end of the last"},
			{Name: "idle-B", Better: "lower", Doc: "of many instances: memory of one while all are idle, mean; pages that several share in equal parts, the kernel's own left out"},
			{Name: "boot-total-ns", Better: "lower", Doc: "start to the end of the program, its monitor or runtime included"},
			{Name: "boot-vmm-ns", Better: "lower", Doc: "start to just before the first KVM_RUN: what the monitor does"},
			{Name: "boot-guest-ns", Better: "lower", Doc: "first KVM_RUN to main.main: entry and the start of Go's runtime in the guest"},
			{Name: "boot-main-ns", Better: "lower", Doc: "start to main.main of the program"},
			{Name: "boot-cpu-ns", Better: "lower", Doc: "user and system time of all processes of the start, the guest's included"},
			{Name: "rss-B", Better: "lower", Doc: "largest resident set of one process of the start"},
			{Name: "image-B", Better: "lower", Exact: true, Doc: "size of the file that is started, with symbols, as built by default"},
			{Name: "image-stripped-B", Better: "lower", Exact: true, Doc: "the same built with -ldflags '-s -w'"},
			{Name: "vmexits/op", Better: "lower", Doc: "VM exits from start to end, all processors"},
			{Name: "ctxsw/op", Better: "lower", Doc: "context switches on the host, voluntary and not, of all processes of the start"},
		},
		Remarks: []string{
			"of Burst100, boot-cpu-ns and ctxsw/op are means over the instances; at most 16 of them are between their start and their answer at one time",
			"idle-B is of every process of an instance: the monitor with what the guest has touched, the container's runtime, which stays",
		},
		Phases:     []string{evExec, evMonitorStart, evFirstRun, evGuestEntry, evMain, evFirstByte, evEnd},
		Values:     bootValues,
		ImageUnits: [2]string{"image-B", "image-stripped-B"},
		Defaults:   Defaults{Count: 10, WarmUp: 1, MemoryBytes: 64 << 20, Timeout: 30 * time.Second},
		Short:      Defaults{Count: 3},
		// Not Burst100: no slowdown can be planted in it, and to repeat it takes long.
		Gate: Defaults{Count: 200, Run: "^(Hello|HelloFmt)$"},
	}
}

// helloFmtOutput is what workloads/hellofmt prints; its test says the same.
const helloFmtOutput = `fibonacci(10) = 55
fibonacci(11) = 89
fibonacci(12) = 144
fibonacci(13) = 233
fibonacci(14) = 377
fibonacci(15) = 610
fibonacci(16) = 987
fibonacci(17) = 1597
hello, world
`

func bootValues(o *target.Observation) (map[string]float64, []record.Phase) {
	v := map[string]float64{
		"boot-total-ns": float64(o.End - o.Start),
		"boot-cpu-ns":   float64(o.CPU.Nanoseconds()),
		"ctxsw/op":      float64(o.Voluntary + o.Involuntary),
	}
	if o.PeakRSSBytes > 0 {
		v["rss-B"] = float64(o.PeakRSSBytes)
	}
	if o.FirstByte > 0 {
		v["boot-first-ns"] = float64(o.FirstByte - o.Start)
	}
	events := []record.Phase{{Name: evExec, AtNS: o.Start}}
	if m := o.Monitor; m != nil {
		v["vmexits/op"] = float64(m.VMExits)
		if m.FirstRun > 0 {
			v["boot-vmm-ns"] = float64(m.FirstRun - o.Start)
		}
		if m.GuestMain > 0 {
			v["boot-main-ns"] = float64(m.GuestMain - o.Start)
		}
		if m.FirstRun > 0 && m.GuestMain > 0 {
			v["boot-guest-ns"] = float64(m.GuestMain - m.FirstRun)
		}
		events = append(events, record.Phase{Name: evMonitorStart, AtNS: m.MonitorStart}, record.Phase{Name: evFirstRun, AtNS: m.FirstRun},
			record.Phase{Name: evGuestEntry, AtNS: m.GuestEntry}, record.Phase{Name: evMain, AtNS: m.GuestMain})
	}
	events = append(events, record.Phase{Name: evFirstByte, AtNS: o.FirstByte}, record.Phase{Name: evEnd, AtNS: o.End})
	var phases []record.Phase
	for _, e := range events {
		if e.AtNS != 0 { // 0 means that it did not happen
			phases = append(phases, record.Phase{Name: e.Name, AtNS: e.AtNS - o.Start})
		}
	}
	return v, phases
}
