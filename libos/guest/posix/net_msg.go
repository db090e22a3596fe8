package posix

import (
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// sysSendto has a short way for the common case, an inet socket.
func (n *network) sysSendto(a *Args) (uintptr, linux.Errno) {
	s, f, errno := n.socket(a)
	if errno != 0 {
		return 0, errno
	}
	defer f.put()
	b, errno := a.buffer(1)
	if errno != 0 {
		return 0, errno
	}
	var sa []byte
	if !a.null(4) {
		if sa, errno = a.sockaddr(4); errno != 0 {
			return 0, errno
		}
	}
	flags := a.int(3)
	nonblock := flags&linux.MsgDontwait != 0 || f.nonblock()
	if s, ok := s.(*inetSocket); ok {
		return ret(s.sendTo(b, flags, sa, nonblock))
	}
	m := message{size: len(b), addr: sa}
	one := [1][]byte{b}
	if len(b) > 0 {
		m.pieces = one[:]
	}
	return ret(sendMessage(s, &m, flags, nonblock))
}

func (n *network) sysRecvfrom(a *Args) (uintptr, linux.Errno) {
	s, f, errno := n.socket(a)
	if errno != 0 {
		return 0, errno
	}
	defer f.put()
	b, errno := a.buffer(1)
	if errno != 0 {
		return 0, errno
	}
	flags := a.int(3)
	nonblock := flags&linux.MsgDontwait != 0 || f.nonblock()
	if s, ok := s.(*inetSocket); ok {
		if a.null(4) {
			return ret(s.recvFrom(b, flags, nil, nonblock))
		}
		var info inet.Info
		got, errno := s.recvFrom(b, flags, &info, nonblock)
		if errno != 0 {
			return 0, errno
		}
		var sa [linux.SockaddrIn6]byte
		return uintptr(got), giveAddr(a, 4, sa[:], s.source(sa[:], &info))
	}
	var sa [linux.SockaddrStorage]byte
	m := message{size: len(b), addr: sa[:]}
	one := [1][]byte{b}
	if len(b) > 0 {
		m.pieces = one[:]
	}
	got, errno := recvMessage(s, &m, flags, nonblock)
	if errno == 0 && !a.null(4) {
		errno = giveAddr(a, 4, sa[:], m.used)
	}
	return uintptr(got), errno
}

// sendHeader sends the message that h describes.
func sendHeader(s socket, f *file, h *msghdr, flags int) (int, linux.Errno) {
	if h.iovLen > fewPieces {
		return sendMany(s, f, h, flags)
	}
	var few [fewPieces][]byte
	return sendIn(s, f, h, flags, few[:0])
}

//go:noinline
func sendMany(s socket, f *file, h *msghdr, flags int) (int, linux.Errno) {
	var many [linux.IovMax][]byte
	return sendIn(s, f, h, flags, many[:0])
}

// sendIn is sendHeader with room for the pieces in v.
func sendIn(s socket, f *file, h *msghdr, flags int, v [][]byte) (int, linux.Errno) {
	var m message
	var errno linux.Errno
	if m.addr, errno = h.address(); errno != 0 {
		return 0, errno
	}
	if m.pieces, m.size, errno = h.pieces(v); errno != 0 {
		return 0, errno
	}
	if m.control, errno = h.ancillary(); errno != 0 {
		return 0, errno
	}
	return sendMessage(s, &m, flags, flags&linux.MsgDontwait != 0 || f.nonblock())
}

// recvHeader receives into the message that h describes, and fills it in.
func recvHeader(s socket, f *file, h *msghdr, flags int) (int, linux.Errno) {
	if h.iovLen > fewPieces {
		return recvMany(s, f, h, flags)
	}
	var few [fewPieces][]byte
	return recvIn(s, f, h, flags, few[:0])
}

//go:noinline
func recvMany(s socket, f *file, h *msghdr, flags int) (int, linux.Errno) {
	var many [linux.IovMax][]byte
	return recvIn(s, f, h, flags, many[:0])
}

// recvIn is recvHeader with room for the pieces in v.
func recvIn(s socket, f *file, h *msghdr, flags int, v [][]byte) (int, linux.Errno) {
	var sa [linux.SockaddrStorage]byte
	m := message{addr: sa[:]}
	var errno linux.Errno
	room, errno := h.address()
	if errno != 0 {
		return 0, errno
	}
	if m.pieces, m.size, errno = h.pieces(v); errno != 0 {
		return 0, errno
	}
	if m.control, errno = h.ancillary(); errno != 0 {
		return 0, errno
	}
	n, errno := recvMessage(s, &m, flags, flags&linux.MsgDontwait != 0 || f.nonblock())
	if errno != 0 {
		return 0, errno
	}
	if h.name != nil {
		copy(room, sa[:m.used])
		h.nameLen = uint32(m.used)
	}
	h.controlLen = uintptr(m.stored)
	h.flags = int32(m.flags | flags&linux.MsgCmsgCloexec)
	return n, 0
}

func (n *network) sysSendmsg(a *Args) (uintptr, linux.Errno) {
	s, f, errno := n.socket(a)
	if errno != 0 {
		return 0, errno
	}
	defer f.put()
	h, errno := header(a, 0, false)
	if errno != 0 {
		return 0, errno
	}
	return ret(sendHeader(s, f, h, a.int(2)))
}

func (n *network) sysRecvmsg(a *Args) (uintptr, linux.Errno) {
	s, f, errno := n.socket(a)
	if errno != 0 {
		return 0, errno
	}
	defer f.put()
	h, errno := header(a, 0, false)
	if errno != 0 {
		return 0, errno
	}
	return ret(recvHeader(s, f, h, a.int(2)))
}

// sysSendmmsg sends until one message fails; the error is lost unless that is
// the first one (sendmmsg(2)).
func (n *network) sysSendmmsg(a *Args) (uintptr, linux.Errno) {
	s, f, errno := n.socket(a)
	if errno != 0 {
		return 0, errno
	}
	defer f.put()
	count := min(int(a.uint32(2)), linux.IovMax)
	for k := range count {
		h, errno := header(a, k, true)
		got := 0
		if errno == 0 {
			got, errno = sendHeader(s, f, h, a.int(3))
		}
		if errno != 0 {
			return some(k, errno)
		}
		setCount(a, k, got)
	}
	return uintptr(count), 0
}

// some is the answer of a call that handled k messages before the error.
func some(k int, errno linux.Errno) (uintptr, linux.Errno) {
	if k > 0 {
		errno = 0
	}
	return uintptr(k), errno
}

// sysRecvmmsg looks at its timeout only between messages, as Linux does
// (recvmmsg(2), Bugs).
func (n *network) sysRecvmmsg(a *Args) (uintptr, linux.Errno) {
	var until int64 = 1<<63 - 1
	if !a.null(4) {
		d, errno := duration(a, 4)
		if errno != 0 {
			return 0, errno
		}
		now := n.p.hal.MonoTime()
		until = now + min(d, until-now)
	}
	s, f, errno := n.socket(a)
	if errno != 0 {
		return 0, errno
	}
	defer f.put()
	flags := a.int(3)
	count := min(int(a.uint32(2)), linux.IovMax)
	for k := range count {
		h, errno := header(a, k, true)
		got := 0
		if errno == 0 {
			got, errno = recvHeader(s, f, h, flags&^linux.MsgWaitforone)
		}
		if errno != 0 {
			return some(k, errno)
		}
		setCount(a, k, got)
		if flags&linux.MsgWaitforone != 0 {
			flags |= linux.MsgDontwait
		}
		if until != 1<<63-1 && n.p.hal.MonoTime() >= until {
			return uintptr(k + 1), 0
		}
	}
	return uintptr(count), 0
}
