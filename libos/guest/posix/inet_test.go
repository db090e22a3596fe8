package posix

import (
	"bytes"
	"testing"

	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// newNet returns a process with sockets on a fake stack.
func newNet(t testing.TB) (*Process, *fakeHAL, *fakeStack) {
	h := newFake()
	h.sleeps = true
	p := New(h)
	st := newFakeStack()
	opened := 0
	p.EnableSockets(func() inet.Stack {
		if opened++; opened > 1 {
			t.Error("the stack was opened twice")
		}
		return st
	})
	return p, h, st
}

// in4 returns a struct sockaddr_in.
func in4(port uint16, ip ...byte) []byte {
	sa := make([]byte, 16)
	putLE16(sa, linux.AfInet)
	putBE16(sa[2:], port)
	copy(sa[4:], ip)
	return sa
}

// must makes a call that has to succeed.
func must(t testing.TB, p *Process, num uintptr, args ...any) int {
	t.Helper()
	n, errno := sys(p, num, args...)
	if errno != 0 {
		t.Fatalf("call %d %v = error %d", num, show(args), errno)
	}
	return n
}

// connectedTCP returns both ends of a connection, and the listener.
func connectedTCP(t testing.TB, p *Process, flags int) (client, server, listener int) {
	t.Helper()
	listener = must(t, p, linux.SysSocket, linux.AfInet, linux.SockStream|flags, 0)
	must(t, p, linux.SysBind, listener, in4(80), 16)
	must(t, p, linux.SysListen, listener, 128)
	client = must(t, p, linux.SysSocket, linux.AfInet, linux.SockStream|flags, 0)
	_, errno := sys(p, linux.SysConnect, client, in4(80, 127, 0, 0, 1), 16)
	if want := linux.EINPROGRESS; flags&linux.SockNonblock != 0 && errno != want || flags&linux.SockNonblock == 0 && errno != 0 {
		t.Fatalf("connect = %d", errno)
	}
	sa, n := make([]byte, 16), int32(16)
	server = must(t, p, linux.SysAccept4, listener, sa, &[1]int32{n}, flags)
	return client, server, listener
}

func TestTCP(t *testing.T) {
	p, h, _ := newNet(t)
	c, s, l := connectedTCP(t, p, linux.SockNonblock)
	b := make([]byte, 100)
	one, two := []byte("hello, "), []byte("world")
	for i, step := range []struct {
		name  string
		num   uintptr
		args  []any
		want  int
		errno linux.Errno
	}{
		{"read nothing", linux.SysRead, []any{s, b, 100}, 0, linux.EAGAIN},
		{"accept nobody", linux.SysAccept, []any{l, 0, 0}, 0, linux.EAGAIN},
		{"error option", linux.SysGetsockopt, []any{c, linux.SolSocket, linux.SoError, b, &[1]int32{4}}, 0, 0},
		{"writev", linux.SysWritev, []any{c, vectorArg(one, nil, two), 3}, 12, 0},
		{"FIONREAD", linux.SysIoctl, []any{s, linux.Fionread, &[1]int32{}}, 0, 0},
		{"peek", linux.SysRecvfrom, []any{s, b, 5, linux.MsgPeek, 0, 0}, 5, 0},
		{"readv", linux.SysReadv, []any{s, vectorArg(b[:3], b[3:50]), 2}, 12, 0},
		{"read again", linux.SysRead, []any{s, b[50:], 10}, 0, linux.EAGAIN},
		{"sendto ignores the address", linux.SysSendto, []any{s, one, 7, linux.MsgNosignal, in4(1), 16}, 7, 0},
		{"recvfrom", linux.SysRecvfrom, []any{c, b[20:], 20, linux.MsgDontwait, b[60:], &[1]int32{16}}, 7, 0},
		{"urgent", linux.SysRecvfrom, []any{c, b, 1, linux.MsgOOB, 0, 0}, 0, linux.EINVAL},
		{"errors queued", linux.SysRecvfrom, []any{c, b, 1, linux.MsgErrqueue, 0, 0}, 0, linux.EAGAIN},
		{"pread", linux.SysPread64, []any{c, b, 1, 0}, 0, linux.ESPIPE},
		{"lseek", linux.SysLseek, []any{c, 0, 0}, 0, linux.ESPIPE},
		{"half close", linux.SysShutdown, []any{c, 1}, 0, 0},
		{"read the end", linux.SysRead, []any{s, b[50:], 10}, 0, 0},
		{"write to the other side", linux.SysWrite, []any{s, two, 5}, 5, 0},
		{"read it", linux.SysRead, []any{c, b[30:], 10}, 5, 0},
		{"write after half close", linux.SysSendto, []any{c, two, 5, linux.MsgNosignal, 0, 0}, 0, linux.EPIPE},
		{"shutdown of nothing", linux.SysShutdown, []any{c, 3}, 0, linux.EINVAL},
		{"accept of a connection", linux.SysAccept, []any{c, 0, 0}, 0, linux.EINVAL},
	} {
		if n, errno := sys(p, step.num, step.args...); errno != step.errno || errno == 0 && n != step.want {
			t.Errorf("step %d, %s = %d, %d, want %d, %d", i, step.name, n, errno, step.want, step.errno)
		}
	}
	if got := string(b[:12]) + string(b[20:27]) + string(b[30:35]); got != "hello, worldhello, world" {
		t.Errorf("received %q", got)
	}
	if len(h.kills) != 0 {
		t.Errorf("signals %v although they were not wanted", h.kills)
	}
	if _, errno := sys(p, linux.SysWrite, c, two, 5); errno != linux.EPIPE || len(h.kills) != 1 || h.kills[0] != [2]int{0, linux.Sigpipe} {
		t.Errorf("write after half close = %d, signals %v, want EPIPE and SIGPIPE", errno, h.kills)
	}
	sa := make([]byte, 16)
	must(t, p, linux.SysGetpeername, c, sa, &[1]int32{16})
	if !bytes.Equal(sa, in4(80, 127, 0, 0, 1)) {
		t.Errorf("getpeername = %x", sa)
	}
	var st linux.Stat
	must(t, p, linux.SysFstat, c, &st)
	if st.Mode&linux.ModeType != linux.ModeSocket {
		t.Errorf("fstat: mode %o", st.Mode)
	}
}

// TestTCPBlocks moves more than the stack holds, each side waiting for the
// other.
func TestTCPBlocks(t *testing.T) {
	p, _, _ := newNet(t)
	l := must(t, p, linux.SysSocket, linux.AfInet, linux.SockStream, 0)
	must(t, p, linux.SysBind, l, in4(80), 16)
	must(t, p, linux.SysListen, l, 1)
	data := bytes.Repeat([]byte("0123456789"), 50_000)
	go func() {
		c, _ := sys(p, linux.SysSocket, linux.AfInet, linux.SockStream, 0)
		if _, errno := sys(p, linux.SysConnect, c, in4(80, 127, 0, 0, 1), 16); errno != 0 {
			t.Errorf("connect = %d", errno)
		}
		if n, errno := sys(p, linux.SysWritev, c, vectorArg(data[:100_001], data[100_001:300_000]), 2); n != 300_000 || errno != 0 {
			t.Errorf("writev = %d, %d", n, errno)
		}
		if n, errno := sys(p, linux.SysWrite, c, data[300_000:], 200_000); n != 200_000 || errno != 0 {
			t.Errorf("write = %d, %d", n, errno)
		}
		sys(p, linux.SysClose, c)
	}()
	s := must(t, p, linux.SysAccept, l, 0, 0)
	room := make([]byte, len(data)+100_000)
	got := room[:len(data)]
	if n := must(t, p, linux.SysRecvfrom, s, got, 400_000, linux.MsgWaitall, 0, 0); n != 400_000 {
		t.Errorf("recv with MSG_WAITALL = %d", n)
	}
	if n := must(t, p, linux.SysRecvfrom, s, room[400_000:], 200_000, linux.MsgWaitall, 0, 0); n != 100_000 {
		t.Errorf("recv of the rest with MSG_WAITALL = %d", n)
	}
	if !bytes.Equal(got, data) {
		t.Error("received other bytes than were sent")
	}
}

func TestTimeouts(t *testing.T) {
	p, _, _ := newNet(t)
	c, s, l := connectedTCP(t, p, 0)
	b := make([]byte, 300_000)
	for _, fd := range []int{c, s, l} {
		must(t, p, linux.SysSetsockopt, fd, linux.SolSocket, linux.SoRcvtimeo, &[2]int64{0, 2000}, 16)
		must(t, p, linux.SysSetsockopt, fd, linux.SolSocket, linux.SoSndtimeo, &[2]int64{0, 1000}, 16)
	}
	var back [2]int64
	must(t, p, linux.SysGetsockopt, s, linux.SolSocket, linux.SoRcvtimeo, &back, &[1]int32{16})
	if back != [2]int64{0, 2000} {
		t.Errorf("SO_RCVTIMEO = %v", back)
	}
	for _, step := range []struct {
		name  string
		num   uintptr
		args  []any
		want  int
		errno linux.Errno
	}{
		{"read", linux.SysRead, []any{s, b, 100}, 0, linux.EAGAIN},
		{"accept", linux.SysAccept, []any{l, 0, 0}, 0, linux.EAGAIN},
		{"write too much", linux.SysWrite, []any{c, b, len(b)}, fakeQueue, 0},
		{"write more", linux.SysWrite, []any{c, b, 1}, 0, linux.EAGAIN},
		{"bad", linux.SysSetsockopt, []any{c, linux.SolSocket, linux.SoRcvtimeo, &[2]int64{0, 1_000_000}, 16}, 0, linux.EDOM},
	} {
		if n, errno := sys(p, step.num, step.args...); n != step.want && errno == 0 || errno != step.errno {
			t.Errorf("%s = %d, %d, want %d, %d", step.name, n, errno, step.want, step.errno)
		}
	}
	if n := len(p.alarms.pending); n != 0 {
		t.Errorf("%d alarms are left", n)
	}
}

func TestUDP(t *testing.T) {
	p, _, st := newNet(t)
	a := must(t, p, linux.SysSocket, linux.AfInet, linux.SockDgram|linux.SockNonblock, 0)
	b := must(t, p, linux.SysSocket, linux.AfInet, linux.SockDgram|linux.SockNonblock, linux.SolUDP)
	must(t, p, linux.SysBind, a, in4(1000, 127, 0, 0, 1), 16)
	must(t, p, linux.SysBind, b, in4(2000, 0, 0, 0, 0), 16)
	if st.waited != 0 {
		t.Error("local addresses waited for the network")
	}
	buf, sa := make([]byte, 50), make([]byte, 28)
	room := [1]int32{28}
	if n := must(t, p, linux.SysSendto, a, []byte("question"), 8, 0, in4(2000, 198, 18, 0, 9), 16); n != 8 || st.waited != 1 {
		t.Errorf("sendto = %d after %d waits for the network", n, st.waited)
	}
	if n := must(t, p, linux.SysRecvfrom, b, buf, 50, 0, sa, &room); string(buf[:n]) != "question" || room[0] != 16 ||
		!bytes.Equal(sa[:16], in4(1000, 127, 0, 0, 1)) {
		t.Errorf("recvfrom = %q from %x, %d", buf[:n], sa, room[0])
	}
	if _, errno := sys(p, linux.SysRead, b, buf, 50); errno != linux.EAGAIN {
		t.Errorf("read = %d, want EAGAIN", errno)
	}
	for opt, level := range map[int]int{linux.IPPktinfo: linux.SolIP, linux.IPRecvttl: linux.SolIP, linux.IPRecvtos: linux.SolIP} {
		must(t, p, linux.SysSetsockopt, b, level, opt, &[1]int32{1}, 4)
		var on [1]int32
		must(t, p, linux.SysGetsockopt, b, level, opt, &on, &[1]int32{4})
		if on[0] != 1 {
			t.Errorf("option %d = %d, want 1", opt, on[0])
		}
	}
	// A message in two pieces, with an origin.
	control := make([]byte, 32+24)
	m := message{control: control}
	copy(m.putCmsg(linux.SolIP, linux.IPPktinfo, 12), []byte{2, 0, 0, 0, 127, 0, 0, 1})
	copy(m.putCmsg(linux.SolIP, linux.IPTTL, 4), []byte{9, 0, 0, 0})
	h := header2(in4(2000), vectorOf([]byte("two "), []byte("pieces")), control)
	if n := must(t, p, linux.SysSendmsg, a, h, 0); n != 10 {
		t.Errorf("sendmsg = %d", n)
	}
	origin := st.udp[1000].origin
	if origin.Interface != 2 || origin.Local.IP != [16]byte{127, 0, 0, 1} || origin.TTL != 9 || origin.TOS != -1 {
		t.Errorf("origin = %+v", origin)
	}
	room2 := make([]byte, 100)
	h = header2(make([]byte, 28), vectorOf(buf[:1], buf[1:3], buf[3:6]), room2)
	if n := must(t, p, linux.SysRecvmsg, b, h, 0); n != 6 || string(buf[:6]) != "two pi" || h.flags != linux.MsgTrunc || h.nameLen != 16 {
		t.Errorf("recvmsg = %d %q, flags %#x, address of %d", n, buf[:6], h.flags, h.nameLen)
	}
	got := map[int][]byte{}
	for rest := room2[:h.controlLen]; ; {
		c, next, ok, errno := nextCmsg(rest)
		if errno != 0 || !ok {
			break
		}
		got[c.kind], rest = c.data, next
	}
	if len(got[linux.IPPktinfo]) != 12 || got[linux.IPPktinfo][0] != 2 || got[linux.IPTTL][0] != 63 || got[linux.IPTos][0] != 8 {
		t.Errorf("ancillary data = %v", got)
	}
	// Ten at once, without a timeout and with one beyond all clocks.
	for _, timeout := range []any{0, &linux.Timespec{Sec: 1 << 62}} {
		many := make([]mmsghdr, 10)
		for i := range many {
			many[i].msghdr = *header2(in4(2000), vectorOf(bytes.Repeat([]byte{'x'}, i)), nil)
		}
		if n := must(t, p, linux.SysSendmmsg, a, &many[0], 10, 0); n != 10 || many[7].count != 7 {
			t.Errorf("sendmmsg = %d, %d", n, many[7].count)
		}
		bufs := make([]byte, 200)
		for i := range many {
			many[i].msghdr = *header2(make([]byte, 16), vectorOf(bufs[10*i:10*i+10]), nil)
		}
		if n := must(t, p, linux.SysRecvmmsg, b, &many[0], 10, linux.MsgWaitforone, timeout); n != 10 || many[7].count != 7 {
			t.Errorf("recvmmsg = %d, %d", n, many[7].count)
		}
	}
}

// TestInet6 checks what the layer does to IPv6 addresses.
func TestInet6(t *testing.T) {
	p, _, _ := newNet(t)
	a := must(t, p, linux.SysSocket, linux.AfInet6, linux.SockDgram, 0)
	in6 := make([]byte, 28)
	putLE16(in6, linux.AfInet6)
	putBE16(in6[2:], 700)
	in6[23] = 1
	putLE32(in6[24:], 3)
	must(t, p, linux.SysBind, a, in6, 28)
	sa := make([]byte, 28)
	must(t, p, linux.SysGetsockname, a, sa, &[1]int32{28})
	if !bytes.Equal(sa, in6) {
		t.Errorf("getsockname = %x, want %x", sa, in6)
	}
	if n := must(t, p, linux.SysSendto, a, sa, 5, 0, in4(700, 127, 0, 0, 1), 16); n != 5 {
		t.Errorf("sendto an IPv4 address = %d", n)
	}
	if _, errno := sys(p, linux.SysBind, a, in6, 20); errno != linux.EINVAL {
		t.Errorf("bind of a short address = %d, want EINVAL", errno)
	}
}
