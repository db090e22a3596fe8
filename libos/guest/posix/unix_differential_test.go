package posix

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// unixDouble makes the same calls on unix sockets here and on the host.
type unixDouble struct {
	*double
	dir string
	r   *rand.Rand
}

func newUnixDouble(t *testing.T, seed uint64) *unixDouble {
	d := &unixDouble{newDouble(t), t.TempDir(), rand.New(rand.NewPCG(seed, 7))}
	d.p.EnableSockets(func() inet.Stack { return newFakeStack() })
	for i := range d.dir {
		if d.dir[i] == '/' && i > 0 {
			sys(d.p, linux.SysMkdir, d.dir[:i], 0o755)
		}
	}
	must(t, d.p, linux.SysMkdir, d.dir, 0o755)
	return d
}

// address returns one of a few names: paths, abstract names, and broken ones.
func (d *unixDouble) address() (string, []byte) {
	k := d.r.IntN(12)
	un := func(name string) []byte { return append([]byte{linux.AfUnix, 0}, name...) }
	switch {
	case k < 4:
		return fmt.Sprint("path ", k), un(fmt.Sprintf("%s/n%d\x00", d.dir, k))
	case k < 8:
		return fmt.Sprint("abstract ", k), un(fmt.Sprintf("\x00unibench-%d-%s-%d", os.Getpid(), d.dir, k))
	case k == 8:
		return "missing folder", un(d.dir + "/none/x\x00")
	case k == 9:
		return "a folder", un(d.dir)
	case k == 10:
		return "unspecified", []byte{0, 0}
	}
	return "broken", [][]byte{nil, {1}, {1, 0, 0}, {2, 0, 'x'}, un(strings.Repeat("y", 109))}[d.r.IntN(5)]
}

func (d *unixDouble) step() {
	f := pair{-1, -1}
	if len(d.open) > 0 && d.r.IntN(40) > 0 {
		f = d.open[d.r.IntN(len(d.open))]
	}
	flags := 0
	for _, fl := range []int{linux.MsgPeek, linux.MsgTrunc, linux.MsgErrqueue, linux.MsgWaitall, linux.MsgCmsgCloexec} {
		if d.r.IntN(12) == 0 {
			flags |= fl
		}
	}
	kind := []int{linux.SockStream, linux.SockDgram, linux.SockSeqpacket}[d.r.IntN(3)]
	switch d.r.IntN(22) {
	case 0:
		d.socket(kind)
	case 1, 2:
		d.pair(kind)
	case 3:
		what, sa := d.address()
		if what != "unspecified" { // the names that bind makes up are random
			d.both("bind "+what, linux.SysBind, f, sa, len(sa))
		}
	case 4:
		d.both("listen", linux.SysListen, f, d.r.IntN(3))
	case 5, 6:
		what, sa := d.address()
		d.both("connect "+what, linux.SysConnect, f, sa, len(sa))
	case 7, 8:
		d.accept(f)
	case 9, 10, 11:
		d.send(f, flags&^linux.MsgPeek)
	case 12, 13, 14:
		d.recv(f, flags)
	case 15:
		d.sendmsg(f, 0)
	case 16:
		d.recvmsg(f, flags)
	case 17:
		if d.r.IntN(3) == 0 {
			d.both("shutdown", linux.SysShutdown, f, d.r.IntN(4))
		}
	case 18:
		d.names(f)
	case 19:
		d.options(f)
	case 20:
		d.poll(f)
	case 21:
		switch i := slices.Index(d.open, f); {
		case d.r.IntN(3) > 0 && i >= 0:
			d.open = slices.Delete(d.open, i, i+1)
			d.both("close", linux.SysClose, f)
		case d.r.IntN(2) == 0:
			path := fmt.Sprintf("%s/n%d", d.dir, d.r.IntN(4))
			got, errno := sys(d.p, linux.SysUnlink, path)
			want, wantErrno := host(linux.SysUnlink, path)
			d.same("unlink", got, errno, want, wantErrno)
		}
	}
}

func (d *unixDouble) socket(kind int) {
	if d.r.IntN(10) == 0 {
		kind = []int{linux.SockRaw, 4, 7, 12, kind | 0x10}[d.r.IntN(5)]
	}
	protocol := []int{0, 0, 0, 1, 2, -1}[d.r.IntN(6)]
	got, errno := sys(d.p, linux.SysSocket, linux.AfUnix, kind|linux.SockNonblock, protocol)
	want, wantErrno := host(linux.SysSocket, linux.AfUnix, kind|linux.SockNonblock|linux.SockCloexec, protocol)
	d.add(fmt.Sprintf("socket(%d, %d)", kind, protocol), got, errno, want, wantErrno)
}

func (d *unixDouble) pair(kind int) {
	var a, b [2]int32
	_, errno := sys(d.p, linux.SysSocketpair, linux.AfUnix, kind|linux.SockNonblock, 0, &a)
	_, wantErrno := host(linux.SysSocketpair, linux.AfUnix, kind|linux.SockNonblock|linux.SockCloexec, 0, &b)
	if d.same(fmt.Sprintf("socketpair(%d)", kind), 0, errno, 0, wantErrno) {
		d.open = append(d.open, pair{int(b[0]), int(a[0])}, pair{int(b[1]), int(a[1])})
	}
}

func (d *unixDouble) accept(f pair) {
	a, b := make([]byte, 120), make([]byte, 120)
	x, y := [1]int32{120}, [1]int32{120}
	got, errno := sys(d.p, linux.SysAccept4, f.ours, a, &x, linux.SockNonblock)
	want, wantErrno := host(linux.SysAccept4, f.host, b, &y, linux.SockNonblock|linux.SockCloexec)
	d.add("accept", got, errno, want, wantErrno)
	d.equal("accept's address", a[:max(x[0], 0)], b[:max(y[0], 0)])
}

// equal compares bytes that both sides stored.
func (d *unixDouble) equal(what string, got, want []byte) {
	d.t.Helper()
	// Names that were made up are random on Linux: \x00 and five digits.
	made := []byte("\x01\x00\x00")
	if len(got) > 7 && len(want) > 7 && bytes.HasPrefix(got, made) && bytes.HasPrefix(want, made) && got[3] != 'u' && want[3] != 'u' {
		got, want = append(got[:3:3], got[8:]...), append(want[:3:3], want[8:]...)
	}
	if !bytes.Equal(got, want) {
		d.t.Fatalf("%s = %q, want %q as on Linux; before it:\n%s", what, got, want, strings.Join(d.log[max(0, len(d.log)-40):], "\n"))
	}
}

func (d *unixDouble) data() []byte {
	return bytes.Repeat([]byte{byte('a' + d.r.IntN(26))}, []int{0, 1, 7, 100, 200}[d.r.IntN(5)])
}

func (d *unixDouble) send(f pair, flags int) {
	b := d.data()
	flags = flags&^linux.MsgErrqueue | linux.MsgNosignal
	if d.r.IntN(3) > 0 {
		d.both(fmt.Sprintf("send(%#x)", flags), linux.SysSendto, f, b, len(b), flags, 0, 0)
		return
	}
	what, sa := d.address()
	if what == "broken" || what == "unspecified" {
		return
	}
	d.both(fmt.Sprintf("sendto(%#x) %s", flags, what), linux.SysSendto, f, b, len(b), flags, sa, len(sa))
}

func (d *unixDouble) recv(f pair, flags int) {
	n := []int{0, 1, 50, 100, 1000, 5000}[d.r.IntN(6)]
	a, b := make([]byte, n), make([]byte, n)
	sa, sb := make([]byte, 120), make([]byte, 120)
	x, y := [1]int32{120}, [1]int32{120}
	if d.r.IntN(4) == 0 {
		got, errno := sys(d.p, linux.SysRead, f.ours, a, n)
		want, wantErrno := host(linux.SysRead, f.host, b, n)
		d.same(fmt.Sprintf("read(%d, %d)", f.ours, n), got, errno, want, wantErrno)
	} else {
		got, errno := sys(d.p, linux.SysRecvfrom, f.ours, a, n, flags, sa, &x)
		want, wantErrno := host(linux.SysRecvfrom, f.host, b, n, flags, sb, &y)
		if d.same(fmt.Sprintf("recvfrom(%d, %d, %#x)", f.ours, n, flags), got, errno, want, wantErrno) {
			d.equal("recvfrom's address", sa[:max(0, x[0])], sb[:max(0, y[0])])
		}
	}
	d.equal("received", a, b)
}

// sendmsg sends two pieces, and perhaps a descriptor or credentials.
func (d *unixDouble) sendmsg(f pair, _ int) {
	x, y := d.data(), d.data()
	var a, b []byte
	what := "sendmsg"
	add := func(level, kind int, ours, real []byte) {
		for side, data := range [][]byte{ours, real} {
			m := message{control: make([]byte, 64)}
			copy(m.putCmsg(level, kind, len(data)), data)
			to := []*[]byte{&a, &b}[side]
			*to = append(*to, m.control[:m.stored]...)
		}
	}
	le := func(v ...int) (b []byte) {
		for _, x := range v {
			b = append(b, byte(x), byte(x>>8), byte(x>>16), byte(x>>24))
		}
		return b
	}
	switch k := d.r.IntN(8); {
	case k < 3 && len(d.open) > 0:
		o := d.open[d.r.IntN(len(d.open))]
		// Not a socket into itself: Linux finds and breaks such rings.
		if kindOf(o.host) == syscall.S_IFSOCK {
			return
		}
		add(linux.SolSocket, linux.ScmRights, le(o.ours), le(o.host))
		what = "sendmsg with file"
	case k == 3:
		add(linux.SolSocket, linux.ScmRights, le(-1), le(-1))
		what = "sendmsg with bad file"
	case k == 4:
		uid := d.r.IntN(2)
		add(linux.SolSocket, linux.ScmCredentials, le(1, uid, 0), le(os.Getpid(), uid, 0))
		what = "sendmsg with credentials"
	case k == 5:
		add([]int{linux.SolSocket, linux.SolIP}[d.r.IntN(2)], 99, le(0), le(0))
		what = "sendmsg with unknown"
	case k == 6:
		a, b = []byte{3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}, []byte{3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}
		what = "sendmsg with short"
	}
	d.log = append(d.log, fmt.Sprintf("(%d + %d bytes)", len(x), len(y)))
	v := vectorOf(x, y)
	got, errno := sys(d.p, linux.SysSendmsg, f.ours, header2(nil, v, a), linux.MsgNosignal)
	want, wantErrno := host(linux.SysSendmsg, f.host, header2(nil, v, b), linux.MsgNosignal)
	d.same(fmt.Sprintf("%s(%d)", what, f.ours), got, errno, want, wantErrno)
}

func (d *unixDouble) recvmsg(f pair, flags int) {
	n := []int{1, 50, 100, 1000, 5000}[d.r.IntN(5)]
	a, b := make([]byte, n), make([]byte, n)
	x, y := make([]byte, 8*d.r.IntN(8)), []byte(nil)
	y = make([]byte, len(x))
	if d.r.IntN(4) > 0 {
		x, y = make([]byte, 100), make([]byte, 100)
	}
	ha := header2(make([]byte, 110), vectorOf(a[:n/2], a[n/2:]), x)
	hb := header2(make([]byte, 110), vectorOf(b[:n/2], b[n/2:]), y)
	got, errno := sys(d.p, linux.SysRecvmsg, f.ours, ha, flags)
	want, wantErrno := host(linux.SysRecvmsg, f.host, hb, flags)
	if !d.same(fmt.Sprintf("recvmsg(%d, %d, %#x)", f.ours, n, flags), got, errno, want, wantErrno) {
		return
	}
	d.equal("received", a, b)
	if ha.flags != hb.flags || ha.nameLen != hb.nameLen || ha.controlLen != hb.controlLen {
		d.t.Fatalf("recvmsg: flags %#x, address of %d, control of %d, want %#x, %d, %d as on Linux; room for %d; before it:\n%s",
			ha.flags, ha.nameLen, ha.controlLen, hb.flags, hb.nameLen, hb.controlLen, len(x), strings.Join(d.log[max(0, len(d.log)-25):], "\n"))
	}
	d.control(x[:ha.controlLen], y[:hb.controlLen])
}

// control compares control messages and notes the descriptors in them.
func (d *unixDouble) control(x, y []byte) {
	for {
		c, xrest, ok, _ := nextCmsg(x)
		e, yrest, also, _ := nextCmsg(y)
		if ok != also || c.level != e.level || c.kind != e.kind || len(c.data) != len(e.data) {
			d.t.Fatalf("control message %+v, want %+v as on Linux", c, e)
		}
		if !ok {
			return
		}
		x, y = xrest, yrest
		switch {
		case c.kind == linux.ScmRights:
			for i := 0; i+4 <= len(c.data); i += 4 {
				d.open = append(d.open, pair{int(le32(e.data[i:])), int(le32(c.data[i:]))})
			}
		case len(e.data) > 0 && len(e.data) < 12: // cut off
		case len(e.data) == 12 && le32(e.data) == 0:
			// Linux has not noted them: nobody asked when it was sent, or
			// this is the end.
		case len(c.data) >= 4 && le32(c.data) != pid:
			d.t.Fatalf("credentials %v, want %v as on Linux; before it:\n%s", c.data, e.data, strings.Join(d.log[max(0, len(d.log)-25):], "\n"))
		default:
			d.equal("credentials", c.data[min(4, len(c.data)):], e.data[min(4, len(e.data)):])
		}
	}
}

func (d *unixDouble) names(f pair) {
	for _, num := range []uintptr{linux.SysGetsockname, linux.SysGetpeername} {
		room := int32(d.r.IntN(3) * 60)
		a, b := make([]byte, 128), make([]byte, 128)
		x, y := [1]int32{room}, [1]int32{room}
		got, errno := sys(d.p, num, f.ours, a, &x)
		want, wantErrno := host(num, f.host, b, &y)
		if d.same("name", got, errno, want, wantErrno) {
			d.equal("name", append(a, byte(x[0])), append(b, byte(y[0])))
		}
	}
}

func (d *unixDouble) options(f pair) {
	names := []int{linux.SoType, linux.SoDomain, linux.SoProtocol, linux.SoError, linux.SoAcceptconn, linux.SoReuseaddr, linux.SoKeepalive,
		linux.SoBroadcast, linux.SoSndbuf, linux.SoRcvbuf, linux.SoRcvlowat, linux.SoLinger, linux.SoPasscred, linux.SoRcvtimeo, linux.SoReuseport,
		linux.SoPeername, linux.SoPriority, linux.SoOobinline}
	name := names[d.r.IntN(len(names))]
	level := linux.SolSocket
	if d.r.IntN(8) == 0 {
		level = linux.SolTCP
	}
	size := []int{0, 2, 4, 4, 8, 16}[d.r.IntN(6)]
	if d.r.IntN(3) == 0 {
		switch name {
		case linux.SoSndbuf, linux.SoRcvbuf, linux.SoRcvtimeo, linux.SoReuseport: // they change what the rest can compare
			return
		}
		d.both(fmt.Sprintf("setsockopt(%d, %d)", level, name), linux.SysSetsockopt, f, level, name, []byte{byte(d.r.IntN(2)), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, size)
		return
	}
	a, b := make([]byte, 128), make([]byte, 128)
	x, y := [1]int32{int32(size)}, [1]int32{int32(size)}
	got, errno := sys(d.p, linux.SysGetsockopt, f.ours, level, name, a, &x)
	want, wantErrno := host(linux.SysGetsockopt, f.host, level, name, b, &y)
	if d.same(fmt.Sprintf("getsockopt(%d, %d, %d, %d)", f.ours, level, name, size), got, errno, want, wantErrno) {
		d.equal("option", append(a, byte(x[0])), append(b, byte(y[0])))
	}
	var p, q [1]int32
	got, errno = sys(d.p, linux.SysIoctl, f.ours, linux.Fionread, &p)
	want, wantErrno = host(linux.SysIoctl, f.host, linux.Fionread, &q)
	if d.same(fmt.Sprintf("FIONREAD(%d)", f.ours), got, errno, want, wantErrno) && p != q {
		d.t.Fatalf("FIONREAD of %d = %d, want %d; before it:\n%s", f.ours, p, q, strings.Join(d.log[max(0, len(d.log)-40):], "\n"))
	}
}

func (d *unixDouble) poll(f pair) {
	const all = linux.PollIn | linux.PollPri | linux.PollOut | linux.PollRdhup | linux.PollRdnorm | linux.PollWrnorm
	x, y := linux.Pollfd{FD: int32(f.ours), Events: all}, linux.Pollfd{FD: int32(f.host), Events: all}
	got, errno := sys(d.p, linux.SysPoll, &x, 1, 0)
	want, wantErrno := host(linux.SysPoll, &y, 1, 0)
	d.same(fmt.Sprintf("poll(%d)", f.ours), 0, errno, 0, wantErrno)
	if x.Revents != y.Revents && kindOf(f.host) == syscall.S_IFSOCK || f.host >= 0 && got != want {
		d.t.Fatalf("poll of %d = %d, %#x, want %d, %#x; before it:\n%s", f.ours, got, x.Revents, want, y.Revents, strings.Join(d.log[max(0, len(d.log)-60):], "\n"))
	}
}

// TestUnixAgainstLinux makes random calls on unix sockets here and on the host.
func TestUnixAgainstLinux(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("credentials are not checked here, so the comparison needs root")
	}
	old := syscall.Umask(0o022)
	defer syscall.Umask(old)
	seen := map[string]int{}
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			d := newUnixDouble(t, seed)
			var a, b [2]int32 // something to send
			must(t, d.p, linux.SysPipe2, &a, linux.ONonblock)
			host(linux.SysPipe2, &b, linux.ONonblock|linux.OCloexec)
			d.open = append(d.open, pair{int(b[0]), int(a[0])}, pair{int(b[1]), int(a[1])})
			for range 600 {
				d.step()
			}
			for k, n := range d.seen {
				seen[k] += n
			}
		})
	}
	t.Log(seen)
}
