package posix

import (
	"os"
	"runtime"
	"syscall"
	"testing"

	"unibench/libos/guest/linux"
)

// TestMiscAgainstLinux makes calls that change little, here and on the host, in
// order, and compares the answers.
func TestMiscAgainstLinux(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("the process here is the superuser, so the comparison needs root")
	}
	runtime.LockOSThread() // some calls are about the thread; it ends with the test
	none, all := uintptr(0xffffffff), ^uintptr(0)
	zero := int32(0)
	d := newDouble(t)
	d.both("openat2", linux.SysOpenat2, d.dir, "none", &[3]uint64{0, 0, 0}, 24)
	mk := func(num uintptr, args ...any) {
		d.both("make", num, d.dir, args...)
	}
	mk(linux.SysMkdirat, "in", 0o755)
	mk(linux.SysMkdirat, "in/deep", 0o755)
	for link, to := range map[string]string{"in/up": "..", "in/abs": "/tmp", "in/self": "deep", "in/out": "../in"} {
		got, errno := sys(d.p, linux.SysSymlinkat, to, d.dir.ours, link)
		want, wantErrno := host(linux.SysSymlinkat, to, d.dir.host, link)
		d.same("symlinkat", got, errno, want, wantErrno)
	}
	open := func(path string, how [3]uint64, size int) {
		t.Helper()
		got, errno := sys(d.p, linux.SysOpenat2, d.dir.ours, path, &how, size)
		want, wantErrno := host(linux.SysOpenat2, d.dir.host, path, &how, size)
		if errno != wantErrno {
			t.Errorf("openat2(%q, %#x) = %d, %d, want %d, %d", path, how, got, errno, want, wantErrno)
		}
		if wantErrno == 0 {
			syscall.Close(want)
		}
	}
	for _, resolve := range []uint64{0, 1, 2, 4, 8, 0x10, 0x18, 0x20, 0x40} {
		for _, path := range []string{"in", "in/deep", "in/up", "in/abs", "in/self", "in/out/deep", "..", "in/../..", "in/up/in/up/..", "/in", "/etc", ""} {
			if resolve == 1 && (path == "in/abs" || path == "/etc") {
				continue // where the host has its file systems
			}
			open(path, [3]uint64{linux.OCloexec, 0, resolve}, 24)
		}
	}
	open("in", [3]uint64{1 << 40, 0, 0}, 24)
	open("in", [3]uint64{0, 0o600, 0}, 24)
	open("in", [3]uint64{0, 0, 0}, 20)
	open("in/new", [3]uint64{linux.OCreat | linux.OWronly | linux.OCloexec, 0o600, 8}, 24)
	open("in/up/new", [3]uint64{linux.OCreat | linux.OWronly | linux.OCloexec, 0o600, 4}, 24)
	for _, c := range []struct {
		name string
		num  uintptr
		args []any
	}{
		{"getpgid of none", linux.SysGetpgid, []any{1 << 28}},
		{"setpgid of none", linux.SysSetpgid, []any{1 << 28, 0}},
		{"setpgid negative", linux.SysSetpgid, []any{0, -1}},
		{"priority max", linux.SysSchedGetPriorityMax, []any{1}},
		{"priority max other", linux.SysSchedGetPriorityMax, []any{0}},
		{"priority min", linux.SysSchedGetPriorityMin, []any{2}},
		{"priority min unknown", linux.SysSchedGetPriorityMin, []any{77}},
		{"scheduler", linux.SysSchedGetscheduler, []any{0}},
		{"scheduler of none", linux.SysSchedGetscheduler, []any{1 << 28}},
		{"scheduler negative", linux.SysSchedGetscheduler, []any{-1}},
		{"getparam", linux.SysSchedGetparam, []any{0, &zero}},
		{"setscheduler", linux.SysSchedSetscheduler, []any{0, 0, &zero}},
		{"setscheduler unknown", linux.SysSchedSetscheduler, []any{0, 55, &zero}},
		{"setaffinity to nothing", linux.SysSchedSetaffinity, []any{0, 8, &[1]uint64{}}},
		{"getaffinity of none", linux.SysSchedGetaffinity, []any{1 << 28, 128, make([]byte, 128)}},
		{"getpriority", linux.SysGetpriority, []any{0, 0}},
		{"getpriority unknown", linux.SysGetpriority, []any{3, 0}},
		{"getpriority of none", linux.SysGetpriority, []any{0, 1 << 28}},
		{"setpriority", linux.SysSetpriority, []any{0, 0, 3}},
		{"getpriority after it", linux.SysGetpriority, []any{0, 0}},
		{"personality", linux.SysPersonality, []any{none}},
		{"prctl unknown", linux.SysPrctl, []any{9999, 0, 0, 0, 0}},
		{"prctl name", linux.SysPrctl, []any{15, "a name that is too long", 0, 0, 0}},
		{"prctl dumpable", linux.SysPrctl, []any{3, 0, 0, 0, 0}},
		{"prctl no new privileges", linux.SysPrctl, []any{38, 2, 0, 0, 0}},
		{"prctl get no new privileges", linux.SysPrctl, []any{39, 0, 0, 0, 0}},
		{"prctl keep capabilities", linux.SysPrctl, []any{8, 1, 0, 0, 0}},
		{"prctl get keep capabilities", linux.SysPrctl, []any{7, 0, 0, 0, 0}},
		{"prctl keep capabilities unknown", linux.SysPrctl, []any{8, 2, 0, 0, 0}},
		{"prctl keep no capabilities", linux.SysPrctl, []any{8, 0, 0, 0, 0}},
		{"prctl capability", linux.SysPrctl, []any{23, 1000, 0, 0, 0}},
		{"capget NULL", linux.SysCapget, []any{0, 0}},
		{"pidfd_open of none", linux.SysPidfdOpen, []any{1 << 28, 0}},
		{"pidfd_open flags", linux.SysPidfdOpen, []any{1, 1}},
		{"pidfd_open negative", linux.SysPidfdOpen, []any{-1, 0}},
		{"pidfd_send_signal to no pidfd", linux.SysPidfdSendSignal, []any{0, 0, 0, 0}},
		{"waitid options", linux.SysWaitid, []any{0, 0, 0, 0}},
		{"waitid kind", linux.SysWaitid, []any{9, 0, 0, 4}},
		{"waitid", linux.SysWaitid, []any{0, 0, 0, 4}},
		{"memfd flags", linux.SysMemfdCreate, []any{"x", 1 << 10}},
		{"memfd long name", linux.SysMemfdCreate, []any{longName(250), 0}},
		{"tkill negative", linux.SysTkill, []any{-1, 0}},
		{"preadv2 flags", linux.SysPreadv2, []any{none, 0, 0, 0, 0, 1 << 20}},
		{"fadvise of nothing", linux.SysFadvise64, []any{none, 0, 0, 0}},
		{"listxattr of nothing", linux.SysListxattr, []any{"/none", 0, 0}},
		{"getxattr of nothing", linux.SysGetxattr, []any{"/none", "user.x", 0, 0}},
		{"clock alarm", linux.SysClockGettime, []any{11, &linux.Timespec{}}},
		{"setuid to none", linux.SysSetuid, []any{all}},
	} {
		got, errno := sys(d.p, c.num, c.args...)
		want, wantErrno := host(c.num, c.args...)
		if errno != wantErrno || errno == 0 && got != want {
			t.Errorf("%s = %d, %d, want %d, %d", c.name, got, errno, want, wantErrno)
		}
	}
	version := [2]uint32{1, 0}
	if _, errno := sys(d.p, linux.SysCapget, &version, &[6]uint32{}); errno != linux.EINVAL || version[0] != 0x20080522 {
		t.Errorf("capget of a version that is not = %d, which is %#x", errno, version[0])
	}
	var name [16]byte
	must(t, d.p, linux.SysPrctl, 16, &name)
	if string(name[:]) != "a name that is \x00" {
		t.Errorf("name = %q", name)
	}
	if text := readAll(t, d.p, "/proc/self/comm"); text != "a name that is \n" {
		t.Errorf("comm = %q", text)
	}
}

func longName(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'x'
	}
	return string(b)
}

// TestSealsAgainstLinux: a file in memory and its seals.
func TestSealsAgainstLinux(t *testing.T) {
	d := newDouble(t)
	for _, flags := range []int{1, 3} {
		got, errno := sys(d.p, linux.SysMemfdCreate, "name", flags)
		want, wantErrno := host(linux.SysMemfdCreate, "name", flags)
		d.add("memfd_create", got, errno, want, wantErrno)
		f := d.open[len(d.open)-1]
		step := func(what string, num uintptr, args ...any) { d.both(what, num, f, args...) }
		step("ftruncate", linux.SysFtruncate, 8192)
		step("get", linux.SysFcntl, linux.FGetSeals, 0)
		mapping := func(prot int) {
			got, errno := sys(d.p, linux.SysMmap, 0, 4096, prot, linux.MapShared, f.ours, 0)
			want, wantErrno := host(linux.SysMmap, 0, 4096, prot, linux.MapShared, f.host, 0)
			if d.same("mmap", 0, errno, 0, wantErrno) {
				d.both("seal what is mapped", linux.SysFcntl, f, linux.FAddSeals, 8)
				sys(d.p, linux.SysMunmap, got, 4096)
				host(linux.SysMunmap, want, 4096)
			}
		}
		mapping(linux.ProtRead | linux.ProtWrite)
		step("shrink", linux.SysFcntl, linux.FAddSeals, 2)
		step("ftruncate less", linux.SysFtruncate, 100)
		step("ftruncate more", linux.SysFtruncate, 9000)
		step("grow", linux.SysFcntl, linux.FAddSeals, 4)
		step("ftruncate more", linux.SysFtruncate, 10000)
		step("write behind the end", linux.SysPwrite64, []byte("x"), 1, 20000)
		step("write", linux.SysPwrite64, []byte("x"), 1, 5)
		step("seal writing", linux.SysFcntl, linux.FAddSeals, 8)
		step("write", linux.SysPwrite64, []byte("x"), 1, 5)
		mapping(linux.ProtRead | linux.ProtWrite)
		step("seal seals", linux.SysFcntl, linux.FAddSeals, 1)
		step("unknown", linux.SysFcntl, linux.FAddSeals, 1<<12)
		step("seal again", linux.SysFcntl, linux.FAddSeals, 2)
		step("get", linux.SysFcntl, linux.FGetSeals, 0)
	}
	b := make([]byte, 100)
	n := must(t, d.p, linux.SysReadlink, "/proc/self/fd/"+decimal(d.open[0].ours), b, len(b))
	if string(b[:n]) != "/memfd:name (deleted)" {
		t.Errorf("name %q", b[:n])
	}
}

// TestTmpfile: a file without a name gets one, unless it was not to.
func TestTmpfile(t *testing.T) {
	p := New(newFake())
	const tmpfile = linux.OTmpfile | linux.ODirectory
	fd := must(t, p, linux.SysOpen, "/tmp", tmpfile|linux.ORdwr, 0o600)
	must(t, p, linux.SysWrite, fd, []byte("text"), 4)
	if names := list(t, p, "/tmp"); len(names) != 0 {
		t.Errorf("names: %q", names)
	}
	must(t, p, linux.SysLinkat, linux.AtFdcwd, "/proc/self/fd/"+decimal(fd), linux.AtFdcwd, "/tmp/f", linux.AtSymlinkFollow)
	if text := readAll(t, p, "/tmp/f"); text != "text" {
		t.Errorf("text %q", text)
	}
	secret := must(t, p, linux.SysOpen, "/tmp", tmpfile|linux.ORdwr|linux.OExcl, 0o600)
	if _, errno := sys(p, linux.SysLinkat, secret, "", linux.AtFdcwd, "/tmp/g", linux.AtEmptyPath); errno != linux.ENOENT {
		t.Errorf("link of a file that gets no name = %d", errno)
	}
	if _, errno := sys(p, linux.SysOpen, "/tmp", tmpfile, 0); errno != linux.EINVAL {
		t.Errorf("open for reading = %d", errno)
	}
	if _, errno := sys(p, linux.SysOpen, "/tmp/f", tmpfile|linux.ORdwr, 0); errno != linux.ENOTDIR {
		t.Errorf("open in a file = %d", errno)
	}
}

// TestPidfd: the process signals itself.
func TestPidfd(t *testing.T) {
	h := newFake()
	p := New(h)
	fd := must(t, p, linux.SysPidfdOpen, 1, 0)
	must(t, p, linux.SysPidfdSendSignal, fd, 10, 0, 0)
	if len(h.kills) != 1 || h.kills[0] != [2]int{0, 10} {
		t.Errorf("signals %v", h.kills)
	}
	if _, errno := sys(p, linux.SysWaitid, 3, fd, 0, 4); errno != linux.ECHILD {
		t.Errorf("waitid = %d", errno)
	}
	copied := must(t, p, linux.SysPidfdGetfd, fd, 1, 0)
	must(t, p, linux.SysWrite, copied, []byte("x"), 1)
	for _, num := range []uintptr{linux.SysMount, linux.SysChroot, linux.SysClockSettime, linux.SysSethostname} {
		if _, errno := sys(p, num, 0, 0, 0, 0, 0); errno != linux.EPERM {
			t.Errorf("call %d = %d, want EPERM", num, errno)
		}
	}
}
