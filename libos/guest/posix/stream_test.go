package posix

import (
	"bytes"
	"testing"

	"unibench/libos/guest/linux"
)

func openPipe(t *testing.T, p *Process, flags int) (r, w int) {
	t.Helper()
	var fds [2]int32
	if _, errno := sys(p, linux.SysPipe2, &fds, flags); errno != 0 {
		t.Fatalf("pipe2 = %d", errno)
	}
	return int(fds[0]), int(fds[1])
}

// TestPipeBlocks sends through a pipe what does not fit into it.
func TestPipeBlocks(t *testing.T) {
	p := New(newFake())
	r, w := openPipe(t, p, 0)
	data := bytes.Repeat([]byte("0123456789"), 30_000)
	go func() {
		if n, errno := sys(p, linux.SysWrite, w, data, len(data)); n != len(data) || errno != 0 {
			t.Errorf("write = %d, %d, want all %d", n, errno, len(data))
		}
		sys(p, linux.SysClose, w)
	}()
	var got []byte
	for {
		b := make([]byte, 7777)
		n, errno := sys(p, linux.SysRead, r, b, len(b))
		if errno != 0 {
			t.Fatalf("read = %d", errno)
		}
		if n == 0 {
			break
		}
		got = append(got, b[:n]...)
	}
	if !bytes.Equal(got, data) {
		t.Error("bytes out of the pipe differ from bytes into it")
	}
}

// TestPipeAgainstLinux follows one pipe through its life on both sides.
func TestPipeAgainstLinux(t *testing.T) {
	p := New(newFake())
	r, w := openPipe(t, p, linux.ONonblock)
	var fds [2]int32
	if _, errno := host(linux.SysPipe2, &fds, linux.ONonblock|linux.OCloexec); errno != 0 {
		t.Fatalf("pipe2 = %d", errno)
	}
	hr, hw := int(fds[0]), int(fds[1])
	big, small := make([]byte, 100_000), make([]byte, 10)
	for i, c := range []struct {
		num      uintptr
		ours, fd int
		args     []any
	}{
		{linux.SysRead, r, hr, []any{small, 10}}, // empty
		{linux.SysRead, r, hr, []any{small, 0}},
		{linux.SysWrite, w, hw, []any{small, 10}},
		{linux.SysIoctl, r, hr, []any{linux.Fionread, &[1]int32{}}},
		{linux.SysRead, r, hr, []any{small, 10}},
		{linux.SysWrite, w, hw, []any{big, len(big)}}, // fills it
		{linux.SysWrite, w, hw, []any{small, 1}},
		{linux.SysRead, r, hr, []any{big, 4096}},
		{linux.SysWrite, w, hw, []any{big, 4096}},
		{linux.SysRead, r, hr, []any{big, 100_000}},
		{linux.SysRead, w, hw, []any{small, 1}},
		{linux.SysWrite, r, hr, []any{small, 1}},
		{linux.SysLseek, r, hr, []any{0, 0}},
		{linux.SysPread64, r, hr, []any{small, 1, 0}},
		{linux.SysFcntl, r, hr, []any{linux.FGetfl, 0}},
		{linux.SysFcntl, w, hw, []any{linux.FSetpipeSz, 65536}},
		{linux.SysFcntl, w, hw, []any{linux.FSetpipeSz, 1 << 31}},
		{linux.SysWrite, w, hw, []any{small, 3}},
		{linux.SysClose, w, hw, nil},
		{linux.SysRead, r, hr, []any{small, 10}}, // the rest, then the end
		{linux.SysRead, r, hr, []any{small, 10}},
		{linux.SysClose, r, hr, nil},
		{linux.SysRead, r, hr, []any{small, 10}},
	} {
		got, errno := sys(p, c.num, append([]any{c.ours}, c.args...)...)
		want, wantErrno := host(c.num, append([]any{c.fd}, c.args...)...)
		if c.num == linux.SysFcntl && wantErrno == 1 {
			wantErrno = linux.EPERM
		}
		if errno != wantErrno || errno == 0 && got&^linux.OLargefile != want&^linux.OLargefile {
			t.Errorf("step %d: call %d = %d, error %d, want %d, error %d", i, c.num, got, errno, want, wantErrno)
		}
	}
}

func TestPipeWithoutReader(t *testing.T) {
	p := New(newFake())
	r, w := openPipe(t, p, 0)
	blocked := make(chan linux.Errno)
	go func() {
		big := make([]byte, 100_000)
		n, errno := sys(p, linux.SysWrite, w, big, len(big))
		if n != pipeSize+1 {
			t.Errorf("write = %d, want the %d bytes taken before the reader went", n, pipeSize+1)
		}
		blocked <- errno
	}()
	b := make([]byte, 1)
	for n := 0; n == 0; {
		n, _ = sys(p, linux.SysRead, r, b, 1)
	}
	for sysQueued(t, p, r) != pipeSize {
	}
	sys(p, linux.SysClose, r)
	if errno := <-blocked; errno != 0 {
		t.Errorf("write that was cut off = error %d, want 0 and a short count", errno)
	}
	if _, errno := sys(p, linux.SysWrite, w, b, 1); errno != linux.EPIPE {
		t.Errorf("write without reader = %d, want EPIPE", errno)
	}
}

func sysQueued(t *testing.T, p *Process, fd int) int {
	t.Helper()
	var n [1]int32
	if _, errno := sys(p, linux.SysIoctl, fd, linux.Fionread, &n); errno != 0 {
		t.Fatalf("ioctl = %d", errno)
	}
	return int(n[0])
}

// TestPoll follows the events that a waiter for each end gets.
func TestPoll(t *testing.T) {
	h := newFake()
	p := New(h)
	r, w := openPipe(t, p, linux.ONonblock)
	b := make([]byte, 100)
	events := func(pd uintptr) int { n := h.ready[pd]; h.ready[pd] = 0; return n }
	for _, c := range []struct {
		name       string
		do         func() (int, linux.Errno)
		read, sent bool
	}{
		{"register reader", func() (int, linux.Errno) { return 0, p.PollRegister(r, 100) }, false, false},
		{"register writer", func() (int, linux.Errno) { return 0, p.PollRegister(w, 200) }, false, true},
		{"write", func() (int, linux.Errno) { return sys(p, linux.SysWrite, w, b, 10) }, true, false},
		{"read", func() (int, linux.Errno) { return sys(p, linux.SysRead, r, b, 5) }, false, true},
		{"close writer", func() (int, linux.Errno) { return sys(p, linux.SysClose, w) }, true, false},
		{"unregister reader", func() (int, linux.Errno) { return 0, p.PollUnregister(r) }, false, false},
		{"register again", func() (int, linux.Errno) { return 0, p.PollRegister(r, 100) }, true, false},
	} {
		if _, errno := c.do(); errno != 0 {
			t.Errorf("%s = %d", c.name, errno)
		}
		if got := events(100) > 0; got != c.read {
			t.Errorf("after %s the reader was woken: %v, want %v", c.name, got, c.read)
		}
		if got := events(200) > 0; got != c.sent {
			t.Errorf("after %s the writer was woken: %v, want %v", c.name, got, c.sent)
		}
	}
	if errno := p.PollRegister(r, 300); errno != linux.EEXIST || events(300) != 0 {
		t.Errorf("PollRegister of a registered descriptor = %d, want EEXIST", errno)
	}
	twin, _ := sys(p, linux.SysDup, r)
	if errno := p.PollRegister(twin, 300); errno != 0 || events(300) == 0 {
		t.Errorf("PollRegister of a registered descriptor's twin = %d, want 0 and an event", errno)
	}
	for _, fd := range []int{0, 1} {
		if errno := p.PollRegister(fd, 1); errno != linux.EPERM {
			t.Errorf("PollRegister of the console = %d, want EPERM", errno)
		}
	}
	if errno := p.PollRegister(99, 1); errno != linux.EBADF {
		t.Errorf("PollRegister of a closed descriptor = %d, want EBADF", errno)
	}
}

func TestConsole(t *testing.T) {
	h := newFake()
	p := New(h)
	b := make([]byte, 10)
	sys(p, linux.SysFcntl, 0, linux.FSetfl, linux.ONonblock)
	if _, errno := sys(p, linux.SysRead, 0, b, 10); errno != linux.EAGAIN {
		t.Errorf("read of nothing = %d, want EAGAIN", errno)
	}
	sys(p, linux.SysFcntl, 0, linux.FSetfl, 0)
	done := make(chan string)
	go func() {
		n, _ := sys(p, linux.SysRead, 0, b, 10)
		done <- string(b[:n])
	}()
	h.feed("typed", false)
	if got := <-done; got != "typed" {
		t.Errorf("read = %q, want %q", got, "typed")
	}
	h.feed("", true)
	if n, errno := sys(p, linux.SysRead, 0, b, 10); n != 0 || errno != 0 {
		t.Errorf("read at the end = %d, %d, want 0, 0", n, errno)
	}
	sys(p, linux.SysWrite, 1, []byte("out"), 3)
	fd, _ := sys(p, linux.SysOpen, "/dev/stderr", linux.OWronly, 0)
	sys(p, linux.SysWrite, fd, []byte("err"), 3)
	if h.output[1].String() != "out" || h.output[2].String() != "err" {
		t.Errorf("output = %q, %q, want out, err", h.output[1].String(), h.output[2].String())
	}
	for _, c := range []struct {
		name string
		num  uintptr
		args []any
		want linux.Errno
	}{
		{"read of output", linux.SysRead, []any{1, b, 1}, linux.EBADF},
		{"write to input", linux.SysWrite, []any{0, b, 1}, linux.EBADF},
		{"seek", linux.SysLseek, []any{1, 0, 0}, linux.ESPIPE},
		{"terminal?", linux.SysIoctl, []any{1, linux.Tcgets, &linux.Termios{}}, linux.ENOTTY},
	} {
		if _, errno := sys(p, c.num, c.args...); errno != c.want {
			t.Errorf("%s = %d, want %d", c.name, errno, c.want)
		}
	}
	h.tty, h.mode = true, linux.ModeChar
	p = New(h)
	var st linux.Stat
	sys(p, linux.SysFstat, 1, &st)
	if _, errno := sys(p, linux.SysIoctl, 1, linux.Tcgets, &linux.Termios{}); errno != 0 || st.Mode&linux.ModeType != linux.ModeChar {
		t.Errorf("terminal: TCGETS = %d, mode %o", errno, st.Mode)
	}
}
