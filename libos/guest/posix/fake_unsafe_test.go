package posix

import (
	"bytes"
	"crypto/rand"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"unibench/libos/guest/linux"
)

// fakeHAL is a platform on the host: memory and clocks of the real kernel, a
// console of buffers, and a poller that counts.
type fakeHAL struct {
	outputs  map[int]string
	workDir  string
	initrd   []byte
	mode     uint32 // of the console
	tty      bool
	exit     func(code int)
	consoles func(p []byte) // called in each ConsoleRead, to be awkward
	sleeps   bool           // Sleep takes its time
	stack    []byte         // see OnStack
	trace    func(num uintptr, a Args, result uintptr, unfinished bool)

	mu     sync.Mutex
	input  sync.Cond
	stdin  []byte
	ended  bool
	output [3]bytes.Buffer
	ready  map[uintptr]int // events by pd
	enosys map[uintptr]int
	kills  [][2]int
	slept  int64
}

func newFake() *fakeHAL {
	h := &fakeHAL{mode: linux.ModeFifo, ready: map[uintptr]int{}, enosys: map[uintptr]int{}}
	h.input.L = &h.mu
	return h
}

func (h *fakeHAL) ConsoleWrite(fd int, p []byte) (int, linux.Errno) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.output[fd].Write(p)
	return len(p), 0
}

func (h *fakeHAL) ConsoleRead(p []byte) (int, linux.Errno) {
	if h.consoles != nil {
		h.consoles(p)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.stdin) == 0 && !h.ended {
		return 0, linux.EAGAIN
	}
	n := copy(p, h.stdin)
	h.stdin = h.stdin[n:]
	return n, 0
}

func (h *fakeHAL) WaitStdin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.stdin) == 0 && !h.ended {
		h.input.Wait()
	}
}

// feed gives the console input, or its end.
func (h *fakeHAL) feed(s string, end bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.stdin, h.ended = append(h.stdin, s...), end
	h.input.Broadcast()
}

func (h *fakeHAL) OutputWrite(n int, p []byte) (int, linux.Errno) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.outputs == nil {
		h.outputs = map[int]string{}
	}
	h.outputs[n] += string(p)
	return len(p), 0
}

func (h *fakeHAL) ConsoleMode(int) uint32   { return h.mode }
func (h *fakeHAL) ConsoleIsTTY(int) bool    { return h.tty }
func (h *fakeHAL) WallTime() (int64, int32) { t := time.Now(); return t.Unix(), int32(t.Nanosecond()) }
func (h *fakeHAL) MonoTime() int64          { return time.Now().UnixNano() }
func (h *fakeHAL) CPUTime() int64           { return 1_500_000_000 }
func (h *fakeHAL) Random(p []byte)          { rand.Read(p) }
func (h *fakeHAL) Exit(code int)            { h.exit(code) }
func (h *fakeHAL) NumCPU() int              { return 3 }

// OnStack takes the bytes of h.stack for those of a stack.
func (h *fakeHAL) OnStack(p *byte) bool {
	i := uintptr(unsafe.Pointer(p)) - uintptr(unsafe.Pointer(unsafe.SliceData(h.stack)))
	return i < uintptr(len(h.stack))
}

func (h *fakeHAL) MemInfo() (_, _ uint64) { return 256 << 20, 128 << 20 }
func (h *fakeHAL) Initrd() []byte         { return h.initrd }
func (h *fakeHAL) WorkDir() string        { return h.workDir }
func (h *fakeHAL) Hostname() string       { return "fake" }
func (h *fakeHAL) Threads() []int         { return []int{1, 3} }

func (h *fakeHAL) Describe() Description {
	return Description{
		Args: []string{"/app", "-x"}, Env: []string{"A=1"}, ClockRate: 2_600_000_000,
		Image: []Segment{{0x400000, 0x500000, linux.ProtRead | linux.ProtExec}, {0x500000, 0x600000, linux.ProtRead}},
		Heap:  Segment{0x800000, 0x900000, linux.ProtRead | linux.ProtWrite},
	}
}

// CPUID answers as a processor of AMD's with FPU, SSE3 and long mode.
func (h *fakeHAL) CPUID(leaf, sub uint32) [4]uint32 {
	switch leaf {
	case 0:
		return [4]uint32{1, 0x68747541, 0x444d4163, 0x69746e65}
	case 1:
		return [4]uint32{0x00a20f12, 0, 1, 1}
	case 0x80000000:
		return [4]uint32{0x80000008}
	case 0x80000001:
		return [4]uint32{0, 0, 0, 1 << 29}
	case 0x80000002:
		return [4]uint32{0x656b6146, 0x55504320}
	case 0x80000008:
		return [4]uint32{48<<8 | 40}
	}
	return [4]uint32{}
}

func (h *fakeHAL) Sleep(ns int64) {
	if h.sleeps {
		time.Sleep(time.Duration(ns))
	}
	h.mu.Lock()
	h.slept += ns
	h.mu.Unlock()
}

func (h *fakeHAL) Kill(tid, sig int) linux.Errno {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.kills = append(h.kills, [2]int{tid, sig})
	return 0
}

func (h *fakeHAL) Mmap(addr, n uintptr, prot, flags int) (uintptr, linux.Errno) {
	r, _, errno := syscall.Syscall6(syscall.SYS_MMAP, addr, n, uintptr(prot), uintptr(flags), ^uintptr(0), 0)
	return r, linux.Errno(errno)
}

func (h *fakeHAL) Munmap(addr, n uintptr) linux.Errno {
	_, _, errno := syscall.Syscall(syscall.SYS_MUNMAP, addr, n, 0)
	return linux.Errno(errno)
}

func (h *fakeHAL) Mprotect(addr, n uintptr, prot int) linux.Errno {
	_, _, errno := syscall.Syscall(syscall.SYS_MPROTECT, addr, n, uintptr(prot))
	return linux.Errno(errno)
}

func (h *fakeHAL) Madvise(addr, n uintptr, advice int) linux.Errno {
	_, _, errno := syscall.Syscall(syscall.SYS_MADVISE, addr, n, uintptr(advice))
	return linux.Errno(errno)
}

func (h *fakeHAL) PollReady(pd uintptr, mode int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ready[pd]++
}

func (h *fakeHAL) Tracing() bool { return h.trace != nil }

func (h *fakeHAL) Trace(num uintptr, a Args, result uintptr, start int64, unfinished bool) {
	h.trace(num, a, result, unfinished)
}

func (h *fakeHAL) CountENOSYS(num uintptr) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.enosys[num]++
}

func (h *fakeHAL) RawKernel(num uintptr, a Args) (uintptr, linux.Errno) {
	u := a.Raw()
	r, _, errno := syscall.RawSyscall6(num, u[0], u[1], u[2], u[3], u[4], u[5])
	return r, linux.Errno(errno)
}

// call makes one call of p as the glue does. Arguments are integers and what
// pointer returns.
//
//go:nosplit
func (p *Process) call(num, a1, a2, a3, a4, a5, a6 uintptr) (uintptr, linux.Errno) {
	r, _, errno := p.Syscall(num, a1, a2, a3, a4, a5, a6)
	return r, linux.Errno(errno)
}

// arena keeps memory that calls point to alive and off the stack.
type arena struct{ kept []any }

// pointer returns the address of x, which is a string (as a C string), a byte
// slice or a pointer to a structure, or the value of an integer.
func (m *arena) pointer(x any) uintptr {
	switch x := x.(type) {
	case string:
		b := append([]byte(x), 0)
		m.kept = append(m.kept, b)
		return uintptr(unsafe.Pointer(&b[0]))
	case []byte:
		m.kept = append(m.kept, x)
		return uintptr(unsafe.Pointer(unsafe.SliceData(x)))
	case int:
		return uintptr(x)
	case uintptr:
		return x
	case *linux.Stat:
		m.kept = append(m.kept, x)
		return uintptr(unsafe.Pointer(x))
	}
	return pointerTo(m, x)
}

// pointerTo takes the address out of an interface that holds a pointer.
func pointerTo(m *arena, x any) uintptr {
	m.kept = append(m.kept, x)
	return (*[2]uintptr)(unsafe.Pointer(&x))[1]
}

// sys makes a call of p with arguments as arena.pointer takes them.
func sys(p *Process, num uintptr, args ...any) (int, linux.Errno) {
	var m arena
	var u [6]uintptr
	for i, x := range args {
		u[i] = m.pointer(x)
	}
	r, errno := p.call(num, u[0], u[1], u[2], u[3], u[4], u[5])
	keep(&m)
	return int(r), errno
}

// host makes the same call of the real kernel. Those that poll are made again
// if a signal came, which is of this program's own runtime: also with a timeout
// of 0 they answer EINTR then. It leaves the sets of select as they were.
func host(num uintptr, args ...any) (int, linux.Errno) {
	var m arena
	var u [6]uintptr
	for i, x := range args {
		u[i] = m.pointer(x)
	}
	for {
		r, _, errno := syscall.Syscall6(num, u[0], u[1], u[2], u[3], u[4], u[5])
		if errno == syscall.EINTR && (num == linux.SysPoll || num == linux.SysSelect) {
			continue
		}
		keep(&m)
		return int(r), linux.Errno(errno)
	}
}

//go:noinline
func keep(*arena) {}

// vectorOf returns a struct iovec array.
func vectorOf(parts ...[]byte) []iovec {
	v := make([]iovec, len(parts))
	for i, b := range parts {
		v[i] = iovec{unsafe.Pointer(unsafe.SliceData(b)), uintptr(len(b))}
	}
	return v
}

// TestStackMoves reads into a buffer on the stack while that grows and moves.
func TestStackMoves(t *testing.T) {
	h := newFake()
	h.feed("moved", true)
	p := New(h)
	var grow func(n int) int
	grow = func(n int) int {
		var pad [256]byte
		if n == 0 {
			return int(pad[n])
		}
		return grow(n-1) + int(pad[n%256])
	}
	h.consoles = func([]byte) { grow(2000) } // half a megabyte of stack
	done := make(chan string)
	go func() {
		b, n := readOnStack(p)
		done <- string(b[:n])
	}()
	if got := <-done; got != "moved" {
		t.Errorf("read into a moving stack = %q, want %q", got, "moved")
	}
}

// readOnStack keeps its buffer in its own frame and passes it as a number, as
// syscall.Read does.
//
//go:noinline
func readOnStack(p *Process) (b [16]byte, n uintptr) {
	var buf [16]byte
	n, _ = p.call(linux.SysRead, 0, uintptr(unsafe.Pointer(&buf)), uintptr(len(buf)), 0, 0, 0)
	return buf, n
}

// onHeap returns n bytes that a growing stack does not move.
//
//go:noinline
func onHeap(n int) []byte { return make([]byte, n) }

// TestNoAllocation: a read and a write of a file must not allocate, and so must
// not move Args to the heap, where its pointers into the stack would go stale.
func TestNoAllocation(t *testing.T) {
	p := New(newFake())
	fd, errno := sys(p, linux.SysOpen, "/tmp/f", linux.OCreat|linux.ORdwr, 0o644)
	if errno != 0 {
		t.Fatalf("open = %d", errno)
	}
	buf := onHeap(100)
	at := uintptr(unsafe.Pointer(&buf[0]))
	for _, num := range []uintptr{linux.SysPwrite64, linux.SysPread64} {
		if n := testing.AllocsPerRun(100, func() { p.call(num, uintptr(fd), at, 100, 0, 0, 0) }); n != 0 {
			t.Errorf("call %d allocates %v times, want 0", num, n)
		}
	}
	keep(&arena{[]any{buf}})
}

// vectorArg returns a struct iovec array as an argument for sys and host.
func vectorArg(parts ...[]byte) any {
	v := vectorOf(parts...)
	return &v[0]
}
