package posix

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"unibench/libos/guest/linux"
)

// fifoDouble makes the same calls on a named pipe here and on the host.
type fifoDouble struct {
	*double
	r *rand.Rand
}

func (d *fifoDouble) step() {
	f := pair{-1, -1}
	if len(d.open) > 0 {
		f = d.open[d.r.IntN(len(d.open))]
	}
	switch d.r.IntN(10) {
	case 0, 1, 2:
		// Without ONonblock only what never waits.
		flags := []int{linux.ORdonly | linux.ONonblock, linux.OWronly | linux.ONonblock, linux.ORdwr | linux.ONonblock,
			linux.OPath, linux.ORdwr | linux.ONonblock | linux.OTrunc, linux.ORdonly | linux.ODirectory, 3 | linux.ONonblock}[d.r.IntN(7)]
		if flags == 3|linux.ONonblock && d.r.IntN(3) > 0 {
			return
		}
		got, errno := sys(d.p, linux.SysOpenat, d.dir.ours, "p", flags, 0)
		want, wantErrno := host(linux.SysOpenat, d.dir.host, "p", flags|linux.OCloexec, 0)
		d.add(fmt.Sprintf("open(%#x)", flags), got, errno, want, wantErrno)
	case 3:
		for i := range d.open {
			if d.open[i] == f {
				d.open = append(d.open[:i], d.open[i+1:]...)
				break
			}
		}
		d.both("close", linux.SysClose, f)
	case 4:
		n := d.r.IntN(9)
		d.both("write", linux.SysWrite, f, []byte("abcdefgh"), n)
	case 5:
		a, b := make([]byte, 20), make([]byte, 20)
		n := d.r.IntN(20)
		got, errno := sys(d.p, linux.SysRead, f.ours, a, n)
		want, wantErrno := host(linux.SysRead, f.host, b, n)
		if d.same(fmt.Sprintf("read(%d)", f.ours), got, errno, want, wantErrno) && string(a) != string(b) {
			d.t.Fatalf("read %q, want %q", a, b)
		}
	case 6, 7:
		d.poll(f)
	case 8:
		d.stat(f)
	case 9:
		switch d.r.IntN(6) {
		case 0:
			d.both("lseek", linux.SysLseek, f, 0, 0)
		case 1:
			d.both("pread", linux.SysPread64, f, make([]byte, 1), 1, 0)
		case 2:
			d.both("ftruncate", linux.SysFtruncate, f, 0)
		case 3:
			d.both("fallocate", linux.SysFallocate, f, 0, 0, 1)
		case 4:
			d.both("fsync", linux.SysFsync, f)
		case 5:
			d.both("getdents", linux.SysGetdents64, f, make([]byte, 100), 100)
		}
	}
}

// poll compares what poll(2) finds for f at once.
func (d *fifoDouble) poll(f pair) {
	const all = linux.PollIn | linux.PollOut | linux.PollRdnorm | linux.PollWrnorm
	got := [1]linux.Pollfd{{FD: int32(f.ours), Events: all}}
	want := [1]linux.Pollfd{{FD: int32(f.host), Events: all}}
	n, errno := sys(d.p, linux.SysPoll, &got, 1, 0)
	m, wantErrno := host(linux.SysPoll, &want, 1, 0)
	d.same(fmt.Sprintf("poll(%d) of %#x", f.ours, want[0].Revents), n, errno, m, wantErrno)
	if f.host >= 0 && got[0].Revents != want[0].Revents {
		d.same("poll's events", int(got[0].Revents), 0, int(want[0].Revents), 0)
	}
}

// TestFifoAgainstLinux makes random calls that do not wait.
func TestFifoAgainstLinux(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("permissions are not enforced here, so the comparison needs root")
	}
	seen := map[string]int{}
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			d := &fifoDouble{double: newDouble(t), r: rand.New(rand.NewPCG(seed, 4))}
			d.p.EnablePolling()
			d.both("mknodat", linux.SysMknodat, d.dir, "p", linux.ModeFifo|0o640, 77)
			d.both("mknodat", linux.SysMknodat, d.dir, "p", linux.ModeFifo|0o640, 0)
			for range 500 {
				d.step()
			}
			for k, n := range d.seen {
				seen[k] += n
			}
		})
	}
	t.Log(seen)
}

// TestFifoOpenWaits opens both sides so that they have to wait for each other.
func TestFifoOpenWaits(t *testing.T) {
	for _, order := range [][2]int{{linux.ORdonly, linux.OWronly}, {linux.OWronly, linux.ORdonly}, {linux.ORdonly, linux.ORdwr}, {linux.OWronly, linux.ORdwr}} {
		p := New(newFake())
		if _, errno := sys(p, linux.SysMknod, "/tmp/p", linux.ModeFifo|0o600, 0); errno != 0 {
			t.Fatalf("mknod = %d", errno)
		}
		name := filepath.Join(t.TempDir(), "p")
		if err := syscall.Mkfifo(name, 0o600); err != nil {
			t.Fatal(err)
		}
		first, real := make(chan int, 1), make(chan int, 1)
		go func() {
			fd, errno := sys(p, linux.SysOpen, "/tmp/p", order[0], 0)
			if errno != 0 {
				t.Errorf("open that waits = %d", errno)
			}
			first <- fd
		}()
		go func() {
			fd, err := syscall.Open(name, order[0]|linux.OCloexec, 0)
			if err != nil {
				t.Errorf("open that waits on the host: %v", err)
			}
			real <- fd
		}()
		for p.fifos.waiting() == 0 {
		}
		select {
		case <-first:
			t.Errorf("open %#x did not wait for the other side", order[0])
		default:
		}
		second, errno := sys(p, linux.SysOpen, "/tmp/p", order[1], 0)
		hostSecond, err := syscall.Open(name, order[1]|linux.OCloexec, 0)
		if errno != 0 || err != nil {
			t.Fatalf("open of the other side = %d, on the host %v", errno, err)
		}
		for _, fd := range []int{<-first, second} {
			if _, errno := sys(p, linux.SysClose, fd); errno != 0 {
				t.Errorf("close = %d", errno)
			}
		}
		syscall.Close(<-real)
		syscall.Close(hostSecond)
		if n := p.fifos.waiting(); n != 0 {
			t.Errorf("%d named pipes left after the last close, want 0", n)
		}
	}
}

// waiting returns how many named pipes have someone who opened one side or waits.
func (t *fifoTable) waiting() (n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, f := range t.pipes {
		f.pipe.mu.Lock()
		if f.pipe.opened != [2]int{} {
			n++
		}
		f.pipe.mu.Unlock()
	}
	return n
}

// TestFifoEnd: the last writer's going is the end for a reader that waits, and a
// write without readers is a signal too.
func TestFifoEnd(t *testing.T) {
	h := newFake()
	p := New(h)
	sys(p, linux.SysMknod, "/tmp/p", linux.ModeFifo|0o600, 0)
	r, errno := sys(p, linux.SysOpen, "/tmp/p", linux.ORdonly|linux.ONonblock, 0)
	if errno != 0 {
		t.Fatalf("open = %d", errno)
	}
	w, _ := sys(p, linux.SysOpen, "/tmp/p", linux.OWronly, 0)
	sys(p, linux.SysFcntl, r, linux.FSetfl, 0)
	if errno := p.PollRegister(r, 1); errno != 0 {
		t.Fatalf("PollRegister = %d", errno)
	}
	end := make(chan int)
	go func() {
		n, _ := sys(p, linux.SysRead, r, make([]byte, 1), 1)
		end <- n
	}()
	sys(p, linux.SysClose, w)
	if n := <-end; n != 0 {
		t.Errorf("read after the last writer = %d, want 0", n)
	}
	h.mu.Lock()
	told := h.ready[1]
	h.mu.Unlock()
	if told == 0 {
		t.Error("who waits for the reader was not told of the last writer's going")
	}
	w, _ = sys(p, linux.SysOpen, "/tmp/p", linux.OWronly, 0)
	sys(p, linux.SysClose, r)
	if _, errno := sys(p, linux.SysWrite, w, "x", 1); errno != linux.EPIPE || len(h.kills) != 1 || h.kills[0] != [2]int{0, linux.Sigpipe} {
		t.Errorf("write without reader = %d, signals %v, want EPIPE and SIGPIPE", errno, h.kills)
	}
}

// TestFifoWaits: an open for one side waits for the other, and a reader for its
// writer's end.
func TestFifoWaits(t *testing.T) {
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
