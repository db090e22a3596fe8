package posix

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"

	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// spliceDouble makes the same calls of splice and tee here and on the host.
type spliceDouble struct {
	*double
	r *rand.Rand
}

// fill opens what splice can meet. Pipes are large: how many pieces fit into one
// is the host's secret.
func (d *spliceDouble) fill() {
	for range 3 {
		var a, b [2]int32
		sys(d.p, linux.SysPipe2, &a, linux.ONonblock)
		host(linux.SysPipe2, &b, linux.ONonblock|linux.OCloexec)
		r, w := pair{int(b[0]), int(a[0])}, pair{int(b[1]), int(a[1])}
		d.both("fcntl", linux.SysFcntl, w, linux.FSetpipeSz, 1<<20)
		d.both("fcntl", linux.SysFcntl, r, linux.FGetpipeSz, 0)
		d.open = append(d.open, r, w, r, w)
	}
	var a, b [2]int32
	sys(d.p, linux.SysSocketpair, linux.AfUnix, linux.SockStream|linux.SockNonblock, 0, &a)
	host(linux.SysSocketpair, linux.AfUnix, linux.SockStream|linux.SockNonblock|linux.SockCloexec, 0, &b)
	d.open = append(d.open, pair{int(b[0]), int(a[0])}, pair{int(b[1]), int(a[1])}, pair{-1, -1})
	for _, name := range []string{"a", "b", "/dev/null", "/dev/zero", "/dev/full", "."} {
		flags := linux.OCreat | linux.ORdwr
		switch {
		case name == ".":
			flags = linux.ODirectory
		case name == "b" && d.r.IntN(2) == 0:
			flags |= linux.OAppend
		case d.r.IntN(5) == 0:
			flags = linux.OCreat | d.r.IntN(2)
		}
		got, errno := sys(d.p, linux.SysOpenat, d.dir.ours, name, flags, 0o600)
		want, wantErrno := host(linux.SysOpenat, d.dir.host, name, flags|linux.OCloexec, 0o600)
		d.add(fmt.Sprintf("open(%q, %#x)", name, flags), got, errno, want, wantErrno)
	}
	got, errno := sys(d.p, linux.SysEventfd2, 1, linux.ONonblock)
	want, wantErrno := host(linux.SysEventfd2, 1, linux.ONonblock|linux.OCloexec)
	d.add("eventfd", got, errno, want, wantErrno)
}

func (d *spliceDouble) any() pair { return d.open[d.r.IntN(len(d.open))] }

// read empties f, 5000 bytes at a time at most.
func (d *spliceDouble) read(f pair, n int) {
	a, b := make([]byte, n), make([]byte, n)
	got, errno := sys(d.p, linux.SysRead, f.ours, a, n)
	want, wantErrno := host(linux.SysRead, f.host, b, n)
	if d.same(fmt.Sprintf("read(%d, %d)", f.ours, n), got, errno, want, wantErrno) && !bytes.Equal(a, b) {
		d.t.Fatalf("read of %d got other bytes than on Linux from %d on", f.ours, differ(a, b))
	}
}

func (d *spliceDouble) step() {
	n := []int{0, 1, 10, 1000, 5000}[d.r.IntN(5)]
	flags := []int{spliceNonblock, spliceNonblock, spliceNonblock | spliceMove, spliceMore, 0, 16}[d.r.IntN(6)]
	switch d.r.IntN(9) {
	case 0:
		data := make([]byte, n)
		for i := range data {
			data[i] = byte(d.r.Uint32())
		}
		d.both("write", linux.SysWrite, d.any(), data, n)
	case 1:
		d.read(d.any(), n)
	case 2:
		f := d.any()
		if kindOf(f.host) == syscall.S_IFREG {
			d.both("lseek", linux.SysLseek, f, d.r.IntN(3000), linux.SeekSet)
		}
	case 3:
		in, out := d.any(), d.any()
		got, errno := sys(d.p, linux.SysTee, in.ours, out.ours, n, flags)
		want, wantErrno := host(linux.SysTee, in.host, out.host, n, flags)
		d.same(fmt.Sprintf("tee(%d, %d, %d, %d)", in.ours, out.ours, n, flags), got, errno, want, wantErrno)
	default:
		in, out := d.any(), d.any()
		offs := [2]int64{int64(d.r.IntN(3000)), int64(d.r.IntN(3000)) - 10}
		theirs := offs
		args := [4]any{0, 0, 0, 0}
		for i := range offs {
			if d.r.IntN(4) == 0 {
				args[i], args[i+2] = &offs[i], &theirs[i]
			}
		}
		got, errno := sys(d.p, linux.SysSplice, in.ours, args[0], out.ours, args[1], n, flags)
		want, wantErrno := host(linux.SysSplice, in.host, args[2], out.host, args[3], n, flags)
		d.same(fmt.Sprintf("splice(%d, %v, %d, %v, %d, %d)", in.ours, args[0] != 0, out.ours, args[1] != 0, n, flags), got, errno, want, wantErrno)
		if offs != theirs {
			d.t.Fatalf("splice left offsets %v, want %v", offs, theirs)
		}
	}
}

// TestSpliceAgainstLinux makes random calls that do not wait.
func TestSpliceAgainstLinux(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("permissions are not enforced here, so the comparison needs root")
	}
	seen := map[string]int{}
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			d := &spliceDouble{newDouble(t), rand.New(rand.NewPCG(seed, 5))}
			d.p.EnableSockets(func() inet.Stack { return newFakeStack() })
			d.fill()
			for i := range 600 {
				d.step()
				if i%40 == 0 {
					for _, f := range d.open[:12] {
						d.read(f, 1<<20)
					}
				}
			}
			for k, n := range d.seen {
				seen[k] += n
			}
		})
	}
	t.Log(seen)
}

// TestSpliceWaits sends more than fits through two pipes and a socket pair, with
// calls that wait.
func TestSpliceWaits(t *testing.T) {
	p := New(newFake())
	p.EnableSockets(func() inet.Stack { return newFakeStack() })
	r1, w1 := openPipe(t, p, 0)
	r2, w2 := openPipe(t, p, 0)
	var s [2]int32
	if _, errno := sys(p, linux.SysSocketpair, linux.AfUnix, linux.SockStream, 0, &s); errno != 0 {
		t.Fatalf("socketpair = %d", errno)
	}
	data := make([]byte, 1_000_000)
	r := rand.New(rand.NewPCG(1, 6))
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	relay := func(in, out int) {
		for {
			n, errno := sys(p, linux.SysSplice, in, 0, out, 0, 100_000, 0)
			if errno != 0 {
				t.Errorf("splice = %d", errno)
			}
			if n <= 0 {
				break
			}
		}
		sys(p, linux.SysClose, in)
		sys(p, linux.SysClose, out)
	}
	go func() {
		if n, errno := sys(p, linux.SysWrite, w1, data, len(data)); n != len(data) || errno != 0 {
			t.Errorf("write = %d, %d, want all %d", n, errno, len(data))
		}
		sys(p, linux.SysClose, w1)
	}()
	go relay(r1, int(s[0]))
	go relay(int(s[1]), w2)
	var got []byte
	for b := make([]byte, 70_000); ; {
		n, errno := sys(p, linux.SysRead, r2, b, len(b))
		if errno != 0 {
			t.Fatalf("read = %d", errno)
		}
		if n == 0 {
			break
		}
		got = append(got, b[:n]...)
	}
	if !bytes.Equal(got, data) {
		t.Errorf("%d bytes came out, %d went in, or they differ", len(got), len(data))
	}
}

// TestSpliceMadeUp: a file that is made up is refused, not taken for an empty one.
func TestSpliceMadeUp(t *testing.T) {
	p := New(newFake())
	r, w := openPipe(t, p, linux.ONonblock)
	f := must(t, p, linux.SysOpen, "/proc/self/comm", linux.ORdwr, 0)
	if n, errno := sys(p, linux.SysSplice, f, 0, w, 0, 100, 0); errno != linux.EINVAL {
		t.Errorf("splice from it = %d, %d, want EINVAL", n, errno)
	}
	must(t, p, linux.SysWrite, w, []byte("x"), 1)
	if n, errno := sys(p, linux.SysSplice, r, 0, f, 0, 100, 0); errno != linux.EINVAL {
		t.Errorf("splice to it = %d, %d, want EINVAL", n, errno)
	}
	must(t, p, linux.SysRead, r, make([]byte, 1), 1) // it is still there
}

// TestSplicePromise: room that a splice waits with is not taken by others, and
// free again if nothing comes.
func TestSplicePromise(t *testing.T) {
	p := New(newFake())
	r1, w1 := openPipe(t, p, 0)
	_, w2 := openPipe(t, p, linux.ONonblock)
	f, _ := p.get(w2)
	defer f.put()
	end := f.stream.(*pipeEnd)
	done := make(chan int)
	go func() {
		n, _ := end.fill(pipeSize, false, func(b []byte, more bool) (int, linux.Errno) {
			f, _ := p.get(r1)
			defer f.put()
			return f.stream.read(b, more)
		})
		done <- n
	}()
	for promised := 0; promised == 0; {
		end.mu.Lock()
		promised = end.promised
		end.mu.Unlock()
	}
	if _, errno := sys(p, linux.SysWrite, w2, "x", 1); errno != linux.EAGAIN {
		t.Errorf("write into promised room = %d, want EAGAIN", errno)
	}
	sys(p, linux.SysWrite, w1, "abc", 3)
	if n := <-done; n != 3 {
		t.Errorf("fill = %d, want the 3 bytes that were there", n)
	}
	rest := bytes.Repeat([]byte{'y'}, pipeSize)
	if n, errno := sys(p, linux.SysWrite, w2, rest, len(rest)); n != pipeSize-3 || errno != 0 {
		t.Errorf("write after the splice = %d, %d, want %d", n, errno, pipeSize-3)
	}
}
