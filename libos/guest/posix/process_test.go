package posix

import (
	"bytes"
	"testing"

	"unibench/libos/guest/linux"
)

func TestIdentity(t *testing.T) {
	p := New(newFake())
	var u linux.Utsname
	sys(p, linux.SysUname, &u)
	if got := string(bytes.TrimRight(u.Sysname[:], "\x00")) + " " + string(bytes.TrimRight(u.Nodename[:], "\x00")); got != "Linux fake" {
		t.Errorf("uname = %q", got)
	}
	for num, want := range map[uintptr]int{linux.SysGetpid: 1, linux.SysGetppid: 0, linux.SysGetuid: 0, linux.SysGetpgrp: 1} {
		if got, errno := sys(p, num); got != want || errno != 0 {
			t.Errorf("call %d = %d, %d, want %d", num, got, errno, want)
		}
	}
	mask := make([]byte, 128)
	if n, errno := sys(p, linux.SysSchedGetaffinity, 0, len(mask), mask); n != 8 || errno != 0 || mask[0] != 7 {
		t.Errorf("sched_getaffinity = %d, %d, mask %x, want 8 bytes of 7", n, errno, mask[:8])
	}
	var info linux.Sysinfo
	if sys(p, linux.SysSysinfo, &info); info.Totalram != 256<<20 || info.Unit != 1 {
		t.Errorf("sysinfo = %+v", info)
	}
}

func TestLimits(t *testing.T) {
	p := New(newFake())
	if _, errno := sys(p, linux.SysPrlimit64, 0, linux.RlimitNofile, &linux.Rlimit{Cur: 5, Max: 6}, 0); errno != 0 {
		t.Fatalf("prlimit = %d", errno)
	}
	open := func() (int, linux.Errno) { return sys(p, linux.SysOpen, "/", linux.ORdonly, 0) }
	for want := 3; want < 5; want++ {
		if fd, errno := open(); fd != want || errno != 0 {
			t.Errorf("open = %d, %d, want %d", fd, errno, want)
		}
	}
	if _, errno := open(); errno != linux.EMFILE {
		t.Errorf("open over the limit = %d, want EMFILE", errno)
	}
	if _, errno := sys(p, linux.SysOpen, "/tmp/new", linux.OCreat, 0o644); errno != linux.EMFILE {
		t.Errorf("creat over the limit = %d, want EMFILE", errno)
	}
	if _, errno := sys(p, linux.SysStat, "/tmp/new", &linux.Stat{}); errno != linux.ENOENT {
		t.Error("a failed open made its file")
	}
	for _, c := range []struct {
		name string
		num  uintptr
		args []any
		want linux.Errno
	}{
		{"dup", linux.SysDup, []any{0}, linux.EMFILE},
		{"dup2 over the limit", linux.SysDup2, []any{0, 5}, linux.EBADF},
		{"dup3 same", linux.SysDup3, []any{0, 0, 0}, linux.EINVAL},
		{"dupfd over the limit", linux.SysFcntl, []any{0, linux.FDupfd, 5}, linux.EINVAL},
		{"pipe", linux.SysPipe, []any{&[2]int32{}}, linux.EMFILE},
		{"soft over hard", linux.SysSetrlimit, []any{linux.RlimitNofile, &linux.Rlimit{Cur: 7, Max: 6}}, linux.EINVAL},
		{"unknown", linux.SysGetrlimit, []any{linux.RlimitCount, &linux.Rlimit{}}, linux.EINVAL},
		{"other", linux.SysSetrlimit, []any{3, &linux.Rlimit{Cur: 1, Max: 1}}, linux.EPERM},
		{"close_range", linux.SysCloseRange, []any{4, uintptr(0xffffffff), 0}, 0},
		{"close_range backwards", linux.SysCloseRange, []any{4, 3, 0}, linux.EINVAL},
		{"dup2 to the free one", linux.SysDup2, []any{3, 4}, 0},
	} {
		if _, errno := sys(p, c.num, c.args...); errno != c.want {
			t.Errorf("%s = %d, want %d", c.name, errno, c.want)
		}
	}
}

func TestTime(t *testing.T) {
	h := newFake()
	p := New(h)
	for id, ok := range map[int]bool{0: true, 1: true, 2: true, 3: false, 4: true, 7: true, 99: false} {
		var ts linux.Timespec
		if _, errno := sys(p, linux.SysClockGettime, id, &ts); (errno == 0) != ok || ok && ts.Sec == 0 {
			t.Errorf("clock_gettime(%d) = %+v, %d, want success %v", id, ts, errno, ok)
		}
	}
	if _, errno := sys(p, linux.SysNanosleep, &linux.Timespec{Sec: 2, Nsec: 5}, 0); errno != 0 || h.slept != 2_000_000_005 {
		t.Errorf("nanosleep = %d after %d ns, want 2000000005", errno, h.slept)
	}
	if _, errno := sys(p, linux.SysNanosleep, &linux.Timespec{Nsec: 1_000_000_000}, 0); errno != linux.EINVAL {
		t.Errorf("nanosleep of too many nanoseconds = %d, want EINVAL", errno)
	}
	h.slept = 0
	if _, errno := sys(p, linux.SysClockNanosleep, 1, linux.TimerAbstime, &linux.Timespec{Sec: 1}, 0); errno != 0 || h.slept != 0 {
		t.Errorf("clock_nanosleep to the past = %d after %d ns, want 0, 0", errno, h.slept)
	}
	var ru linux.Rusage
	if sys(p, linux.SysGetrusage, 0, &ru); ru.Utime != (linux.Timeval{Sec: 1, Usec: 500_000}) {
		t.Errorf("getrusage = %+v", ru.Utime)
	}
}

func TestSignals(t *testing.T) {
	h := newFake()
	p := New(h)
	for _, c := range []struct {
		num  uintptr
		args []any
		want linux.Errno
	}{
		{linux.SysKill, []any{1, 10}, 0},
		{linux.SysKill, []any{0, 0}, 0},
		{linux.SysKill, []any{2, 10}, linux.ESRCH},
		{linux.SysKill, []any{1, 65}, linux.EINVAL},
		{linux.SysTgkill, []any{1, 7, 10}, 0},
		{linux.SysTgkill, []any{2, 7, 10}, linux.ESRCH},
		{linux.SysTgkill, []any{1, 0, 10}, linux.EINVAL},
	} {
		if _, errno := sys(p, c.num, c.args...); errno != c.want {
			t.Errorf("call %d %v = %d, want %d", c.num, c.args, errno, c.want)
		}
	}
	if len(h.kills) != 2 || h.kills[0] != [2]int{0, 10} || h.kills[1] != [2]int{7, 10} {
		t.Errorf("signals sent = %v", h.kills)
	}
}

// TestUnknownCalls: what is not implemented says so, and is counted.
func TestUnknownCalls(t *testing.T) {
	h := newFake()
	p := New(h)
	for _, num := range []uintptr{linux.SysFork, linux.SysExecve, linux.SysClone, 41, 500, ^uintptr(0)} {
		if r, errno := sys(p, num, 0, 0, 0); r != -1 || errno != linux.ENOSYS || h.enosys[num] != 1 {
			t.Errorf("call %d = %d, %d, counted %d times, want -1, ENOSYS, 1", num, r, errno, h.enosys[num])
		}
	}
}

// TestFlock: locks belong to descriptions, not to descriptors.
func TestFlock(t *testing.T) {
	p := New(newFake())
	open := func() int {
		fd, errno := sys(p, linux.SysOpen, "/tmp/f", linux.OCreat|linux.ORdwr, 0o644)
		if errno != 0 {
			t.Fatalf("open = %d", errno)
		}
		return fd
	}
	a, b := open(), open()
	dup, _ := sys(p, linux.SysDup, a)
	for i, c := range []struct {
		fd, op int
		want   linux.Errno
	}{
		{a, lockExclusive, 0},
		{dup, lockExclusive | lockNonblock, 0},
		{b, lockShared | lockNonblock, linux.EAGAIN},
		{dup, lockShared, 0},
		{b, lockShared | lockNonblock, 0},
		{b, lockExclusive | lockNonblock, linux.EAGAIN},
		{b, 3, linux.EINVAL},
		{1, lockShared, linux.EBADF},
	} {
		if _, errno := sys(p, linux.SysFlock, c.fd, c.op); errno != c.want {
			t.Errorf("step %d: flock(%d, %d) = %d, want %d", i, c.fd, c.op, errno, c.want)
		}
	}
	got := make(chan linux.Errno)
	go func() {
		_, errno := sys(p, linux.SysFlock, b, lockExclusive)
		got <- errno
	}()
	sys(p, linux.SysClose, a)
	sys(p, linux.SysClose, dup) // the last descriptor gives the lock back
	if errno := <-got; errno != 0 {
		t.Errorf("flock after the other description ended = %d", errno)
	}
	l := flock{Type: 1}
	if _, errno := sys(p, linux.SysFcntl, b, linux.FSetlk, &l); errno != 0 {
		t.Errorf("fcntl lock = %d", errno)
	}
	if sys(p, linux.SysFcntl, b, linux.FGetlk, &l); l.Type != linux.FUnlck {
		t.Errorf("lock in the way = %d, want none", l.Type)
	}
}
