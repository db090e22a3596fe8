package loadgen

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls of the hot path. Those that cannot block go to the kernel without
// telling Go's scheduler; the one that may block tells it, so that other
// goroutines of the process can use the processor.

// sysRead reads from a nonblocking descriptor into p, which must not be empty.
func sysRead(fd int, p []byte) (int, unix.Errno) {
	for {
		n, _, errno := unix.RawSyscall(unix.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		if errno != unix.EINTR {
			return int(n), errno
		}
	}
}

// sysSend writes p, which must not be empty, to a nonblocking socket.
func sysSend(fd int, p []byte) (int, unix.Errno) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_NOSIGNAL|unix.MSG_DONTWAIT, 0, 0)
		if errno != unix.EINTR {
			return int(n), errno
		}
	}
}

// poller is an epoll instance with its buffers.
type poller struct {
	fd     int
	events []unix.EpollEvent
	ts     unix.Timespec
}

// wait returns the events that are there, waiting at most ns nanoseconds for the
// first, without limit if ns is negative. A signal looks like no event.
func (p *poller) wait(ns int64) ([]unix.EpollEvent, unix.Errno) {
	var n uintptr
	var errno unix.Errno
	if ns == 0 {
		n, _, errno = unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(p.fd), uintptr(unsafe.Pointer(unsafe.SliceData(p.events))), uintptr(len(p.events)), 0, 0, 0)
	} else {
		var ts *unix.Timespec
		if ns > 0 {
			p.ts = unix.NsecToTimespec(ns)
			ts = &p.ts
		}
		n, _, errno = unix.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(p.fd), uintptr(unsafe.Pointer(unsafe.SliceData(p.events))), uintptr(len(p.events)), uintptr(unsafe.Pointer(ts)), 0, 8)
	}
	if errno == unix.EINTR {
		return nil, 0
	}
	if errno != 0 {
		return nil, errno
	}
	return p.events[:n], 0
}

// mmsg is a batch of datagrams on one connected socket. Its headers point into
// buf, which the garbage collector does not move; both live as long as mmsg.
type mmsg struct {
	hdr  []unix.Mmsghdr
	iov  []unix.Iovec
	buf  []byte
	size int
	name []unix.RawSockaddrInet4 // senders, if addressed was called
}

// newMmsg makes room for n datagrams of at most size bytes.
func newMmsg(n, size int) *mmsg {
	m := &mmsg{hdr: make([]unix.Mmsghdr, n), iov: make([]unix.Iovec, n), buf: make([]byte, n*size), size: size}
	for i := range m.hdr {
		m.iov[i].Base = &m.buf[i*size]
		m.iov[i].SetLen(size)
		m.hdr[i].Hdr.Iov = &m.iov[i]
		m.hdr[i].Hdr.SetIovlen(1)
	}
	return m
}

// datagram is the buffer of datagram i.
func (m *mmsg) datagram(i int) []byte { return m.buf[i*m.size : (i+1)*m.size] }

// got is what recv put into datagram i.
func (m *mmsg) got(i int) []byte { return m.datagram(i)[:min(int(m.hdr[i].Len), m.size)] }

// send hands datagrams from to n-1 to the kernel and returns how many it took.
func (m *mmsg) send(fd, from, n int) (int, unix.Errno) {
	for {
		r, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&m.hdr[from])), uintptr(n-from), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		if errno != unix.EINTR {
			return int(r), errno
		}
	}
}

// recv takes the datagrams that are there.
func (m *mmsg) recv(fd int) (int, unix.Errno) {
	for {
		r, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&m.hdr[0])), uintptr(len(m.hdr)), unix.MSG_DONTWAIT, 0, 0)
		if errno != unix.EINTR {
			return int(r), errno
		}
	}
}

// addressed makes recv keep the senders and send answer them, over IPv4.
func (m *mmsg) addressed() {
	m.name = make([]unix.RawSockaddrInet4, len(m.hdr))
	m.full()
}

// sizes makes send send the first n datagrams as they were received.
func (m *mmsg) sizes(n int) {
	for i := range n {
		m.iov[i].SetLen(len(m.got(i)))
	}
}

// full makes room for the largest datagrams and for senders again.
func (m *mmsg) full() {
	for i := range m.hdr {
		m.iov[i].SetLen(m.size)
		if m.name != nil {
			m.hdr[i].Hdr.Name = (*byte)(unsafe.Pointer(&m.name[i]))
			m.hdr[i].Hdr.Namelen = unix.SizeofSockaddrInet4
		}
	}
}
