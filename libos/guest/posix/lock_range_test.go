package posix

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"

	"unibench/libos/guest/linux"
)

// TestRangeLocksAgainstLinux takes, asks for and gives back locks on bytes of one
// file, for descriptions and for the process, here and on the host.
func TestRangeLocksAgainstLinux(t *testing.T) {
	for seed := range uint64(20) {
		d := newDouble(t)
		r := rand.New(rand.NewPCG(seed, 7))
		open := func() {
			mode := []int{linux.ORdwr, linux.ORdwr, linux.ORdonly, linux.OWronly}[r.IntN(4)] | linux.OCreat
			got, errno := sys(d.p, linux.SysOpenat, d.dir.ours, "f", mode, 0o644)
			want, wantErrno := host(linux.SysOpenat, d.dir.host, "f", mode|linux.OCloexec, 0o644)
			d.add("open", got, errno, want, wantErrno)
		}
		open()
		d.both("ftruncate", linux.SysFtruncate, d.open[0], 50)
		for range 400 {
			if len(d.open) < 2 || r.IntN(40) == 0 {
				open()
				continue
			}
			i := r.IntN(len(d.open))
			f := d.open[i]
			switch r.IntN(30) {
			case 0:
				d.both("close", linux.SysClose, f)
				d.open = append(d.open[:i:i], d.open[i+1:]...)
				continue
			case 1:
				d.both("lseek", linux.SysLseek, f, r.IntN(60), 0)
				continue
			}
			cmd := []int{linux.FGetlk, linux.FSetlk, linux.FOfdGetlk, linux.FOfdSetlk, linux.FOfdSetlk}[r.IntN(5)]
			// Newer kernels tell of one's own locks when asked for none.
			l := flock{Type: int16(r.IntN(3)), Whence: int16(r.IntN(3)), Start: int64(r.IntN(100) - 10), Len: int64(r.IntN(40) - 8)}
			if r.IntN(20) == 0 {
				l.Type, l.Whence = int16(r.IntN(5)), int16(r.IntN(5))
			}
			if cmd == linux.FOfdGetlk && l.Type == linux.FUnlck {
				l.Type = 0
			}
			if r.IntN(20) == 0 {
				l.PID = 5
			}
			a, b := l, l
			got, errno := sys(d.p, linux.SysFcntl, f.ours, cmd, &a)
			want, wantErrno := host(linux.SysFcntl, f.host, cmd, &b)
			what := fmt.Sprintf("fcntl(%d, %d, %+v)", f.ours, cmd, l)
			if !d.same(what, got, errno, want, wantErrno) || cmd == linux.FSetlk || cmd == linux.FOfdSetlk {
				continue
			}
			if b.PID == int32(syscall.Getpid()) {
				b.PID = pid
			}
			// Of several locks in the way, either may be told.
			if (a.Type == linux.FUnlck) != (b.Type == linux.FUnlck) || a.Type == linux.FUnlck && a != b {
				t.Fatalf("%s found %+v, want %+v", what, a, b)
			}
		}
		for _, f := range d.open {
			syscall.Close(f.host)
			sys(d.p, linux.SysClose, f.ours)
		}
		d.open = nil
		if len(d.p.ranges.held) != 0 {
			t.Errorf("locks left: %v", d.p.ranges.held)
		}
	}
}

// TestRangeLockWaits: a lock that is waited for comes with the other's end.
func TestRangeLockWaits(t *testing.T) {
	p := New(newFake())
	a := must(t, p, linux.SysOpen, "/tmp/f", linux.OCreat|linux.ORdwr, 0o644)
	b := must(t, p, linux.SysOpen, "/tmp/f", linux.ORdwr, 0)
	l := flock{Type: 1}
	must(t, p, linux.SysFcntl, a, linux.FOfdSetlk, &l)
	done := make(chan linux.Errno)
	go func() {
		_, errno := sys(p, linux.SysFcntl, b, linux.FOfdSetlkw, &flock{Type: 1, Start: 7, Len: 1})
		done <- errno
	}()
	must(t, p, linux.SysClose, a)
	if errno := <-done; errno != 0 {
		t.Errorf("lock = %d", errno)
	}
}
