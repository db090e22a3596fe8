package vmm

import (
	"sync/atomic"
	"syscall"
	"unsafe"

	"unibench/libos/abi"
)

// memory is the guest-physical memory: one host mapping, so that guest-physical
// address g is byte g of it. The guest writes to it at any time; whoever reads
// a value twice may see two values, so read once, check, use.
type memory struct {
	bytes []byte
	whole []byte // the mapping that bytes is an aligned part of
}

// newMemory reserves size bytes. Guest-physical zero lies on a 2 MiB boundary of
// the host, so that the host can back 2 MiB of the guest with one page.
func newMemory(size uint64) (*memory, error) {
	b, err := syscall.Mmap(-1, 0, int(size+abi.HugePage), syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_NORESERVE)
	if err != nil {
		return nil, &Error{Op: "reserve guest memory", Err: err}
	}
	skip := -uintptr(unsafe.Pointer(unsafe.SliceData(b))) % abi.HugePage
	return &memory{bytes: b[skip:][:size:size], whole: b}, nil
}

// mapFile maps a file over the memory at gpa, on a page boundary. Its pages are
// made present, as far as they are in the page cache: the guest is about to
// look at all of the archive's headers.
func (m *memory) mapFile(gpa uint64, f Mapping) error {
	const mapFixed, mapPopulate = 0x10, 0x8000
	_, _, errno := syscall.RawSyscall6(syscall.SYS_MMAP, m.host(gpa), uintptr(f.Size), syscall.PROT_READ,
		syscall.MAP_PRIVATE|mapFixed|mapPopulate, uintptr(f.FD), 0)
	if errno != 0 {
		return errno
	}
	return nil
}

func (m *memory) close() error { return syscall.Munmap(m.whole) }

func (m *memory) size() uint64 { return uint64(len(m.bytes)) }

// host returns the host address of gpa, for the kernel's use.
func (m *memory) host(gpa uint64) uintptr {
	return uintptr(unsafe.Pointer(unsafe.SliceData(m.bytes))) + uintptr(gpa)
}

// slice returns length bytes at gpa, or false if they are not all guest memory
// from min on. Both numbers may come from the guest.
func (m *memory) slice(gpa, length, min uint64) ([]byte, bool) {
	if gpa < min || gpa > m.size() || length > m.size()-gpa {
		return nil, false
	}
	return m.bytes[gpa : gpa+length : gpa+length], true
}

// advise applies madvise(2) to a range inside the memory.
func (m *memory) advise(gpa, length uint64, advice int) error {
	_, _, errno := syscall.RawSyscall(syscall.SYS_MADVISE, m.host(gpa), uintptr(length), uintptr(advice))
	if errno != 0 {
		return errno
	}
	return nil
}

// Peek implements Memory.
func (m *memory) Peek(gpa, length uint64) []byte {
	if gpa < abi.BootGPA || gpa > m.size() {
		return nil
	}
	b, _ := m.slice(gpa, min(length, m.size()-gpa), 0)
	return append([]byte(nil), b...)
}

// load returns a copy of the value at gpa, or false if that is no aligned address
// of guest memory from the first per-vCPU block on.
func load[T any](m *memory, gpa uint64) (v T, ok bool) {
	if gpa%8 != 0 {
		return v, false
	}
	b, ok := m.slice(gpa, uint64(unsafe.Sizeof(v)), abi.PerCPUGPA)
	if ok {
		v = *(*T)(unsafe.Pointer(unsafe.SliceData(b)))
	}
	return v, ok
}

// slotSize is the least stride of a thread table.
const slotSize = uint64(unsafe.Sizeof(abi.ThreadSlot{}))

// perCPU returns the block of vCPU i.
func (m *memory) perCPU(i int) *abi.PerCPU {
	return (*abi.PerCPU)(unsafe.Pointer(&m.bytes[perCPUBase(i)]))
}

func (m *memory) bootInfo() *abi.BootInfo {
	return (*abi.BootInfo)(unsafe.Pointer(&m.bytes[abi.BootGPA]))
}

func (m *memory) netShared(gpa uint64) *abi.NetShared {
	return (*abi.NetShared)(unsafe.Pointer(&m.bytes[gpa]))
}

func (m *memory) stats() *abi.StatsPage {
	return (*abi.StatsPage)(unsafe.Pointer(&m.bytes[abi.StatsGPA]))
}

// words returns the memory from gpa on as n 64-bit words; gpa is 8-aligned.
func (m *memory) words(gpa uint64, n int) []uint64 {
	_ = m.bytes[gpa : gpa+uint64(n)*8]
	return unsafe.Slice((*uint64)(unsafe.Pointer(&m.bytes[gpa])), n)
}

// signal asks for the delivery of signal n.
func (m *memory) signal(n int) {
	atomic.OrUint64(&m.stats().Signals, 1<<(n-1))
}

// futexWait sleeps while *addr == val, until the absolute CLOCK_MONOTONIC time
// deadline (nanoseconds, negative for none).
func futexWait(addr *uint32, val uint32, deadline int64) {
	const waitBitset, private, matchAny = 9, 128, 0xffffffff
	var ts *syscall.Timespec
	if deadline >= 0 {
		t := syscall.NsecToTimespec(deadline)
		ts = &t
	}
	syscall.Syscall6(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(addr)), waitBitset|private,
		uintptr(val), uintptr(unsafe.Pointer(ts)), 0, matchAny)
}

func futexWake(addr *uint32) {
	const wake, private = 1, 128
	syscall.RawSyscall(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(addr)), wake|private, 1)
}

// monotonic reads CLOCK_MONOTONIC, realtime CLOCK_REALTIME, in nanoseconds.
func monotonic() int64 { return clock(1) }
func realtime() int64  { return clock(0) }

func clock(id uintptr) int64 {
	var ts syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, id, uintptr(unsafe.Pointer(&ts)), 0)
	return ts.Nano()
}

// waitWord is the futex word of the vCPU.
func (v *vcpu) waitWord() *uint32 { return (*uint32)(unsafe.Pointer(&v.wait)) }
