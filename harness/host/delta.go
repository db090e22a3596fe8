package host

import (
	"fmt"
	"sort"
)

// Delta is what changed between two snapshots of one machine.
type Delta struct {
	Seconds       float64  `json:"seconds"` // between the snapshots
	BusyShare     float64  `json:"busy_share"`
	StealShare    float64  `json:"steal_share"`
	KernelLines   int64    `json:"kernel_lines"` // new lines in the kernel log; -1 if not readable
	KHzChange     []int    `json:"khz_change,omitempty"`
	MilliCelsius  int      `json:"milli_celsius_change"` // of the sensor that changed most
	Consumers     []string `json:"consumers,omitempty"`  // most CPU time meanwhile, largest first
	Contradiction []string `json:"contradiction,omitempty"`
}

// Compare returns what changed from before to after. Shares are of all processor
// time. Contradiction lists facts that must not change within a run.
func Compare(before, after *Snapshot) Delta {
	d := Delta{Seconds: after.Time.Sub(before.Time).Seconds(), KernelLines: -1}
	busy := after.Load.BusySeconds - before.Load.BusySeconds
	idle := after.Load.IdleSeconds - before.Load.IdleSeconds
	steal := after.Load.StealSeconds - before.Load.StealSeconds
	if total := busy + idle + steal; total > 0 {
		d.BusyShare, d.StealShare = busy/total, steal/total
	}
	if before.Kernel.LogLines >= 0 && after.Kernel.LogLines >= 0 {
		d.KernelLines = after.Kernel.LogLines - before.Kernel.LogLines
	}
	if len(before.CPU.CurrentKHz) == len(after.CPU.CurrentKHz) {
		for i, f := range after.CPU.CurrentKHz {
			d.KHzChange = append(d.KHzChange, f-before.CPU.CurrentKHz[i])
		}
	}
	for sensor, t := range after.MilliCelsius {
		if old, ok := before.MilliCelsius[sensor]; ok && abs(t-old) > abs(d.MilliCelsius) {
			d.MilliCelsius = t - old
		}
	}
	used := make(map[string]float64)
	for name, s := range after.Load.Processes {
		if s -= before.Load.Processes[name]; s > 0 {
			used[name] = s
			d.Consumers = append(d.Consumers, name)
		}
	}
	sort.Slice(d.Consumers, func(i, j int) bool { return used[d.Consumers[i]] > used[d.Consumers[j]] })
	d.Consumers = d.Consumers[:min(consumersKept, len(d.Consumers))]
	for _, f := range []struct{ what, a, b string }{
		{"governor", before.CPU.Governor, after.CPU.Governor},
		{"turbo", before.CPU.Turbo, after.CPU.Turbo},
		{"clock source", before.Clock.Source, after.Clock.Source},
		{"transparent huge pages", before.Kernel.THP, after.Kernel.THP},
		{"online processors", fmt.Sprint(before.CPU.Threads), fmt.Sprint(after.CPU.Threads)},
		{"kernel", before.Kernel.Release, after.Kernel.Release},
	} {
		if f.a != f.b {
			d.Contradiction = append(d.Contradiction, fmt.Sprintf("%s changed from %q to %q during the run", f.what, f.a, f.b))
		}
	}
	return d
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}

// Limits returns sentences to be printed under every table made on this machine.
func (s *Snapshot) Limits() []string {
	var out []string
	switch {
	case s.KVM.Vendor == "pvm":
		out = append(out, "KVM vendor pvm: no hardware virtualisation, VM exits cost tens of microseconds")
	case s.KVM.Kind == KindSoftware:
		out = append(out, "KVM without hardware virtualisation, of a vendor that the host does not show: VM exits cost tens of microseconds")
	}
	switch {
	case s.KVM.Nested():
		out = append(out, "nested: this host is a virtual machine itself, so the results are estimates")
	case s.KVM.Hypervisor:
		out = append(out, "this host is a virtual machine, so the results are estimates")
	}
	if s.CPU.Governor == "" {
		out = append(out, "processor frequency and turbo are not visible on this host")
	}
	return out
}

// Limits returns sentences about what happened during the run.
func (d Delta) Limits() []string {
	out := append([]string(nil), d.Contradiction...)
	if d.StealShare >= stealLimit {
		out = append(out, fmt.Sprintf("%.1f %% of processor time was stolen by other virtual machines during the run", 100*d.StealShare))
	}
	return out
}
