package scratch

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// killGrace is how long a killed process may take to end.
const killGrace = 5 * time.Second

// mountInfo is the part of a line of proc/self/mountinfo that is needed here.
type mountInfo struct {
	point  string
	fstype string
}

// parseMounts reads proc/self/mountinfo (proc_pid_mountinfo(5)). Lines that it
// does not understand are passed over.
func parseMounts(b []byte) []mountInfo {
	var out []mountInfo
	for sc := bufio.NewScanner(bytes.NewReader(b)); sc.Scan(); {
		left, right, ok := strings.Cut(sc.Text(), " - ")
		l, r := strings.Fields(left), strings.Fields(right)
		if ok && len(l) >= 5 && len(r) >= 1 {
			out = append(out, mountInfo{point: unescape(l[4]), fstype: r[0]})
		}
	}
	return out
}

// unescape undoes the kernel's octal escapes (\040 for a space).
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func mounts() ([]mountInfo, error) {
	b, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("list mounts: %w", err)
	}
	return parseMounts(b), nil
}

// cgroupRoots returns the mount point of every control group hierarchy.
func cgroupRoots() ([]string, error) {
	all, err := mounts()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, m := range all {
		if m.fstype == "cgroup" || m.fstype == "cgroup2" {
			out = append(out, m.point)
		}
	}
	return out, nil
}

// KillGroup kills every process in the control groups of the given path
// (relative to each hierarchy) and below, and waits until they have ended.
func KillGroup(path string) error {
	if !strings.HasPrefix(filepath.Clean(path), prefix) {
		return fmt.Errorf("control group %q is not one of ours", path)
	}
	return eachGroup(path, killProcesses)
}

// removeGroup kills and removes the control groups of the given name.
func removeGroup(name string) error {
	return eachGroup(name, func(dir string) error {
		if err := killProcesses(dir); err != nil {
			return err
		}
		if err := unix.Rmdir(dir); err != nil && !errors.Is(err, unix.ENOENT) {
			return fmt.Errorf("remove control group %s: %w", dir, err)
		}
		return nil
	})
}

// eachGroup calls f for the group and its subgroups in every hierarchy, leaves
// first, and returns all errors.
func eachGroup(path string, f func(dir string) error) error {
	roots, err := cgroupRoots()
	if err != nil {
		return err
	}
	var errs []error
	for _, root := range roots {
		var dirs []string
		top := filepath.Join(root, path)
		filepath.WalkDir(top, func(p string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				dirs = append(dirs, p)
			}
			return nil // a group that has just gone is no error
		})
		for i := len(dirs) - 1; i >= 0; i-- {
			if err := f(dirs[i]); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}

// killProcesses kills until the group is empty: a process may fork meanwhile.
func killProcesses(dir string) error {
	for deadline := time.Now().Add(killGrace); ; {
		b, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
		if err != nil || len(bytes.TrimSpace(b)) == 0 {
			return nil // gone or empty
		}
		for _, f := range bytes.Fields(b) {
			pid, err := strconv.Atoi(string(f))
			if err != nil || pid <= 1 || pid == os.Getpid() {
				continue
			}
			if err := killAndWait(pid, time.Until(deadline)); err != nil {
				return fmt.Errorf("end process %d of control group %s: %w", pid, dir, err)
			}
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("control group %s still has processes after %v", dir, killGrace)
		}
	}
}

// killAndWait waits on a process descriptor, which becomes readable when the
// process ends.
func killAndWait(pid int, timeout time.Duration) error {
	fd, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil {
		if errors.Is(err, unix.ESRCH) {
			return nil
		}
		return err
	}
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(max(timeout, 0).Milliseconds()))
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err == nil && n == 0 {
			return errors.New("killed, but has not ended")
		}
		return err
	}
}
