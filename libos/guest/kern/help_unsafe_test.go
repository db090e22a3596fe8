package kern

import (
	"runtime"
	"syscall"
	"testing"
	"unsafe"

	"unibench/libos/abi"
)

// region maps n bytes outside of Go's heap, as a program's memory is, and
// returns the address.
func region(t testing.TB, n int) uintptr {
	t.Helper()
	b, err := syscall.Mmap(-1, 0, n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		t.Fatalf("mmap of %d bytes: %v", n, err)
	}
	t.Cleanup(func() { syscall.Munmap(b) })
	return uintptr(unsafe.Pointer(unsafe.SliceData(b)))
}

// bytesAt is the memory at addr.
func bytesAt(addr uintptr, n int) []byte { return unsafe.Slice((*byte)(pointer(addr)), n) }

func store32(addr uintptr, v uint32) { *(*uint32)(pointer(addr)) = v }

// offsets of what package runtime has structures of its own for, by the names
// that it gives them.
var offsets = map[string]map[string]uintptr{
	"sigactiont": {
		"sa_handler":  unsafe.Offsetof(action{}.handler),
		"sa_flags":    unsafe.Offsetof(action{}.flags),
		"sa_restorer": unsafe.Offsetof(action{}.restorer),
		"sa_mask":     unsafe.Offsetof(action{}.mask),
	},
	"stackt": {
		"ss_sp":    unsafe.Offsetof(userStack{}.sp),
		"ss_flags": unsafe.Offsetof(userStack{}.flags),
		"ss_size":  unsafe.Offsetof(userStack{}.size),
	},
	"ucontext": {
		"uc_flags":    unsafe.Offsetof(userContext{}.flags),
		"uc_link":     unsafe.Offsetof(userContext{}.link),
		"uc_stack":    unsafe.Offsetof(userContext{}.stack),
		"uc_mcontext": unsafe.Offsetof(userContext{}.regs),
	},
	"siginfoFields": {
		"si_signo": unsafe.Offsetof(signalInfo{}.signo),
		"si_errno": unsafe.Offsetof(signalInfo{}.errno),
		"si_code":  unsafe.Offsetof(signalInfo{}.code),
		"si_addr":  unsafe.Offsetof(signalInfo{}.addr),
	},
	"sigcontext": {
		"r8":          unsafe.Offsetof(abi.SigContext{}.R8),
		"r9":          unsafe.Offsetof(abi.SigContext{}.R9),
		"r10":         unsafe.Offsetof(abi.SigContext{}.R10),
		"r11":         unsafe.Offsetof(abi.SigContext{}.R11),
		"r12":         unsafe.Offsetof(abi.SigContext{}.R12),
		"r13":         unsafe.Offsetof(abi.SigContext{}.R13),
		"r14":         unsafe.Offsetof(abi.SigContext{}.R14),
		"r15":         unsafe.Offsetof(abi.SigContext{}.R15),
		"rdi":         unsafe.Offsetof(abi.SigContext{}.DI),
		"rsi":         unsafe.Offsetof(abi.SigContext{}.SI),
		"rbp":         unsafe.Offsetof(abi.SigContext{}.BP),
		"rbx":         unsafe.Offsetof(abi.SigContext{}.BX),
		"rdx":         unsafe.Offsetof(abi.SigContext{}.DX),
		"rax":         unsafe.Offsetof(abi.SigContext{}.AX),
		"rcx":         unsafe.Offsetof(abi.SigContext{}.CX),
		"rsp":         unsafe.Offsetof(abi.SigContext{}.SP),
		"rip":         unsafe.Offsetof(abi.SigContext{}.IP),
		"eflags":      unsafe.Offsetof(abi.SigContext{}.Flags),
		"cs":          unsafe.Offsetof(abi.SigContext{}.CS),
		"gs":          unsafe.Offsetof(abi.SigContext{}.GS),
		"fs":          unsafe.Offsetof(abi.SigContext{}.FS),
		"err":         unsafe.Offsetof(abi.SigContext{}.Err),
		"trapno":      unsafe.Offsetof(abi.SigContext{}.TrapNo),
		"oldmask":     unsafe.Offsetof(abi.SigContext{}.OldMask),
		"cr2":         unsafe.Offsetof(abi.SigContext{}.CR2),
		"fpstate":     unsafe.Offsetof(abi.SigContext{}.FPState),
		"__reserved1": unsafe.Offsetof(abi.SigContext{}.Reserved),
	},
}

// machine is a Kernel on vCPUs that nothing executes.
type machine struct {
	k   *Kernel
	cpu []*abi.PerCPU
	mem uintptr // memory of the program for arguments, argSize bytes
}

const argSize = 64 << 10

func newMachine(t testing.TB, vcpus int) *machine {
	m := &machine{k: new(Kernel), mem: region(t, argSize)}
	m.k.Init(vcpus)
	for i := range vcpus {
		m.cpu = append(m.cpu, &abi.PerCPU{Index: uint32(i), Thread: none})
	}
	m.cpu[0].Thread = 0
	t.Cleanup(func() { runtime.KeepAlive(m) })
	return m
}

// call executes a system call on vCPU 0.
func (m *machine) call(number uint64, args ...uint64) (uint64, Request) {
	return m.callOn(m.cpu[0], 0, number, args...)
}

func (m *machine) callOn(pc *abi.PerCPU, now int64, number uint64, args ...uint64) (uint64, Request) {
	var a [6]uint64
	copy(a[:], args)
	r := &pc.Save
	r.AX, r.DI, r.SI, r.DX, r.R10, r.R8, r.R9 = number, a[0], a[1], a[2], a[3], a[4], a[5]
	req := m.k.Syscall(pc, now)
	return pc.Save.AX, req
}

// addRAM gives the kernel pages of memory to manage, limit bytes of it usable.
func (m *machine) addRAM(t testing.TB, pages int, limit uint64) (start, end uintptr) {
	start = region(t, pages*pageSize)
	end = start + uintptr(pages)*pageSize
	m.k.Mem.Init(start, end, limit)
	return start, end
}

const threadFlags = 0x100 | 0x10000 // CLONE_VM, CLONE_THREAD

// clone makes a thread and returns its index.
func (m *machine) clone(t testing.TB, pc *abi.PerCPU) int32 {
	t.Helper()
	tid := m.k.Clone(pc, threadFlags, 0x1000, 0)
	if int64(tid) <= 0 {
		t.Fatalf("Clone() = %d, want a thread id", int64(tid))
	}
	return int32(tid - 1)
}

// addressOfWords returns where the words are.
func addressOfWords(w []uint64) uintptr { return uintptr(unsafe.Pointer(&w[0])) }
