package taskstats

import "sort"

// Process is the peak of one ended process.
type Process struct {
	PID          int    `json:"pid"`
	Parent       int    `json:"parent"`
	Command      string `json:"command"`
	PeakRSSBytes int64  `json:"peak_rss_bytes"`
}

// Tree returns the processes below and including root, by id. Command is the
// one under which the process had its largest peak. Records of other processes
// of the host are ignored.
func Tree(exits []Exit, root int) []Process {
	all := make(map[int]*Process)
	for _, e := range exits {
		p := all[e.Process]
		if p == nil {
			p = &Process{PID: e.Process, Parent: e.Parent, Command: e.Command}
			all[e.Process] = p
		}
		if e.PeakRSSBytes > p.PeakRSSBytes {
			p.PeakRSSBytes, p.Command = e.PeakRSSBytes, e.Command
		}
	}
	var out []Process
	for pid, p := range all {
		// The bound on steps ends the walk should process ids have been
		// reused so that the parents form a ring.
		for at, steps := pid, 0; steps <= len(all); steps++ {
			if at == root {
				out = append(out, *p)
				break
			}
			parent := all[at]
			if parent == nil {
				break
			}
			at = parent.Parent
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].PID < out[j].PID })
	return out
}
