package scratch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"
)

// MemoryGroup is a control group that limits the memory of the processes in it.
// It goes with its Scratch.
type MemoryGroup struct{ dir string }

// ErrNoMemoryGroups means that this host has no cgroup v1 hierarchy with the memory
// controller, or that this process may not use it.
var ErrNoMemoryGroups = errors.New("memory cannot be limited by a control group here")

// NewMemoryGroup makes the control group NAME/name with a limit in bytes.
func (s *Scratch) NewMemoryGroup(name string, limit int64) (*MemoryGroup, error) {
	root := "/sys/fs/cgroup/memory"
	var st unix.Statfs_t
	if err := unix.Statfs(root, &st); err != nil || st.Type != unix.CGROUP_SUPER_MAGIC {
		return nil, ErrNoMemoryGroups
	}
	g := &MemoryGroup{dir: filepath.Join(root, s.name, name)}
	if err := os.MkdirAll(g.dir, 0o755); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoMemoryGroups, err)
	}
	err := os.WriteFile(filepath.Join(g.dir, "memory.limit_in_bytes"), strconv.AppendInt(nil, limit, 10), 0)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoMemoryGroups, err)
	}
	return g, nil
}

// Add moves a process into the group: at once after its start, because what it
// has used before does not count.
func (g *MemoryGroup) Add(pid int) error {
	if err := os.WriteFile(filepath.Join(g.dir, "cgroup.procs"), strconv.AppendInt(nil, int64(pid), 10), 0); err != nil {
		return fmt.Errorf("limit memory of process %d: %w", pid, err)
	}
	return nil
}
