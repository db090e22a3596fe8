package host

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// knownParameters are the kernel parameters that are published: those known to
// move results. All others may hold addresses, names or keys.
func knownParameters() []string {
	return []string{
		"mitigations", "isolcpus", "nohz", "nohz_full", "rcu_nocbs", "idle", "nosmt", "maxcpus", "nr_cpus", "tsc", "clocksource",
		"intel_idle.", "intel_pstate", "amd_pstate", "processor.", "cpuidle", "cpufreq.", "haltpoll.", "transparent_hugepage",
		"hugepages", "hugepagesz", "default_hugepagesz", "kvm", "nested", "kpti", "nopti", "pti", "spectre_v2", "retbleed", "norandmaps",
		"threadirqs", "skew_tick", "preempt", "sched_", "psi", "selinux", "apparmor", "audit", "cgroup_no_v1", "systemd.unified_cgroup_hierarchy",
	}
}

// filterCommandLine keeps the published parameters, up to the init program's own
// arguments. A name that ends with a dot, a dash or an underscore is a prefix, as
// is one that stands for a family (kvm, nested, cpuidle).
func filterCommandLine(line string) []string {
	var out []string
	for _, p := range strings.Fields(line) {
		if p == "--" {
			break
		}
		name, _, _ := strings.Cut(p, "=")
		for _, k := range knownParameters() {
			family := strings.HasSuffix(k, ".") || strings.HasSuffix(k, "_") || k == "kvm" || k == "nested" || k == "cpuidle"
			if name == k || family && strings.HasPrefix(name, k) {
				out = append(out, p)
				break
			}
		}
	}
	return out
}

func (t tree) kernel() Kernel {
	k := Kernel{
		CommandLine: filterCommandLine(t.text("proc/cmdline")),
		Mitigations: make(map[string]string),
		THP:         selected(t.text("sys/kernel/mm/transparent_hugepage/enabled")),
		HugePages:   t.number("proc/sys/vm/nr_hugepages"),
		KSM:         t.text("sys/kernel/mm/ksm/run"),
		Swappiness:  t.text("proc/sys/vm/swappiness"),
		ASLR:        t.text("proc/sys/kernel/randomize_va_space"),
		NUMABalance: t.text("proc/sys/kernel/numa_balancing"),
	}
	for _, p := range t.glob("sys/devices/system/cpu/vulnerabilities/*") {
		k.Mitigations[path.Base(p)] = t.text(p)
	}
	return k
}

// selected returns the bracketed word of a list such as "always [madvise] never".
func selected(list string) string {
	if _, rest, ok := strings.Cut(list, "["); ok {
		word, _, _ := strings.Cut(rest, "]")
		return word
	}
	return list
}

// kernelLogLines returns the sequence number that the next kernel log line will
// have, or -1 (kernel documentation: ABI/testing/dev-kmsg).
func kernelLogLines() int64 {
	fd, err := unix.Open("/dev/kmsg", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1
	}
	defer unix.Close(fd)
	next := int64(0)
	buf := make([]byte, 8192)
	for {
		n, err := unix.Read(fd, buf)
		if err == unix.EPIPE || err == unix.EINTR { // lines were overwritten meanwhile
			continue
		}
		if err != nil || n <= 0 {
			return next
		}
		if f := strings.SplitN(string(buf[:n]), ",", 3); len(f) == 3 {
			if seq, err := strconv.ParseInt(f[1], 10, 64); err == nil {
				next = seq + 1
			}
		}
	}
}

// consumersKept is the number of command names in Load.Consumers.
const consumersKept = 5

// clockTicks is USER_HZ, 100 on every Linux port of Go.
const clockTicks = 100

// processes sums CPU seconds of the living processes by command name.
func (t tree) processes() map[string]float64 {
	sum := make(map[string]float64)
	for _, p := range t.glob("proc/[0-9]*/stat") {
		line := t.text(p)
		open, end := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
		if open < 0 || end < open {
			continue // it has just ended
		}
		f := strings.Fields(line[end+1:])
		if len(f) < 13 {
			continue
		}
		user, _ := strconv.ParseFloat(f[11], 64)
		system, _ := strconv.ParseFloat(f[12], 64)
		sum[line[open+1:end]] += (user + system) / clockTicks
	}
	return sum
}

// greatest keeps n of them, those with the most.
func greatest(sum map[string]float64, n int) map[string]float64 {
	names := slices.SortedFunc(maps.Keys(sum), func(a, b string) int { return cmp.Compare(sum[b], sum[a]) })
	out := make(map[string]float64)
	for _, name := range names[:min(n, len(names))] {
		out[name] = sum[name]
	}
	return out
}
