package counters

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Tree returns the ids of the process root and of its living descendants, each
// parent before its children (proc_pid_task_children(5)). A process that leaves
// its parent is not followed.
func Tree(root int) ([]int, error) {
	out := []int{root}
	for i := 0; i < len(out); i++ {
		threads, err := threads(out[i])
		if err != nil && i > 0 {
			continue // it has ended meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("list processes of the program: %w", err)
		}
		for _, t := range threads {
			b, err := os.ReadFile(filepath.Join(task(out[i]), strconv.Itoa(t), "children"))
			if err != nil {
				continue
			}
			for _, f := range strings.Fields(string(b)) {
				if pid, err := strconv.Atoi(f); err == nil && !slices.Contains(out, pid) {
					out = append(out, pid)
				}
			}
		}
	}
	return out, nil
}

func task(pid int) string { return filepath.Join("/proc", strconv.Itoa(pid), "task") }

// threads lists the threads of a process in order.
func threads(pid int) ([]int, error) {
	entries, err := os.ReadDir(task(pid))
	if err != nil {
		return nil, err
	}
	var out []int
	for _, e := range entries {
		if t, err := strconv.Atoi(e.Name()); err == nil {
			out = append(out, t)
		}
	}
	slices.Sort(out)
	return out, nil
}
