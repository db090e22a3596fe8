package zerocopy

import (
	"io"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

// The calls and structures of libos/guest/linux (zerocopy.go there describes
// them), which a program cannot import: it is compiled for Linux, too.
const (
	sysProbe   = 0x7a630000
	sysRecv    = 0x7a630001
	sysRelease = 0x7a630002
	sysSend    = 0x7a630003
	sysDone    = 0x7a630004

	zcMore = 1 // the datagram goes on in the next buffer
)

type zcBuffer struct {
	Base  *byte
	Len   uint64
	Token uint64
	Flags uint64
	From  zcAddr
}

type zcAddr struct {
	Family uint16
	Port   uint16
	Zone   uint32
	IP     [16]byte
}

// lending is the backend of a unikernel: its stack lends its own buffers.
type lending struct {
	raw syscall.RawConn

	// Of the receiver. tryRecv is made once: a closure for each call would be
	// garbage for each call.
	tryRecv func(fd uintptr) bool
	in      []Message
	got     int
	inErr   error
	buf     zcBuffer
	partial []byte // of a datagram in several buffers

	// Of the sender.
	trySend func(fd uintptr) bool
	tryWait func(fd uintptr) bool
	out     []Message
	at      int // of out, its first byte not sent yet
	number  int // of out[0] in flights, or -1
	outErr  error
	addr    zcAddr
	cookies [64]uint64
	flights flights
}

// newLending returns nil if the platform does not lend.
func newLending(raw syscall.RawConn) backend {
	lends := false
	raw.Control(func(fd uintptr) {
		r, _, errno := syscall.Syscall(sysProbe, fd, 0, 0)
		lends = errno == 0 && r == 1
	})
	if !lends {
		return nil
	}
	l := &lending{raw: raw, number: -1}
	l.tryRecv, l.trySend, l.tryWait = l.recvSome, l.sendSome, l.waitSome
	return l
}

func (l *lending) copies() bool { return false }

func (l *lending) recv(ms []Message) (int, error) {
	l.in, l.got, l.inErr = ms, 0, nil
	err := l.raw.Read(l.tryRecv)
	l.in = nil
	switch {
	case l.got > 0:
		return l.got, nil
	case err != nil:
		return 0, err
	}
	return 0, l.inErr
}

// recvSome borrows what there is and reports whether that is something.
func (l *lending) recvSome(fd uintptr) bool {
	for l.got < len(l.in) {
		_, _, errno := syscall.Syscall(sysRecv, fd, uintptr(unsafe.Pointer(&l.buf)), 0)
		switch {
		case errno == syscall.EINTR:
			continue
		case errno == syscall.EAGAIN:
			return l.got > 0
		case errno != 0:
			l.inErr = os.NewSyscallError("zc_recv", errno)
			return true
		case l.buf.Len == 0 && l.buf.Token == 0 && l.buf.From.Family == 0:
			l.inErr = io.EOF
			return true
		}
		m := Message{Data: unsafe.Slice(l.buf.Base, l.buf.Len), Addr: l.buf.From.addrPort()}
		if l.buf.Token != 0 {
			m.lent = lease{l, l.buf.Token}
		}
		if more := l.buf.Flags&zcMore != 0; more || l.partial != nil {
			// A message is one piece. This is rare: such a datagram came in
			// fragments.
			l.partial = append(l.partial, m.Data...)
			m.lent.end()
			if more {
				continue
			}
			m.Data, l.partial = l.partial, nil
		}
		l.in[l.got] = m
		l.got++
	}
	return true
}

func (l *lending) giveBack(token uint64) {
	// Of a closed connection there is no descriptor; the call does not need one.
	syscall.Syscall(sysRelease, ^uintptr(0), uintptr(token), 0)
}

func (l *lending) send(ms []Message) error {
	l.out, l.at, l.outErr = ms, 0, nil
	err := l.raw.Write(l.trySend)
	if err == nil {
		err = l.outErr
	}
	if l.number >= 0 { // sent in part
		l.flights.end(l.number, 1)
		l.out, l.number = l.out[1:], -1
	}
	for i := range l.out {
		l.out[i].drop()
	}
	l.out = nil
	return err
}

// sendSome sends what is taken and reports whether there is nothing left to do.
func (l *lending) sendSome(fd uintptr) bool {
	l.reap(fd)
	for len(l.out) > 0 {
		if len(l.out[0].Data) == 0 && !l.out[0].Addr.IsValid() {
			l.out[0].drop()
			l.out = l.out[1:]
			continue
		}
		n, errno := l.sendOne(fd)
		switch {
		case errno == syscall.EINTR:
			continue
		case errno == syscall.EAGAIN:
			return false
		case errno != 0:
			l.outErr = os.NewSyscallError("zc_send", errno)
			return true
		}
		if l.at += n; l.at < len(l.out[0].Data) {
			continue
		}
		l.flights.end(l.number, 1) // the part that stood for the message being incomplete
		l.out, l.at, l.number = l.out[1:], 0, -1
	}
	return true
}

// sendOne sends a part of the first message.
func (l *lending) sendOne(fd uintptr) (int, syscall.Errno) {
	m := &l.out[0]
	var to unsafe.Pointer
	if m.Addr.IsValid() {
		l.addr = newAddr(m.Addr)
		to = unsafe.Pointer(&l.addr)
	}
	if l.number < 0 {
		l.number = l.flights.add(m)
		l.flights.all[l.number].parts = 1
	}
	l.flights.all[l.number].parts++
	rest := m.Data[l.at:]
	n, _, errno := syscall.Syscall6(sysSend, fd, uintptr(unsafe.Pointer(unsafe.SliceData(rest))),
		uintptr(len(rest)), uintptr(to), uintptr(l.number), 0)
	if errno != 0 {
		l.flights.end(l.number, 1)
	}
	return int(n), errno
}

// reap ends the messages that have been sent, and reports how many sends did.
func (l *lending) reap(fd uintptr) (int, syscall.Errno) {
	n, _, errno := syscall.Syscall(sysDone, fd, uintptr(unsafe.Pointer(&l.cookies)), uintptr(len(l.cookies)))
	if errno != 0 {
		return 0, errno
	}
	for _, c := range l.cookies[:n] {
		l.flights.end(int(c), 1)
	}
	return int(n), 0
}

func (l *lending) wait() error {
	l.outErr = nil
	if err := l.raw.Write(l.tryWait); err != nil {
		return err
	}
	return l.outErr
}

func (l *lending) waitSome(fd uintptr) bool {
	for l.flights.flying > 0 {
		n, errno := l.reap(fd)
		switch {
		case errno == syscall.EAGAIN:
			return false
		case errno != 0:
			l.outErr = os.NewSyscallError("zc_done", errno)
			return true
		case n == 0:
			return true
		}
	}
	return true
}

func (a *zcAddr) addrPort() netip.AddrPort {
	switch a.Family {
	case syscall.AF_INET:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(a.IP[:4])), a.Port)
	case syscall.AF_INET6:
		ip := netip.AddrFrom16(a.IP)
		if a.Zone != 0 {
			ip = ip.WithZone(strconv.Itoa(int(a.Zone)))
		}
		return netip.AddrPortFrom(ip, a.Port)
	}
	return netip.AddrPort{}
}

func newAddr(p netip.AddrPort) zcAddr {
	ip := p.Addr().Unmap()
	a := zcAddr{Family: syscall.AF_INET6, Port: p.Port()}
	if ip.Is4() {
		a.Family = syscall.AF_INET
		b := ip.As4()
		copy(a.IP[:], b[:])
	} else {
		a.IP = ip.As16()
		zone, _ := strconv.ParseUint(ip.Zone(), 10, 32)
		a.Zone = uint32(zone)
	}
	return a
}
