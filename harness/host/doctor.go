package host

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Severity orders findings.
type Severity string

// The severities. Only Refuse keeps a benchmark from running.
const (
	OK     Severity = "ok"
	Note   Severity = "note"
	Warn   Severity = "warn"
	Refuse Severity = "refuse"
)

// Finding is one judgement about the machine.
type Finding struct {
	Rule     string   `json:"rule"` // short name, as -allow takes it
	Severity Severity `json:"severity"`
	Text     string   `json:"text"`
	Next     string   `json:"next,omitempty"` // what to do about it
}

// Rules are the names of the rules that can refuse a machine.
func Rules() []string { return []string{"busy", "swap"} }

// Limits of the rules.
const (
	busyShare   = 0.5 // of processor time, before the run
	busyWindow  = 200 * time.Millisecond
	busyPatient = 10 * time.Second
	swapBytes   = 64 << 20
)

// Doctor judges a snapshot. It runs no probe beyond opening the idle-state
// device.
func Doctor(s *Snapshot) []Finding {
	var out []Finding
	add := func(rule string, sev Severity, text, next string) {
		out = append(out, Finding{Rule: rule, Severity: sev, Text: text, Next: next})
	}
	switch s.KVM.Access {
	case AccessOK:
		text := "/dev/kvm can be opened, KVM vendor " + s.KVM.Vendor
		if s.KVM.Vendor == "pvm" {
			add("kvm", Note, text+": VM exits cost tens of microseconds", "compare only with results of the same host class")
		} else {
			add("kvm", OK, text, "")
		}
	case AccessDenied:
		add("kvm", Warn, "/dev/kvm cannot be opened: no permission", "join the group that owns it (often kvm) or run as root; until then unikernel targets are skipped")
	default:
		add("kvm", Warn, "/dev/kvm does not exist", "enable virtualisation in the firmware or use a host that offers KVM; until then unikernel targets are skipped")
	}
	if s.KVM.Hypervisor {
		add("nested", Note, "this host is a virtual machine", "use bare metal for results to be published as more than estimates")
	}
	if q, err := HoldQuiet(); err != nil {
		add("idle", Warn, fmt.Sprintf("idle states cannot be held shallow: %v", err), "run as root, else wake-ups vary threefold")
	} else {
		q.Close()
		add("idle", OK, "idle states are held shallow during measurements", "")
	}
	switch s.CPU.Governor {
	case "":
		add("governor", Note, "processor frequency is not visible here", "")
	case "performance":
		add("governor", OK, "frequency governor is performance", "")
	default:
		add("governor", Warn, "frequency governor is "+s.CPU.Governor, "as root, write performance to /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor")
	}
	if s.CPU.Turbo == "on" {
		add("turbo", Warn, "turbo is on: frequency depends on load and temperature", "switch it off for published results")
	}
	if s.CPU.SMT {
		add("smt", Warn, "hyper-threading is on: neighbours share a core", "place the system under test with -cpus on a core of its own")
	}
	if s.CPU.Threads < 2 {
		add("cpus", Warn, "one processor: the harness shares it with the system under test", "use a host with two or more")
	}
	if s.Clock.Source != "tsc" || !s.Clock.TSCStable {
		add("clock", Warn, fmt.Sprintf("clock source %s, stable TSC: %v", s.Clock.Source, s.Clock.TSCStable), "times are coarser than on a host with a stable TSC")
	} else {
		add("clock", OK, "clock source tsc, stable", "")
	}
	if s.Memory.SwapUsedBytes > swapBytes {
		add("swap", Refuse, fmt.Sprintf("%d MiB are swapped out", s.Memory.SwapUsedBytes>>20), "free memory, or accept it with -allow swap")
	}
	if s.OnBattery {
		add("power", Warn, "running on battery", "connect a power supply")
	}
	if s.Cgroup.CPUQuota != "" {
		add("quota", Warn, "a control group limits processor time: "+s.Cgroup.CPUQuota, "run outside it, else the kernel stops the system under test at times")
	}
	switch s.Cgroup.Mode {
	case "none":
		add("cgroup", Warn, "no control groups are mounted", "container targets are skipped")
	default:
		add("cgroup", OK, "control groups: "+s.Cgroup.Mode, "")
	}
	return out
}

// WaitQuiet waits until the machine is little used, for at most a few seconds,
// and reports the rule "busy". sample returns cumulative busy and total
// processor seconds.
func WaitQuiet(ctx context.Context, sample func() (busy, total float64, err error)) (Finding, error) {
	tick := time.NewTicker(busyWindow)
	defer tick.Stop()
	deadline := time.NewTimer(busyPatient)
	defer deadline.Stop()
	lastBusy, lastTotal, err := sample()
	if err != nil {
		return Finding{}, err
	}
	for {
		expired := false
		select {
		case <-ctx.Done():
			return Finding{}, ctx.Err()
		case <-deadline.C:
			expired = true
		case <-tick.C:
		}
		busy, total, err := sample()
		if err != nil {
			return Finding{}, err
		}
		share := 0.0
		if total > lastTotal {
			share = (busy - lastBusy) / (total - lastTotal)
		}
		text := fmt.Sprintf("%.0f %% of processor time is in use by others", 100*share)
		switch {
		case share < busyShare:
			return Finding{Rule: "busy", Severity: OK, Text: text}, nil
		case expired:
			return Finding{Rule: "busy", Severity: Refuse, Text: text, Next: "stop other work on this host, or accept it with -allow busy"}, nil
		}
		lastBusy, lastTotal = busy, total
	}
}

// Unfit joins the refusals that allowed does not name, or returns nil.
func Unfit(findings []Finding, allowed func(rule string) bool) error {
	var out []string
	for _, f := range findings {
		if f.Severity == Refuse && !allowed(f.Rule) {
			out = append(out, fmt.Sprintf("%s: %s (%s)", f.Rule, f.Text, f.Next))
		}
	}
	if len(out) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrUnfit, strings.Join(out, "; "))
}

// ErrUnfit means that the machine is not fit for measurements now.
var ErrUnfit = errors.New("host unfit")
