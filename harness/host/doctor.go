package host

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Probes are what a snapshot cannot hold: what this process may do, and measurements
// of a moment. What is zero was not looked at.
type Probes struct {
	Quiet   error         // why idle states cannot be held shallow; nil if they can
	Moment  *Delta        // what the machine did while nothing was measured
	Exit    time.Duration // see ExitTime
	ExitErr error         // why there is none
	// Neighbour is who else used the cores of this process's processors.
	Neighbour *Neighbour
}

// momentWindow is the time over which Probe watches the machine.
const momentWindow = time.Second

// Probe makes all probes. It takes two seconds.
func Probe(ctx context.Context, s *Snapshot) (Probes, error) {
	p := Probes{Quiet: ProbeQuiet()}
	if s.KVM.Usable() {
		p.Exit, p.ExitErr = ExitTime(KVMDevice)
	}
	before, err := Collect(ctx)
	if err != nil {
		return p, err
	}
	select {
	case <-ctx.Done():
		return p, ctx.Err()
	case <-time.After(momentWindow):
	}
	after, err := Collect(ctx)
	if err != nil {
		return p, err
	}
	d := Compare(before, after)
	p.Moment = &d
	cpus, err := AllowedCPUs()
	if err != nil {
		return p, err
	}
	p.Neighbour, err = WatchNeighbour(ctx, cpus)
	return p, err
}

// Doctor judges a machine: the same rules in the same order for every one, but for
// those whose probe was not made. It looks at nothing but its arguments.
func Doctor(s *Snapshot, p Probes) []Finding {
	var out []Finding
	add := func(f ...Finding) { out = append(out, f...) }
	add(judgeKVM(s.KVM))
	if p.Exit > 0 || p.ExitErr != nil {
		add(judgeExit(p))
	}
	add(judgeNested(s.KVM), judgeCPUs(s.CPU), judgeSMT(s.CPU), judgeNUMA(s), judgeGovernor(s.CPU), judgeTurbo(s.CPU), judgeIdle(p.Quiet), judgeClock(s.Clock))
	add(judgeSteal(s.Load, p.Moment))
	if p.Neighbour != nil {
		add(judgeNeighbour(*p.Neighbour))
	}
	if p.Moment != nil {
		add(judgeBusy(s.Load, *p.Moment))
	}
	add(judgeSwap(s.Memory), judgeMemory(s), judgeTHP(s.Kernel), judgeKSM(s.Kernel), judgeASLR(s.Kernel), judgeMitigations(s.Kernel))
	add(judgeCgroup(s.Cgroup), judgeQuota(s.Cgroup), judgePower(s.OnBattery))
	return out
}

func judgeKVM(k KVM) Finding {
	f := Finding{Rule: "kvm", Severity: Warn}
	vendor := "vendor " + k.Vendor
	if k.Vendor == "unknown" {
		vendor = "of a vendor that the host does not show"
	}
	switch {
	case k.Access == AccessDenied:
		f.Text, f.Means = KVMDevice+" cannot be opened: no permission", "unikernel targets are skipped"
		f.Next = "join the group that owns it (often kvm) or run as root"
	case k.Access != AccessOK:
		f.Text, f.Means = KVMDevice+" does not exist", "unikernel targets are skipped"
		f.Next = "enable virtualisation in the firmware or use a host that offers KVM"
	case k.Kind == KindSoftware || k.Vendor == "pvm":
		f.Inherent = true
		f.Text = fmt.Sprintf("%s can be opened: KVM without hardware virtualisation, %s", KVMDevice, vendor)
		f.Means = "VM exits, exceptions and first touches of memory cost many times what they cost elsewhere, so unikernels look worse than they are where the processor helps"
		f.Next = "compare only with results of the same host class, or use a host whose processor shows vmx or svm"
	default:
		f.Severity, f.Text, f.Means = OK, fmt.Sprintf("%s can be opened: KVM with hardware virtualisation, %s", KVMDevice, vendor), "unikernels run as they do in production"
	}
	return f
}

// exitLimit is more than VM exits take with hardware virtualisation that is not nested.
const exitLimit = 5 * time.Microsecond

func judgeExit(p Probes) Finding {
	f := Finding{Rule: "exit", Severity: OK, Means: "a device access or a wait of a unikernel costs at least that"}
	switch {
	case p.ExitErr != nil:
		f.Severity, f.Text = Warn, p.ExitErr.Error()
		f.Means, f.Next = "what a VM exit costs here is not known", "see whether uni run works on this host"
	case p.Exit > exitLimit:
		f.Severity, f.Inherent = Warn, true
		f.Text = fmt.Sprintf("a VM exit and the way back take %.1f microseconds, more than with hardware virtualisation on bare metal", p.Exit.Seconds()*1e6)
		f.Next = "read results of I/O and of waits as an upper bound"
	default:
		f.Text = fmt.Sprintf("a VM exit and the way back take %.1f microseconds", p.Exit.Seconds()*1e6)
	}
	return f
}

func judgeNested(k KVM) Finding {
	if !k.Hypervisor {
		return Finding{Rule: "nested", Severity: OK, Text: "this host is no virtual machine", Means: "nothing below it disturbs the measurement"}
	}
	return Finding{
		Rule: "nested", Severity: Warn, Inherent: true, Text: "this host is a virtual machine",
		Means: "other machines' work shows as noise, and virtual machines here are nested: results are estimates",
		Next:  "use bare metal for results to be published as more than that",
	}
}

func judgeIdle(quiet error) Finding {
	f := Finding{Rule: "idle", Severity: OK, Text: "idle states are held shallow during measurements", Means: "wake-ups are quick and even"}
	if quiet != nil {
		f.Severity, f.Text, f.Means, f.Next = Warn, "idle states are not under control: "+quiet.Error(), "wake-ups vary threefold, and with them all that waits", "run as root"
	}
	return f
}

func judgeClock(c Clock) Finding {
	f := Finding{Rule: "clock", Severity: OK, Text: "clock source tsc, stable", Means: "reading the time costs tens of nanoseconds and no system call"}
	if c.Source != "tsc" || !c.TSCStable {
		f.Severity, f.Inherent = Warn, true
		f.Text = fmt.Sprintf("clock source %s, stable TSC: %v", c.Source, c.TSCStable)
		f.Means = "reading the time is slow or coarse, which programs that do it often pay as processes and containers, and unikernels may not"
		f.Next = "boot with a kernel that keeps clocksource=tsc"
	}
	return f
}

// stealLimit is the share of stolen processor time that is worth a sentence.
const stealLimit = 0.01

func judgeSteal(l Load, moment *Delta) Finding {
	share, when := 0.0, "since boot"
	if total := l.BusySeconds + l.IdleSeconds + l.StealSeconds; total > 0 {
		share = l.StealSeconds / total
	}
	if moment != nil && moment.StealShare >= share {
		share, when = moment.StealShare, "now"
	}
	f := Finding{
		Rule: "steal", Severity: OK, Text: fmt.Sprintf("%.1f %% of processor time stolen %s", 100*share, when),
		Means: "a host that takes processors away lengthens what it interrupts: the tails first",
	}
	if share >= stealLimit {
		f.Severity, f.Next = Warn, "measure when the neighbours are quiet, or on a machine of its own"
	}
	return f
}

// neighbourLimit is the share of a core in somebody else's use that is worth a sentence:
// interrupts alone are less.
const neighbourLimit = 0.03

func judgeNeighbour(n Neighbour) Finding {
	f := Finding{
		Rule: "neighbour", Severity: OK, Text: fmt.Sprintf("a core was at work for somebody else %.0f %% of the time (processor %d)", 100*n.Share, n.CPU),
		Means: "a program is slower by half meanwhile, which no counter of this host shows: trials wait for it to end, and what begins during one is in its numbers",
	}
	if n.Share >= neighbourLimit {
		f.Severity, f.Next = Warn, "measure when the neighbours are quiet, or on a machine of its own; -quiet says how long a trial waits"
	}
	return f
}

// quietShare is the share of busy processor time that need not be mentioned.
const quietShare = 0.05

func judgeBusy(l Load, moment Delta) Finding {
	f := Finding{
		Rule: "busy", Severity: OK, Means: busyMeans,
		Text: fmt.Sprintf("%.0f %% of processor time is in use, load average %.2f", 100*moment.BusyShare, l.Average1),
	}
	if moment.BusyShare < quietShare {
		return f
	}
	f.Severity = Warn
	if len(moment.Consumers) > 0 {
		f.Text += ", most of it by " + strings.Join(moment.Consumers[:min(3, len(moment.Consumers))], ", ")
	}
	f.Next = fmt.Sprintf("stop other work: at %.0f %% bench run waits %v, and then refuses", 100*busyShare, busyPatient)
	return f
}

func judgePower(battery bool) Finding {
	if battery {
		return Finding{Rule: "power", Severity: Warn, Text: "running on battery", Means: "the machine saves power at the cost of speed", Next: "connect a power supply"}
	}
	return Finding{Rule: "power", Severity: OK, Text: "not on battery", Means: "power saving follows the settings above"}
}
