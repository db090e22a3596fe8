package posix

import (
	"unsafe"

	"unibench/libos/guest/linux"
)

// minPointer is the lowest address that can be valid: the page at zero is
// never mapped, and the runtime rejects stacks that hold such pointers.
const minPointer = 4096

// Args holds the arguments of one system call. An argument that is a pointer,
// by PointerMask, is in P, so that it follows the stack when that grows; the
// others are in U, where a pointer's old value must not be used. A pointer
// that cannot be valid is nil in P.
type Args struct {
	U [6]uintptr
	P [6]unsafe.Pointer
}

// PointerMask says which arguments of call num point to memory of the caller; request
// is the second argument. It runs before the stack may grow, so it makes no calls that
// could. The table is read without a bounds check, whose panic needs more stack than
// nosplit functions have where the compiler does not optimise (-gcflags=-N).
//
//go:nosplit
//go:norace
func PointerMask(num, request uintptr) uint8 {
	if num < uintptr(len(pointerMasks)) {
		if m := *(*uint8)(unsafe.Add(unsafe.Pointer(&pointerMasks), num)); m != byRequest {
			return m
		}
	}
	return pointersByRequest(num, request)
}

// Syscall makes system call num; r1 and r2 are what the kernel leaves in RAX and RDX,
// and with an error r1 is -1 and errno its number. Pointers among the arguments may lead into the stack of
// the goroutine, so the stack must not grow until they are pointers again, in Args:
// Syscall and its callers up to the one that got the uintptrs are nosplit.
//
// Args is filled in place, word by word: to return it from a function copies it in
// pieces of two words, which wait for the stores of the single ones before. And its
// pointers are stored without write barriers, as it is on the stack. They are read from
// it, not from the parameters: those whose address is taken are on the stack a second
// time.
//
//go:nosplit
//go:norace
func (p *Process) Syscall(num, a1, a2, a3, a4, a5, a6 uintptr) (r1, r2, errno uintptr) {
	var a Args
	a.U[0], a.U[1], a.U[2], a.U[3], a.U[4], a.U[5] = a1, a2, a3, a4, a5, a6
	if mask := PointerMask(num, a2); mask != 0 {
		if mask&p1 != 0 && a1 >= minPointer {
			a.P[0] = *(*unsafe.Pointer)(unsafe.Pointer(&a.U[0]))
		}
		if mask&p2 != 0 && a2 >= minPointer {
			a.P[1] = *(*unsafe.Pointer)(unsafe.Pointer(&a.U[1]))
		}
		if mask&p3 != 0 && a3 >= minPointer {
			a.P[2] = *(*unsafe.Pointer)(unsafe.Pointer(&a.U[2]))
		}
		if mask&p4 != 0 && a4 >= minPointer {
			a.P[3] = *(*unsafe.Pointer)(unsafe.Pointer(&a.U[3]))
		}
		if mask&p5 != 0 && a5 >= minPointer {
			a.P[4] = *(*unsafe.Pointer)(unsafe.Pointer(&a.U[4]))
		}
		if mask&p6 != 0 && a6 >= minPointer {
			a.P[5] = *(*unsafe.Pointer)(unsafe.Pointer(&a.U[5]))
		}
	}
	return p.answer(num, &a)
}

// Raw returns the arguments as registers hold them. Pointers in the result are
// good only until the stack can grow.
//
//go:nosplit
//go:norace
func (a *Args) Raw() (u [6]uintptr) {
	u = a.U
	for i, p := range a.P {
		if p != nil {
			u[i] = uintptr(p)
		}
	}
	return u
}

// int returns argument i as a C int.
func (a *Args) int(i int) int { return int(int32(a.U[i])) }

// uint32 returns argument i as a C unsigned int, such as a mode.
func (a *Args) uint32(i int) uint32 { return uint32(a.U[i]) }

// int64 returns argument i as a C long, such as an offset.
func (a *Args) int64(i int) int64 { return int64(a.U[i]) }

// null reports whether pointer argument i is NULL.
func (a *Args) null(i int) bool { return a.U[i] == 0 }

// bytes returns the n bytes that argument i points to.
func (a *Args) bytes(i int, n uintptr) ([]byte, linux.Errno) { return bytesAt(a.P[i], n) }

func bytesAt(p unsafe.Pointer, n uintptr) ([]byte, linux.Errno) {
	if n == 0 {
		return nil, 0
	}
	if p == nil || n > 1<<46 {
		return nil, linux.EFAULT
	}
	return unsafe.Slice((*byte)(p), n), 0
}

// buffer returns the bytes of a read or write: argument i points to them and
// argument i+1 is their number, cut to what one call may move.
func (a *Args) buffer(i int) ([]byte, linux.Errno) {
	return a.bytes(i, min(a.U[i+1], linux.MaxReadWrite))
}

// string returns a copy of the C string that argument i points to, which must
// end within linux.PathMax bytes.
func (a *Args) string(i int) (string, linux.Errno) {
	p := a.P[i]
	if p == nil {
		return "", linux.EFAULT
	}
	for n := range linux.PathMax {
		if *(*byte)(unsafe.Add(p, n)) == 0 {
			return string(unsafe.Slice((*byte)(p), n)), 0
		}
	}
	return "", linux.ENAMETOOLONG
}

// stringUpTo returns a copy of the C string that argument i points to, or of its
// first n bytes.
func (a *Args) stringUpTo(i, n int) (string, linux.Errno) {
	p := a.P[i]
	if p == nil {
		return "", linux.EFAULT
	}
	end := 0
	for end < n && *(*byte)(unsafe.Add(p, end)) != 0 {
		end++
	}
	return string(unsafe.Slice((*byte)(p), end)), 0
}

// load returns what argument i points to.
func load[T any](a *Args, i int) (v T, errno linux.Errno) {
	if a.P[i] == nil {
		return v, linux.EFAULT
	}
	return *(*T)(a.P[i]), 0
}

// store writes v to where argument i points.
func store[T any](a *Args, i int, v T) linux.Errno {
	if a.P[i] == nil {
		return linux.EFAULT
	}
	*(*T)(a.P[i]) = v
	return 0
}

// iovec is struct iovec.
type iovec struct {
	base unsafe.Pointer
	len  uintptr
}

// vector returns piece k of the struct iovec array that argument i points to.
func (a *Args) vector(i, k int) ([]byte, linux.Errno) {
	v := (*iovec)(unsafe.Add(a.P[i], k*int(unsafe.Sizeof(iovec{}))))
	return bytesAt(v.base, v.len)
}

// vectorSize checks the array of argument i, with the count in argument i+1,
// and returns the count and the sum of the lengths, cut to one call's most.
func (a *Args) vectorSize(i int) (count int, size uintptr, errno linux.Errno) {
	if a.U[i+1] > linux.IovMax {
		return 0, 0, linux.EINVAL
	}
	if count = int(a.U[i+1]); count == 0 {
		return 0, 0, 0
	}
	if a.P[i] == nil {
		return 0, 0, linux.EFAULT
	}
	for k := range count {
		v := (*iovec)(unsafe.Add(a.P[i], k*int(unsafe.Sizeof(iovec{}))))
		if int64(v.len) < 0 {
			return 0, 0, linux.EINVAL
		}
		size = min(size+v.len, linux.MaxReadWrite)
	}
	return count, size, 0
}
