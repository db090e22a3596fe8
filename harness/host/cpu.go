package host

import (
	"path"
	"strings"
)

// cpu reads what gopsutil does not have (kernel documentation: cpufreq, cpuidle,
// ABI/testing/sysfs-devices-system-cpu).
func (t tree) cpu() CPU {
	const base = "sys/devices/system/cpu"
	c := CPU{
		Governor:   t.text(base + "/cpu0/cpufreq/scaling_governor"),
		Driver:     t.text(base + "/cpu0/cpufreq/scaling_driver"),
		EPP:        t.text(base + "/cpu0/cpufreq/energy_performance_preference"),
		MinKHz:     t.number(base + "/cpu0/cpufreq/scaling_min_freq"),
		MaxKHz:     t.number(base + "/cpu0/cpufreq/scaling_max_freq"),
		IdleDriver: t.text(base + "/cpuidle/current_driver"),
		IdleGov:    t.text(base + "/cpuidle/current_governor"),
		Isolated:   t.text(base + "/isolated"),
		NoHzFull:   strings.Trim(t.text(base+"/nohz_full"), "()nul"),
		SMT:        t.text(base+"/smt/active") == "1",
		NUMANodes:  len(t.glob("sys/devices/system/node/node[0-9]*")),
	}
	switch {
	case t.text(base+"/intel_pstate/no_turbo") == "0", t.text(base+"/cpufreq/boost") == "1":
		c.Turbo = "on"
	case t.text(base+"/intel_pstate/no_turbo") == "1", t.text(base+"/cpufreq/boost") == "0":
		c.Turbo = "off"
	}
	for _, p := range t.glob(base + "/cpu[0-9]*/cpufreq/scaling_cur_freq") {
		c.CurrentKHz = append(c.CurrentKHz, t.number(p))
	}
	for _, p := range t.glob(base + "/cpu0/cpuidle/state[0-9]*") {
		c.IdleStates = append(c.IdleStates, t.text(path.Join(p, "name")))
	}
	for _, p := range t.glob(base + "/cpu0/cache/index[0-9]*") {
		c.Caches = append(c.Caches, "L"+t.text(path.Join(p, "level"))+" "+t.text(path.Join(p, "type"))+" "+t.text(path.Join(p, "size")))
	}
	sockets := make(map[string]bool)
	for _, p := range t.glob(base + "/cpu[0-9]*/topology/physical_package_id") {
		sockets[t.text(p)] = true
	}
	c.Sockets = len(sockets)
	return c
}
