package host

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Limits of the rules about memory and control groups.
const (
	swapBytes   = 64 << 20
	memoryBytes = 1 << 30 // for builds, and for what is measured
	quotaCPUs   = 2       // one for the system under test, one for the harness
)

func judgeSwap(m Memory) Finding {
	f := Finding{Rule: "swap", Severity: OK, Text: "no memory is swapped out", Means: "no access to memory waits for a disk"}
	if m.SwapUsedBytes > 0 {
		f.Text = fmt.Sprintf("%d MiB are swapped out", m.SwapUsedBytes>>20)
	}
	if m.SwapUsedBytes > swapBytes {
		f.Severity, f.Means = Bad, "an access to memory may wait for a disk, thousands of times as long"
		f.Next = "free memory, or accept it with -allow swap"
	}
	return f
}

func judgeMemory(s *Snapshot) Finding {
	free, what := s.Memory.AvailableBytes, "available"
	if limit := s.Cgroup.MemoryB; limit > 0 && uint64(limit) < free {
		free, what = uint64(limit), "allowed by the control group"
	}
	f := Finding{Rule: "memory", Severity: OK, Text: fmt.Sprintf("%d MiB of memory %s", free>>20, what), Means: "enough for builds and for what is measured"}
	if free < memoryBytes {
		f.Severity, f.Means = Warn, "builds may fail, and files that a trial needs are dropped from memory before it"
		f.Next = fmt.Sprintf("make at least %d MiB available", memoryBytes>>20)
	}
	return f
}

func judgeTHP(k Kernel) Finding {
	f := Finding{Rule: "thp", Severity: OK, Text: "transparent huge pages: " + k.THP}
	switch k.THP {
	case "madvise":
		f.Means = "the memory of unikernels is in huge pages, which the monitor asks for; that of processes is not, as by default in Go"
	case "always":
		f.Severity = Warn
		f.Means = "the kernel gives processes huge pages, too, when it finds some: memory per instance and first touches vary with the state of the host"
		f.Next = "as root: bench doctor -tune"
	case "never":
		f.Severity = Warn
		f.Means = "the memory of unikernels is in small pages: first touches and misses of the address cache cost more than on usual hosts"
		f.Next = "as root: bench doctor -tune"
	default:
		f.Severity, f.Inherent, f.Text = Warn, true, "transparent huge pages: the kernel has none"
		f.Means, f.Next = "the memory of unikernels is in small pages: first touches and misses of the address cache cost more than on usual hosts", "use a kernel that has them"
	}
	return f
}

func judgeKSM(k Kernel) Finding {
	f := Finding{Rule: "ksm", Severity: OK, Text: "equal pages of memory are not merged", Means: "a page costs what it costs"}
	if k.KSM == "1" {
		f.Severity, f.Text = Warn, "the kernel merges equal pages of memory"
		f.Means, f.Next = "it takes processor time, memory per instance looks smaller, and writes pay for it", "as root: bench doctor -tune"
	}
	return f
}

func judgeASLR(k Kernel) Finding {
	f := Finding{Rule: "aslr", Severity: OK, Text: "addresses are random", Means: "trials sample over layouts, so that the luck of one is not taken for a difference"}
	if k.ASLR != "2" {
		f.Severity, f.Text = Warn, "addresses are not random, or not all: randomize_va_space is "+strconv.Quote(k.ASLR)
		f.Means, f.Next = "every trial has the same layout, whose luck may be taken for a difference", "as root: bench doctor -tune"
	}
	return f
}

func judgeMitigations(k Kernel) Finding {
	var mitigated, open []string
	for _, name := range slices.Sorted(maps.Keys(k.Mitigations)) {
		switch state := k.Mitigations[name]; {
		case strings.HasPrefix(state, "Mitigation"):
			mitigated = append(mitigated, name)
		case strings.HasPrefix(state, "Vulnerable"):
			open = append(open, name)
		}
	}
	f := Finding{Rule: "mitigations", Severity: OK, Inherent: true}
	switch {
	case len(mitigated) == 0:
		f.Text = "no mitigation of a processor vulnerability is active"
	default:
		f.Text = "mitigations are active for " + strings.Join(mitigated, ", ")
	}
	f.Means = "they slow system calls, switches and VM exits, so part of what a unikernel gains is theirs"
	if len(mitigated) == 0 && len(open) == 0 {
		f.Means = "system calls, switches and VM exits are as quick as this processor can, which is not so on others"
	}
	if len(open) > 0 {
		f.Severity = Warn
		f.Text += "; not for " + strings.Join(open, ", ")
		f.Means += "; a host that mitigates all is slower there"
		f.Next = "boot without mitigations=off and with current microcode to measure what services run on"
	}
	return f
}

func judgeCgroup(c Cgroup) Finding {
	f := Finding{Rule: "cgroup", Severity: OK, Text: "control groups: " + c.Mode, Means: "containers get limits as in production"}
	if c.Mode == "none" {
		f.Severity, f.Text, f.Means, f.Next = Warn, "no control groups are mounted", "container targets are skipped", "mount them at /sys/fs/cgroup"
	}
	if c.CPUs != "" {
		f.Text += ", processors " + c.CPUs
	}
	return f
}

func judgeQuota(c Cgroup) Finding {
	if c.CPUQuota == "" {
		return Finding{Rule: "quota", Severity: OK, Text: "no control group limits processor time", Means: "the kernel stops no trial in the middle"}
	}
	f := Finding{
		Rule: "quota", Severity: Warn, Text: "a control group limits processor time: " + c.CPUQuota + " (microseconds of each period)",
		Means: "when the share is used up the kernel stops the system under test until the next period: tails of tens of milliseconds",
		Next:  "run outside of it",
	}
	quota, period, _ := strings.Cut(c.CPUQuota, " ")
	q, err1 := strconv.ParseFloat(quota, 64)
	p, err2 := strconv.ParseFloat(period, 64)
	if err1 == nil && err2 == nil && p > 0 && q/p < quotaCPUs {
		f.Severity = Bad
		f.Text += fmt.Sprintf(", which is %.2g processors", q/p)
		f.Next = "run outside of it, or accept it with -allow quota"
	}
	return f
}
