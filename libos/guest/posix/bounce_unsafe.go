package posix

import (
	"sync"
	"unsafe"

	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// A program may pass memory of its stack to a system call, and a stack moves when
// it grows or shrinks: then what leads into it from frames is put right, and what
// does so from the heap is not. Within this package all such pointers are in
// frames. A TCP/IP stack keeps them in objects of its own while a call lasts, so
// it gets a copy.

// bounceBytes is how much of a stream is copied at once: the rest follows as after
// any other call that took a part. It is more than any datagram has.
const bounceBytes = 64 << 10

// bounces are buffers of bounceBytes.
type bounces struct{ pool sync.Pool }

// bounce calls f with a buffer of n bytes, which f must not keep.
func (b *bounces) bounce(n int, f func([]byte)) {
	buffer, _ := b.pool.Get().(*[bounceBytes]byte)
	if buffer == nil {
		buffer = new([bounceBytes]byte)
	}
	f(buffer[:n])
	b.pool.Put(buffer)
}

// onStack reports whether the bytes of b are on the stack.
func (s *inetSocket) onStack(b []byte) bool {
	return len(b) > 0 && s.n.p.hal.OnStack(unsafe.SliceData(b))
}

// recvOne is inet.Socket.Recv for any b.
func (s *inetSocket) recvOne(b []byte, flags int, info *inet.Info) (int, linux.Errno) {
	if !s.onStack(b) {
		return s.sock.Recv(b, flags, hide(info))
	}
	var n int
	var errno linux.Errno
	s.n.bounce(min(len(b), bounceBytes), func(copied []byte) {
		n, errno = s.sock.Recv(copied, flags, hide(info))
		if errno == 0 && (flags&inet.Truncate == 0 || s.kind != linux.SockStream) { // which only counts
			copy(b, copied[:min(n, len(copied))])
		}
	})
	return n, errno
}

// sendOne is inet.Socket.Send for any b.
func (s *inetSocket) sendOne(b []byte, flags int, to *inet.Addr) (int, linux.Errno) {
	if !s.onStack(b) {
		return s.sock.Send(b, flags, hide(to))
	}
	v := [1][]byte{b}
	return s.sendCopy(v[:], flags, to, nil, nil)
}

// sendMany is inet.Socket.SendVector for any v.
func (s *inetSocket) sendMany(v [][]byte, flags int, to *inet.Addr) (int, linux.Errno) {
	for _, b := range v {
		if s.onStack(b) {
			return s.sendCopy(v, flags, to, nil, nil)
		}
	}
	return s.sock.SendVector(hideSlice(v), flags, hide(to))
}

// sendFrom is d.SendFrom for any v; d is the socket.
func (s *inetSocket) sendFrom(d inet.Directed, v [][]byte, flags int, to *inet.Addr, from *inet.Origin) (int, linux.Errno) {
	for _, b := range v {
		if s.onStack(b) {
			return s.sendCopy(v, flags, to, d, from)
		}
	}
	return d.SendFrom(hideSlice(v), flags, hide(to), hide(from))
}

// sendCopy sends a copy of the pieces of v, by d unless that is nil: of a stream,
// as much as fits.
func (s *inetSocket) sendCopy(v [][]byte, flags int, to *inet.Addr, d inet.Directed, from *inet.Origin) (n int, errno linux.Errno) {
	size := 0
	for _, b := range v {
		size += len(b)
	}
	if size > bounceBytes && s.kind != linux.SockStream {
		return 0, linux.EMSGSIZE
	}
	s.n.bounce(min(size, bounceBytes), func(copied []byte) {
		rest := copied
		for _, b := range v {
			rest = rest[copy(rest, b):]
		}
		if d == nil {
			n, errno = s.sock.Send(copied, flags, hide(to))
			return
		}
		one := [1][]byte{copied}
		n, errno = d.SendFrom(hideSlice(one[:]), flags, hide(to), hide(from))
	})
	return n, errno
}
