package scratch

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// prefix starts the name of every scratch folder and control group.
const prefix = "unibench-"

// owner identifies a process: ids are used again, start times are not.
type owner struct {
	pid   int
	start uint64 // clock ticks after boot, field 22 of proc/pid/stat
}

func (o owner) name() string { return fmt.Sprintf("%s%d-%d", prefix, o.pid, o.start) }

// parseOwner reports whether name is one that owner.name makes.
func parseOwner(name string) (owner, bool) {
	rest, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return owner{}, false
	}
	p, s, ok := strings.Cut(rest, "-")
	if !ok {
		return owner{}, false
	}
	pid, err1 := strconv.Atoi(p)
	start, err2 := strconv.ParseUint(s, 10, 64)
	o := owner{pid: pid, start: start}
	return o, err1 == nil && err2 == nil && pid > 0 && o.name() == name
}

// alive reports whether the owner still runs. When in doubt it does.
func (o owner) alive() bool {
	start, err := startTime(o.pid)
	if os.IsNotExist(err) {
		return false
	}
	return err != nil || start == o.start
}

func startTime(pid int) (uint64, error) {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, err
	}
	return parseStartTime(b)
}

// parseStartTime reads field 22. The name in field 2 may hold anything, so
// fields are counted from its closing bracket. A process that has ended, but whose
// parent has not asked how, is not there any more.
func parseStartTime(stat []byte) (uint64, error) {
	f := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(f) < 20 {
		return 0, fmt.Errorf("malformed process status of %d fields", len(f))
	}
	if f[0][0] == 'Z' || f[0][0] == 'X' {
		return 0, os.ErrNotExist
	}
	return strconv.ParseUint(string(f[19]), 10, 64)
}
