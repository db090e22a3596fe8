package posix

import (
	"testing"
	"unsafe"

	"unibench/libos/guest/linux"
)

// header2 returns a struct msghdr. nil for none.
func header2(name []byte, v []iovec, control []byte) *msghdr {
	h := &msghdr{nameLen: uint32(len(name)), iovLen: uintptr(len(v)), controlLen: uintptr(len(control))}
	if name != nil {
		h.name = unsafe.Pointer(unsafe.SliceData(name))
	}
	if v != nil {
		h.iov = unsafe.Pointer(unsafe.SliceData(v))
	}
	if control != nil {
		h.control = unsafe.Pointer(unsafe.SliceData(control))
	}
	return h
}

// hot is the calls on a connection that must not allocate, made as package
// syscall makes them, with all arguments on the stack.
type hot struct {
	p *Process
	b []byte

	c, s, u int
}

func newHot(t testing.TB) *hot {
	p, _, _ := newNet(t)
	c, s, _ := connectedTCP(t, p, linux.SockNonblock)
	u := must(t, p, linux.SysSocket, linux.AfInet, linux.SockDgram|linux.SockNonblock, 0)
	must(t, p, linux.SysBind, u, in4(2000), 16)
	return &hot{p: p, b: make([]byte, 64), c: c, s: s, u: u}
}

//go:noinline
func (h *hot) write(fd int) {
	h.p.call(linux.SysWrite, uintptr(fd), uintptr(unsafe.Pointer(&h.b[0])), 64, 0, 0, 0)
}

//go:noinline
func (h *hot) read(fd int) (uintptr, linux.Errno) {
	return h.p.call(linux.SysRead, uintptr(fd), uintptr(unsafe.Pointer(&h.b[0])), 64, 0, 0, 0)
}

//go:noinline
func (h *hot) sendto() (uintptr, linux.Errno) {
	sa := [16]byte{0: linux.AfInet, 2: 2000 >> 8, 3: 2000 & 0xff, 4: 127, 7: 1}
	return h.p.call(linux.SysSendto, uintptr(h.u), uintptr(unsafe.Pointer(&h.b[0])), 64, 0, uintptr(unsafe.Pointer(&sa)), 16)
}

//go:noinline
func (h *hot) recvfrom() (uintptr, linux.Errno) {
	var sa [28]byte
	n := int32(28)
	return h.p.call(linux.SysRecvfrom, uintptr(h.u), uintptr(unsafe.Pointer(&h.b[0])), 64, 0, uintptr(unsafe.Pointer(&sa)), uintptr(unsafe.Pointer(&n)))
}

//go:noinline
func (h *hot) sendmsg() (uintptr, linux.Errno) {
	sa := [16]byte{0: linux.AfInet, 2: 2000 >> 8, 3: 2000 & 0xff, 4: 127, 7: 1}
	v := [2]iovec{{unsafe.Pointer(&h.b[0]), 32}, {unsafe.Pointer(&h.b[32]), 32}}
	m := msghdr{name: unsafe.Pointer(&sa), nameLen: 16, iov: unsafe.Pointer(&v), iovLen: 2}
	return h.p.call(linux.SysSendmsg, uintptr(h.u), uintptr(unsafe.Pointer(&m)), 0, 0, 0, 0)
}

//go:noinline
func (h *hot) recvmsg() (uintptr, linux.Errno) {
	var sa [28]byte
	v := [1]iovec{{unsafe.Pointer(&h.b[0]), 64}}
	m := msghdr{name: unsafe.Pointer(&sa), nameLen: 28, iov: unsafe.Pointer(&v), iovLen: 1}
	return h.p.call(linux.SysRecvmsg, uintptr(h.u), uintptr(unsafe.Pointer(&m)), 0, 0, 0, 0)
}

//go:noinline
func (h *hot) writev() (uintptr, linux.Errno) {
	v := [2]iovec{{unsafe.Pointer(&h.b[0]), 32}, {unsafe.Pointer(&h.b[32]), 32}}
	return h.p.call(linux.SysWritev, uintptr(h.c), uintptr(unsafe.Pointer(&v)), 2, 0, 0, 0)
}

// TestSocketsDoNotAllocate covers the calls that servers make per request.
func TestSocketsDoNotAllocate(t *testing.T) {
	h := newHot(t)
	x, y := must(t, h.p, linux.SysSocket, linux.AfUnix, linux.SockStream, 0), [2]int32{}
	must(t, h.p, linux.SysSocketpair, linux.AfUnix, linux.SockStream|linux.SockNonblock, 0, &y)
	must(t, h.p, linux.SysClose, x)
	check := func(what string, n uintptr, errno linux.Errno) {
		if errno != 0 || n != 64 {
			t.Fatalf("%s = %d, %d, want 64", what, n, errno)
		}
	}
	for _, c := range []struct {
		name string
		do   func()
	}{
		{"write and read", func() { h.write(h.c); n, errno := h.read(h.s); check("read", n, errno) }},
		{"read of nothing", func() { h.read(h.s) }},
		{"writev", func() { h.writev(); n, errno := h.read(h.s); check("read", n, errno) }},
		{"sendto and recvfrom", func() { h.sendto(); n, errno := h.recvfrom(); check("recvfrom", n, errno) }},
		{"sendmsg and recvmsg", func() { h.sendmsg(); n, errno := h.recvmsg(); check("recvmsg", n, errno) }},
		{"unix write and read", func() { h.write(int(y[0])); n, errno := h.read(int(y[1])); check("read", n, errno) }},
	} {
		if n := testing.AllocsPerRun(200, c.do); n != 0 {
			t.Errorf("%s allocates %v times, want 0", c.name, n)
		}
	}
}

// TestAcceptAllocations: a connection is one object of this layer, and the
// function value that its socket notifies.
func TestAcceptAllocations(t *testing.T) {
	p, _, st := newNet(t)
	_, _, l := connectedTCP(t, p, linux.SockNonblock)
	ls := st.tcp[80]
	conns := make([]*fakeSocket, 201)
	for i := range conns {
		conns[i] = st.make(linux.AfInet, linux.SockStream)
	}
	ls.backlog = conns
	n := testing.AllocsPerRun(200, func() {
		var sa [16]byte
		size := int32(16)
		fd, errno := p.call(linux.SysAccept4, uintptr(l), uintptr(unsafe.Pointer(&sa)), uintptr(unsafe.Pointer(&size)), linux.SockNonblock|linux.SockCloexec, 0, 0)
		if errno != 0 {
			t.Fatalf("accept4 = %d", errno)
		}
		p.close(int(fd))
	})
	if n > 2 {
		t.Errorf("accept4 allocates %v times, want 2", n)
	}
}

func BenchmarkTCPWriteRead(b *testing.B) {
	h := newHot(b)
	for b.Loop() {
		h.write(h.c)
		h.read(h.s)
	}
}

func BenchmarkUDPSendtoRecvfrom(b *testing.B) {
	h := newHot(b)
	for b.Loop() {
		h.sendto()
		h.recvfrom()
	}
}

// BenchmarkFakeStack is what of the others is the fake stack's part.
func BenchmarkFakeStack(b *testing.B) {
	h := newHot(b)
	f, _ := h.p.get(h.c)
	g, _ := h.p.get(h.s)
	c, s := f.stream.(*inetSocket).sock, g.stream.(*inetSocket).sock
	for b.Loop() {
		c.Send(h.b, 0, nil)
		s.Recv(h.b, 0, nil)
	}
}

// interfaceConf makes SIOCGIFCONF into room and returns how much it used.
func interfaceConf(t *testing.T, p *Process, fd int, room []byte) int {
	t.Helper()
	c := ifconf{}
	must(t, p, linux.SysIoctl, fd, linux.Siocgifconf, &c)
	if c.len != 80 {
		t.Errorf("SIOCGIFCONF without a buffer = %d, want 80", c.len)
	}
	c = ifconf{len: int32(len(room)), buf: unsafe.Pointer(&room[0])}
	must(t, p, linux.SysIoctl, fd, linux.Siocgifconf, &c)
	return int(c.len)
}

// TestManyPieces: an array of pieces that is longer than usual.
func TestManyPieces(t *testing.T) {
	p, _, _ := newNet(t)
	c, s, _ := connectedTCP(t, p, linux.SockNonblock)
	b, got := make([]byte, 300), make([]byte, 300)
	v, w := make([]iovec, 300), make([]iovec, 30)
	for i := range v {
		b[i] = byte(i)
		v[i] = iovec{unsafe.Pointer(&b[i]), 1}
	}
	for i := range w {
		w[i] = iovec{unsafe.Pointer(&got[10*i]), 10}
	}
	if n := must(t, p, linux.SysWritev, c, &v[0], 200); n != 200 {
		t.Errorf("writev = %d, want 200", n)
	}
	if n := must(t, p, linux.SysSendmsg, c, header2(nil, v[200:], nil), 0); n != 100 {
		t.Errorf("sendmsg = %d, want 100", n)
	}
	if n := must(t, p, linux.SysReadv, s, &w[0], 15); n != 150 {
		t.Errorf("readv = %d, want 150", n)
	}
	if n := must(t, p, linux.SysRecvmsg, s, header2(nil, w[15:], nil), 0); n != 150 {
		t.Errorf("recvmsg = %d, want 150", n)
	}
	if differ(b, got) >= 0 {
		t.Errorf("first difference at %d", differ(b, got))
	}
}
