package posix

import (
	"unsafe"

	"unibench/libos/guest/linux"
)

// The compiler takes what goes through an interface for something that may be
// kept, and puts it on the heap. The methods called here promise not to keep
// it, so it may stay on the stack: without allocation, and, as pointers of the
// caller may be in it, rightly so.

// noescape hides that the result depends on p. No stack moves in it: it is too
// small to be called, and a goroutine that is preempted within keeps its stack.
//
//go:nosplit
//go:nocheckptr
func noescape(p unsafe.Pointer) unsafe.Pointer {
	x := uintptr(p)
	return *(*unsafe.Pointer)(unsafe.Pointer(&x))
}

func hide[T any](p *T) *T { return (*T)(noescape(unsafe.Pointer(p))) }

// hideSlice is hide for the memory of a slice.
func hideSlice[T any](b []T) []T {
	return unsafe.Slice(hide(unsafe.SliceData(b)), len(b))
}

// socketCall makes a socket call, if there are any.
func (p *Process) socketCall(num uintptr, a *Args) (uintptr, linux.Errno) {
	h := p.sockets.Load()
	if h == nil {
		p.hal.CountENOSYS(num)
		return 0, linux.ENOSYS
	}
	return h.calls.call(num, hide(a))
}

// pollCall makes a call that waits for descriptors, if there are any.
func (p *Process) pollCall(num uintptr, a *Args) (uintptr, linux.Errno) {
	h := p.polling.Load()
	if h == nil {
		p.hal.CountENOSYS(num)
		return 0, linux.ENOSYS
	}
	return h.calls.call(num, hide(a))
}

// msghdr is struct msghdr.
type msghdr struct {
	name       unsafe.Pointer
	nameLen    uint32
	_          uint32
	iov        unsafe.Pointer
	iovLen     uintptr
	control    unsafe.Pointer
	controlLen uintptr
	flags      int32
	_          int32
}

// mmsghdr is struct mmsghdr.
type mmsghdr struct {
	msghdr
	count uint32
	_     uint32
}

// header returns the struct msghdr that argument 1 points to; of an array of
// struct mmsghdr, the one with index k.
func header(a *Args, k int, many bool) (*msghdr, linux.Errno) {
	if a.P[1] == nil {
		return nil, linux.EFAULT
	}
	if many {
		return &(*mmsghdr)(unsafe.Add(a.P[1], k*int(unsafe.Sizeof(mmsghdr{})))).msghdr, 0
	}
	return (*msghdr)(a.P[1]), 0
}

// setCount stores how many bytes message k of a struct mmsghdr array moved.
func setCount(a *Args, k, n int) {
	(*mmsghdr)(unsafe.Add(a.P[1], k*int(unsafe.Sizeof(mmsghdr{})))).count = uint32(n)
}

// fewPieces is how many pieces of a message there is always room for. A call
// with more needs a larger array, which is on the stack too, as the pieces may
// be: the compiler clears it each time.
const fewPieces = 8

// pieces appends the pieces of h to v, which has room for them, without empty
// ones, and returns their sum too.
func (h *msghdr) pieces(v [][]byte) ([][]byte, int, linux.Errno) {
	if h.iovLen > linux.IovMax {
		return nil, 0, linux.EMSGSIZE
	}
	return gather(v, h.iov, int(h.iovLen))
}

// gather appends the pieces of a struct iovec array to v.
func gather(v [][]byte, at unsafe.Pointer, count int) ([][]byte, int, linux.Errno) {
	if count > 0 && uintptr(at) < minPointer {
		return nil, 0, linux.EFAULT
	}
	size := 0
	for k := range count {
		p := (*iovec)(unsafe.Add(at, k*int(unsafe.Sizeof(iovec{}))))
		if int64(p.len) < 0 {
			return nil, 0, linux.EINVAL
		}
		n := min(p.len, uintptr(linux.MaxReadWrite-size))
		b, errno := bytesAt(valid(p.base), n)
		if errno != 0 {
			return nil, 0, errno
		}
		if n > 0 {
			v = append(v, b)
		}
		size += int(n)
	}
	return v, size, 0
}

// valid returns p, or nil if it cannot be a pointer.
func valid(p unsafe.Pointer) unsafe.Pointer {
	if uintptr(p) < minPointer {
		return nil
	}
	return p
}

// address returns the address in h, nil if there is none.
func (h *msghdr) address() ([]byte, linux.Errno) {
	if h.name == nil {
		return nil, 0
	}
	if int32(h.nameLen) < 0 {
		return nil, linux.EINVAL
	}
	return bytesAt(valid(h.name), uintptr(min(h.nameLen, linux.SockaddrStorage)))
}

// ancillary returns the control messages in h, or the room for them.
func (h *msghdr) ancillary() ([]byte, linux.Errno) {
	if h.controlLen == 0 {
		return nil, 0
	}
	if h.controlLen > 1<<30 {
		return nil, linux.ENOBUFS
	}
	return bytesAt(valid(h.control), h.controlLen)
}

// vector makes a readv, or a writev, of f, whose stream is s.
func vector(s vectored, f *file, a *Args, write bool) (uintptr, linux.Errno) {
	if a.U[2] > fewPieces {
		return vectorMany(s, f, a, write)
	}
	var few [fewPieces][]byte
	return vectorIn(s, f, a, write, few[:0])
}

//go:noinline
func vectorMany(s vectored, f *file, a *Args, write bool) (uintptr, linux.Errno) {
	if a.U[2] > linux.IovMax {
		return 0, linux.EINVAL
	}
	var many [linux.IovMax][]byte
	return vectorIn(s, f, a, write, many[:0])
}

func vectorIn(s vectored, f *file, a *Args, write bool, v [][]byte) (uintptr, linux.Errno) {
	v, n, errno := gather(v, a.P[1], int(a.U[2]))
	if errno != 0 {
		return 0, errno
	}
	if write {
		return ret(s.writev(hideSlice(v), n, f.nonblock()))
	}
	return ret(s.readv(hideSlice(v), n, f.nonblock()))
}

// sendMessage and recvMessage call the methods of any socket.
func sendMessage(s socket, m *message, flags int, nonblock bool) (int, linux.Errno) {
	return s.send(hide(m), flags, nonblock)
}

func recvMessage(s socket, m *message, flags int, nonblock bool) (int, linux.Errno) {
	return s.recv(hide(m), flags, nonblock)
}

// address returns the address of b for a program.
func address(b []byte) *byte { return unsafe.SliceData(b) }

// ucredBytes returns the bytes of c.
func ucredBytes(c *linux.Ucred) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(c)), unsafe.Sizeof(*c))
}

// ifconf is struct ifconf.
type ifconf struct {
	len int32
	_   int32
	buf unsafe.Pointer
}

func (c *ifconf) buffer() ([]byte, linux.Errno) {
	if c.buf == nil || c.len <= 0 {
		return nil, 0
	}
	return bytesAt(valid(c.buf), uintptr(c.len))
}

// pollfds returns the struct pollfd array that argument 0 points to.
func pollfds(a *Args, count int) ([]linux.Pollfd, linux.Errno) {
	if count == 0 {
		return nil, 0
	}
	if a.P[0] == nil {
		return nil, linux.EFAULT
	}
	return unsafe.Slice((*linux.Pollfd)(a.P[0]), count), 0
}

// epollEvents returns the struct epoll_event array that argument 1 points to.
func epollEvents(a *Args, count int) ([]linux.EpollEvent, linux.Errno) {
	if a.P[1] == nil {
		return nil, linux.EFAULT
	}
	return unsafe.Slice((*linux.EpollEvent)(a.P[1]), count), 0
}

// words returns the n 64-bit words that argument i points to.
func words(a *Args, i, n int) ([]uint64, linux.Errno) {
	if n == 0 {
		return nil, 0
	}
	if a.P[i] == nil {
		return nil, linux.EFAULT
	}
	return unsafe.Slice((*uint64)(a.P[i]), n), 0
}

// numbers returns the n 32-bit numbers that argument i points to.
func numbers(a *Args, i, n int) ([]uint32, linux.Errno) {
	if n == 0 {
		return nil, 0
	}
	if a.P[i] == nil {
		return nil, linux.EFAULT
	}
	return unsafe.Slice((*uint32)(a.P[i]), n), 0
}
