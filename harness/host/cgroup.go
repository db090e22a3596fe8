package host

import (
	"path"
	"strconv"
	"strings"
)

// noLimitBytes is the least that cgroup v1 shows for "no limit".
const noLimitBytes = 1 << 60

func (t tree) cgroup() Cgroup {
	const base = "sys/fs/cgroup"
	c := Cgroup{Mode: "none"}
	switch {
	case t.exists(base + "/cgroup.controllers"):
		c.Mode = "v2"
	case t.exists(base + "/unified/cgroup.controllers"):
		c.Mode = "hybrid"
	case t.exists(base+"/memory") || t.exists(base+"/cpu"):
		c.Mode = "v1"
	}
	// Lines of proc/self/cgroup are id:controllers:path (cgroups(7)).
	for _, line := range strings.Split(t.text("proc/self/cgroup"), "\n") {
		f := strings.SplitN(line, ":", 3)
		if len(f) != 3 {
			continue
		}
		if f[0] == "0" && c.Mode == "v2" {
			dir := path.Join(base, f[2])
			c.CPUs = t.text(path.Join(dir, "cpuset.cpus.effective"))
			c.MemoryB = limit(t.text(path.Join(dir, "memory.max")))
			if q := t.text(path.Join(dir, "cpu.max")); !strings.HasPrefix(q, "max") {
				c.CPUQuota = q
			}
			continue
		}
		for _, controller := range strings.Split(f[1], ",") {
			dir := path.Join(base, controller, f[2])
			switch controller {
			case "cpuset":
				c.CPUs = t.text(path.Join(dir, "cpuset.cpus"))
			case "memory":
				c.MemoryB = limit(t.text(path.Join(dir, "memory.limit_in_bytes")))
			case "cpu":
				if q := t.number(path.Join(dir, "cpu.cfs_quota_us")); q > 0 {
					c.CPUQuota = strconv.Itoa(q) + " " + t.text(path.Join(dir, "cpu.cfs_period_us"))
				}
			}
		}
	}
	return c
}

func limit(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n >= noLimitBytes {
		return 0
	}
	return n
}
