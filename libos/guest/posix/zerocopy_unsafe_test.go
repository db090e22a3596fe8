package posix

import (
	"testing"
	"unsafe"

	"unibench/libos/guest/linux"
)

func TestZeroCopy(t *testing.T) {
	p, hal, _ := newNet(t)
	c, s, _ := connectedTCP(t, p, linux.SockNonblock)
	var pair [2]int32
	must(t, p, linux.SysSocketpair, linux.AfUnix, linux.SockStream, 0, &pair)
	probe := func(fd int) int { return must(t, p, linux.SysZcProbe, fd) }
	if probe(c) != 1 || probe(int(pair[0])) != 0 {
		t.Errorf("zc_probe = %d of TCP, %d of unix, want 1, 0", probe(c), probe(int(pair[0])))
	}
	file, _ := p.get(c)
	client := file.stream.(*inetSocket).sock.(*fakeSocket)
	file.put()
	file, _ = p.get(s)
	server := file.stream.(*inetSocket).sock.(*fakeSocket)
	file.put()

	// Sending: the cookie comes back when the stack is done.
	if errno := p.PollRegister(c, 500); errno != 0 {
		t.Fatal(errno)
	}
	data := []byte("lent to the stack")
	cookies := make([]uint64, 4)
	done := func() (int, linux.Errno) { return sys(p, linux.SysZcDone, c, &cookies[0], 4) }
	if n, errno := done(); n != 0 || errno != 0 {
		t.Errorf("zc_done of nothing = %d, %d", n, errno)
	}
	for i := range 3 {
		if n := must(t, p, linux.SysZcSend, c, data, len(data), 0, 1000+i); n != len(data) {
			t.Errorf("zc_send = %d", n)
		}
	}
	if _, errno := done(); errno != linux.EAGAIN {
		t.Errorf("zc_done = %d, want EAGAIN", errno)
	}
	hal.mu.Lock()
	hal.ready[500] = 0
	hal.mu.Unlock()
	client.finish()
	if hal.ready[500] == 0 {
		t.Error("the poller was not told of finished sends")
	}
	if n, errno := done(); n != 3 || errno != 0 || cookies[0] != 1000 || cookies[2] != 1002 {
		t.Errorf("zc_done = %d, %d, %v", n, errno, cookies)
	}
	must(t, p, linux.SysZcSend, c, data, 0, 0, 7)
	if n, _ := done(); n != 1 || cookies[0] != 7 {
		t.Errorf("zc_done after an empty send = %d, %v", n, cookies)
	}

	// Receiving.
	var b linux.ZcBuffer
	must(t, p, linux.SysZcRecv, s, &b)
	if got := unsafe.String(b.Base, b.Len); got != "lent to the stacklent to the stacklent to the stack" || b.Token == 0 || server.held != 1 {
		t.Errorf("zc_recv = %q, token %d, %d held", got, b.Token, server.held)
	}
	first := b.Token
	must(t, p, linux.SysWrite, c, data, 4)
	must(t, p, linux.SysZcRecv, s, &b)
	must(t, p, linux.SysZcRelease, s, uintptr(first))
	if _, errno := sys(p, linux.SysZcRelease, s, uintptr(first)); errno != linux.EINVAL {
		t.Errorf("zc_release again = %d, want EINVAL", errno)
	}
	if _, errno := sys(p, linux.SysZcRecv, s, &linux.ZcBuffer{}); errno != linux.EAGAIN {
		t.Errorf("zc_recv of nothing = %d, want EAGAIN", errno)
	}
	must(t, p, linux.SysClose, c)
	end := linux.ZcBuffer{Len: 5, Token: 5}
	if must(t, p, linux.SysZcRecv, s, &end); end.Len != 0 || end.Token != 0 {
		t.Errorf("zc_recv at the end = %+v", end)
	}
	must(t, p, linux.SysClose, s)
	must(t, p, linux.SysZcRelease, s, uintptr(b.Token)) // outlives the descriptor
	if server.held != 0 {
		t.Errorf("%d buffers are still held", server.held)
	}

	// Datagrams carry addresses.
	u := must(t, p, linux.SysSocket, linux.AfInet, linux.SockDgram|linux.SockNonblock, 0)
	must(t, p, linux.SysBind, u, in4(3000, 127, 0, 0, 1), 16)
	to := linux.ZcAddr{Family: linux.AfInet, Port: 3000, IP: [16]byte{127, 0, 0, 1}}
	must(t, p, linux.SysZcSend, u, data, 4, &to, 1)
	must(t, p, linux.SysZcRecv, u, &b)
	if b.From != to || b.Len != 4 {
		t.Errorf("datagram of %d bytes from %+v", b.Len, b.From)
	}
	to.Family = linux.AfInet6
	for _, c := range []struct {
		name string
		num  uintptr
		args []any
		want linux.Errno
	}{
		{"send to another family", linux.SysZcSend, []any{u, data, 4, &to, 1}, linux.EAFNOSUPPORT},
		{"send NULL", linux.SysZcSend, []any{u, 0, 4, 0, 1}, linux.EFAULT},
		{"receive NULL", linux.SysZcRecv, []any{u, 0}, linux.EFAULT},
		{"unix", linux.SysZcRecv, []any{int(pair[0]), &b}, linux.EOPNOTSUPP},
		{"no socket", linux.SysZcRecv, []any{0, &b}, linux.ENOTSOCK},
		{"no descriptor", linux.SysZcDone, []any{99, &cookies[0], 1}, linux.EBADF},
		{"token of nothing", linux.SysZcRelease, []any{u, 12345}, linux.EINVAL},
	} {
		if _, errno := sys(p, c.num, c.args...); errno != c.want {
			t.Errorf("%s = %d, want %d", c.name, errno, c.want)
		}
	}
}

// TestZeroCopyDoesNotAllocate: tables are used again.
func TestZeroCopyDoesNotAllocate(t *testing.T) {
	var l loanTable
	release := func() {}
	if n := testing.AllocsPerRun(100, func() {
		token := l.lend(3, nil, release)
		if f, ok := l.take(token); !ok {
			t.Fatal("lost a loan")
		} else {
			f()
		}
	}); n != 0 {
		t.Errorf("a loan allocates %v times", n)
	}
	s := &inetSocket{}
	s.n = &network{p: New(newFake())}
	b := make([]byte, 10)
	if n := testing.AllocsPerRun(100, func() {
		s.begin(b, 1).finish()
		s.lent.done = s.lent.done[:0]
	}); n != 0 {
		t.Errorf("a lent send allocates %v times", n)
	}
}
