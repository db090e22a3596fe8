package posix

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"

	"unibench/libos/guest/linux"
)

// TestFIFOAgainstLinux opens, reads, writes, polls and closes a named pipe, never
// waiting, here and on the host.
func TestFIFOAgainstLinux(t *testing.T) {
	for seed := range uint64(10) {
		d := newDouble(t)
		d.p.EnablePolling()
		r := rand.New(rand.NewPCG(seed, 6))
		got, errno := sys(d.p, linux.SysMknodat, d.dir.ours, "p", linux.ModeFifo|0o644, 0)
		want, wantErrno := host(linux.SysMknodat, d.dir.host, "p", linux.ModeFifo|0o644, 0)
		d.same("mknod", got, errno, want, wantErrno)
		for range 300 {
			if len(d.open) == 0 || r.IntN(3) == 0 {
				mode := []int{linux.ORdonly, linux.OWronly, linux.ORdwr}[r.IntN(3)] | linux.ONonblock | linux.OCloexec
				got, errno := sys(d.p, linux.SysOpenat, d.dir.ours, "p", mode, 0)
				want, wantErrno := host(linux.SysOpenat, d.dir.host, "p", mode, 0)
				d.add(fmt.Sprintf("open(%#x)", mode), got, errno, want, wantErrno)
				continue
			}
			i := r.IntN(len(d.open))
			f := d.open[i]
			switch r.IntN(5) {
			case 0:
				b := []byte("abcdefg")
				d.both("write", linux.SysWrite, f, b, 1+r.IntN(7))
			case 1:
				a, b := make([]byte, 5), make([]byte, 5)
				got, errno := sys(d.p, linux.SysRead, f.ours, a, 5)
				want, wantErrno := host(linux.SysRead, f.host, b, 5)
				if d.same("read", got, errno, want, wantErrno) && string(a) != string(b) {
					t.Fatalf("read %q, want %q", a, b)
				}
			case 2:
				d.both("lseek", linux.SysLseek, f, 0, 0)
			case 3:
				a, b := linux.Pollfd{FD: int32(f.ours), Events: 0x7ff}, linux.Pollfd{FD: int32(f.host), Events: 0x7ff}
				sys(d.p, linux.SysPoll, &a, 1, 0)
				host(linux.SysPoll, &b, 1, 0)
				if d.same("poll", 0, 0, 0, 0); a.Revents != b.Revents {
					d.same(fmt.Sprintf("events of %d", f.ours), int(a.Revents), 0, int(b.Revents), 0)
				}
			case 4:
				d.both("close", linux.SysClose, f)
				d.open = append(d.open[:i:i], d.open[i+1:]...)
			}
		}
		for _, f := range d.open {
			syscall.Close(f.host)
			sys(d.p, linux.SysClose, f.ours)
		}
		d.open = nil
		if len(d.p.fifos.pipes) != 0 {
			t.Error("the pipe is still there")
		}
	}
}

// TestFIFOWaits: an open for one side waits for the other, and a reader for its
// writer's end.
func TestFIFOWaits(t *testing.T) {
	p := New(newFake())
	must(t, p, linux.SysMknod, "/tmp/p", linux.ModeFifo|0o644, 0)
	for _, first := range []int{linux.ORdonly, linux.OWronly} {
		opened := make(chan int)
		go func() {
			fd, _ := sys(p, linux.SysOpen, "/tmp/p", first, 0)
			opened <- fd
		}()
		r := must(t, p, linux.SysOpen, "/tmp/p", linux.OWronly-first, 0)
		w := <-opened
		if first == linux.ORdonly {
			r, w = w, r
		}
		go func() {
			sys(p, linux.SysWrite, w, []byte("x"), 1)
			sys(p, linux.SysClose, w)
		}()
		b := make([]byte, 4)
		if n := must(t, p, linux.SysRead, r, b, 4); n != 1 {
			t.Errorf("read = %d", n)
		}
		if n := must(t, p, linux.SysRead, r, b, 4); n != 0 {
			t.Errorf("read after the last writer = %d", n)
		}
		must(t, p, linux.SysClose, r)
	}
}
