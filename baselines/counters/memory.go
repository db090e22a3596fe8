package counters

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// PSS returns the memory of processes in bytes: their resident pages, each page that
// several processes map in equal shares (proc_pid_smaps(5), Pss). What the kernel
// keeps for them, such as page tables, is not in it.
func PSS(pids []int) (int64, error) {
	var sum int64
	for _, pid := range pids {
		b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "smaps_rollup"))
		if err != nil {
			return 0, fmt.Errorf("read memory of the program: %w", err)
		}
		n, err := parsePSS(b)
		if err != nil {
			return 0, fmt.Errorf("read memory of process %d: %w", pid, err)
		}
		sum += n
	}
	return sum, nil
}

// parsePSS finds the line "Pss:  123 kB".
func parsePSS(b []byte) (int64, error) {
	for line := range bytes.Lines(b) {
		rest, ok := bytes.CutPrefix(line, []byte("Pss:"))
		if !ok {
			continue
		}
		f := bytes.Fields(rest)
		if len(f) != 2 || string(f[1]) != "kB" {
			return 0, fmt.Errorf("line %q: want a number of kB", bytes.TrimSpace(line))
		}
		kib, err := strconv.ParseUint(string(f[0]), 10, 50)
		if err != nil {
			return 0, fmt.Errorf("line %q: %w", bytes.TrimSpace(line), err)
		}
		return int64(kib) << 10, nil
	}
	return 0, fmt.Errorf("no line %q", "Pss:")
}
