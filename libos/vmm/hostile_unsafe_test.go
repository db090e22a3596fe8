package vmm

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"time"
	"unsafe"

	"unibench/libos/abi"
	"unibench/libos/vmm/kvm"
	"unibench/libos/vmm/testguest"
)

// field is the address of a field of vCPU i's block.
func field(i int, offset uintptr) uint64 { return perCPUBase(i) + uint64(offset) }

var (
	fieldTrapEntry = unsafe.Offsetof(abi.PerCPU{}.TrapEntry)
	fieldSyscall   = unsafe.Offsetof(abi.PerCPU{}.SyscallEntry)
	fieldInKernel  = unsafe.Offsetof(abi.PerCPU{}.InKernel)
	fieldKernelSP  = unsafe.Offsetof(abi.PerCPU{}.KernelSP)
)

// trapHandler is where withTrapHandler puts its handler.
const trapHandler = testText + 0x800

// withTrapHandler makes exceptions end the VM by a panic hypercall, which reports
// what the stub left in the trap frame.
func withTrapHandler(a testguest.Asm) testguest.Asm {
	head := testguest.Asm(nil).Store(field(0, fieldTrapEntry), trapHandler)
	a = append(head, a...)
	at := int(trapHandler - testguest.Code)
	for len(a) < at {
		a = a.Bytes(0x90)
	}
	load := func(from, to uint64) { // mov rax, [from]; mov [to], rax
		a = binary.LittleEndian.AppendUint32(a.Bytes(0x48, 0x8b, 0x04, 0x25), uint32(from))
		a = binary.LittleEndian.AppendUint32(a.Bytes(0x48, 0x89, 0x04, 0x25), uint32(to))
	}
	frame := perCPUBase(0) + abi.TrapFrame
	a = a.Store(perCPUBase(0)+0x40, 99)
	load(frame+16, perCPUBase(0)+0x48)       // instruction pointer
	load(field(0, 0x30), perCPUBase(0)+0x50) // CR2
	load(frame, perCPUBase(0)+0x58)          // vector
	return a.Out(abi.HypercallPort, abi.HypercallPanic)
}

// boot runs code as the guest of a real machine.
func boot(t *testing.T, vcpus int, code testguest.Asm, during func(m *Machine)) (Exit, error) {
	t.Helper()
	sys, err := kvm.Open()
	if err != nil {
		t.Skipf("no KVM on this host: %v", err)
	}
	sys.Close()
	m, err := New(Config{
		Image: openImage(t, code), Memory: 16 * mib, VCPUs: vcpus, Args: []string{"guest"},
		Console: &fakeConsole{input: []byte("input")},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if during != nil {
		go during(m)
	}
	// A guest that does not end by itself makes the test fail, not hang.
	defer time.AfterFunc(20*time.Second, m.Stop).Stop()
	return m.Run()
}

// TestWellBehaved: the guest gets everything right.
func TestWellBehaved(t *testing.T) {
	code := testguest.Asm(nil).
		Call(abi.HypercallWrite, 1, testROData, 8).
		Call(abi.HypercallRead, testData, 5).
		Call(abi.HypercallWait, 1).
		Call(abi.HypercallExit, 42, 0)
	if exit, err := boot(t, 1, code, nil); err != nil || exit != (Exit{Status: 42}) {
		t.Errorf("exit %+v, %v; want status 42", exit, err)
	}
}

// disturb sends events to a running guest for a while, and ends it then if it
// has not ended.
func disturb(m *Machine) {
	ticks := time.NewTicker(4 * time.Millisecond)
	defer ticks.Stop()
	for range 20 {
		select {
		case <-m.done:
			return
		case <-ticks.C:
			m.Signal(10)
		}
	}
	m.Stop()
}

// TestHostileGuests: whatever a guest does, it ends its own VM with one error, or
// is ended from outside; the monitor, this test, goes on.
func TestHostileGuests(t *testing.T) {
	const farAway = 0x7f0000000000
	nonCanonical := uint64(1) << 63
	for _, c := range []struct {
		name string
		code testguest.Asm
		want string // in the error; "stopped" if the guest would run for ever
	}{
		{"unknown hypercall", testguest.Asm(nil).Call(0), "unknown hypercall (0x0)"},
		{"unknown hypercall -1", testguest.Asm(nil).Call(0xffffffff), "unknown hypercall (0xffffffff)"},
		{"write from nil", testguest.Asm(nil).Call(abi.HypercallWrite, 1, 0, 9), "write from outside of memory (0x0)"},
		{"write wraps", testguest.Asm(nil).Call(abi.HypercallWrite, 1, 1<<20, wrapped), "write from outside of memory"},
		{"write from far away", testguest.Asm(nil).Call(abi.HypercallWrite, 1, farAway, 1), "write from outside of memory"},
		{"read to text", testguest.Asm(nil).Call(abi.HypercallRead, testText, 9), "not the guest's to write"},
		{"read to the descriptor tables", testguest.Asm(nil).Call(abi.HypercallRead, abi.SystemGPA, 9), "not the guest's to write"},
		{"read wraps", testguest.Asm(nil).Call(abi.HypercallRead, testData, wrapped), "not the guest's to write"},
		{"free the image", testguest.Asm(nil).Call(abi.HypercallFree, testText, 4096), "free of something that is not memory"},
		{"free wraps", testguest.Asm(nil).Call(abi.HypercallFree, abi.ImageGPA, ^uint64(abi.ImageGPA)+1), "free of something that is not memory"},
		{"exit by signal 65", testguest.Asm(nil).Call(abi.HypercallExit, 0, 65), "exit with an unknown signal (0x41)"},
		{"panic", testguest.Asm(nil).Call(abi.HypercallPanic, 5, 6, 7, 8), "library OS panic 5 at 0x6, vector 8, address (0x7)"},
		{"another port", testguest.Asm(nil).Out(abi.HypercallPort+1, 1), "access to an unknown I/O port (0x19)"},
		{"8 bits to the port", testguest.Asm(nil).Bytes(0xb0, 1, 0xe6, abi.HypercallPort), "access to an unknown I/O port (0x18)"},
		{"port input", testguest.Asm(nil).Bytes(0xe5, abi.HypercallPort), "access to an unknown I/O port (0x18)"},

		{"undefined instruction", withTrapHandler(testguest.Asm(nil).Bytes(0x0f, 0x0b)), "vector 6, address"},
		{"HLT", withTrapHandler(testguest.Asm(nil).Bytes(0xf4)), "vector 13, address"},
		{"MOV to CR0", withTrapHandler(testguest.Asm(nil).Bytes(0x0f, 0x22, 0xc0)), "vector 13, address"}, // mov cr0, rax
		{"RDMSR", withTrapHandler(testguest.Asm(nil).Bytes(0x0f, 0x32)), "vector 13, address"},
		{"divide by zero", withTrapHandler(testguest.Asm(nil).Bytes(0x31, 0xc9, 0xf7, 0xf1)), "vector 0, address"},
		{"nil pointer", withTrapHandler(testguest.Asm(nil).Store(0, 1)), "vector 14, address (0x0)"},
		{"store to text", withTrapHandler(testguest.Asm(nil).Store(testText, 1)), "vector 14, address (0x401000)"},
		{"store to constants", withTrapHandler(testguest.Asm(nil).Store(testROData, 1)), "vector 14, address (0x403000)"},
		{"store to BootInfo", withTrapHandler(testguest.Asm(nil).Store(abi.BootGPA, 1)), "vector 14, address (0x10000)"},
		{"store to the GDT", withTrapHandler(testguest.Asm(nil).Store(abi.SystemGPA, 1)), "vector 14, address (0x11000)"},
		{"store to the IDT", withTrapHandler(testguest.Asm(nil).Store(idtBase(0), 1)), "vector 14, address (0x106000)"},
		{"store beyond memory", withTrapHandler(testguest.Asm(nil).Store(0x7ffff000, 1)), "vector 14, address (0x7ffff000)"},
		{"execute data", withTrapHandler(testguest.Asm(nil).Bytes(0xb8).Bytes(byte(testData&0xff), byte(testData>>8&0xff), byte(testData>>16), 0, 0xff, 0xe0)), "vector 14, address (0x405000)"},
		{"execute a ring-0 stub", withTrapHandler(testguest.Asm(nil).Bytes(0xb8, 0, 0x72, 0x10, 0, 0xff, 0xe0)), "vector 14, address (0x107200)"},

		{"no trap handler", testguest.Asm(nil).Bytes(0x0f, 0x0b), "stopped"},
		{"trap handler is data", testguest.Asm(nil).Store(field(0, fieldTrapEntry), testData).Bytes(0x0f, 0x0b), "stopped"},
		{"trap handler is not canonical", testguest.Asm(nil).Store(field(0, fieldTrapEntry), nonCanonical).Bytes(0x0f, 0x0b), "any"},
		{"garbage everywhere in the block", testguest.Asm(nil).Store(field(0, 0), wrapped).Store(field(0, fieldInKernel), 0).
			Store(field(0, fieldKernelSP), wrapped).Store(field(0, 0x28), wrapped).Store(field(0, 0x38), wrapped).
			Store(field(0, 0x108), 0).Store(field(0, 0x110), wrapped).Store(field(0, 0x118), wrapped).
			Call(abi.HypercallWrite, 1, 1<<62, 1), "write from outside of memory"},
		{"event to garbage", testguest.Asm(nil).Store(field(0, fieldTrapEntry), nonCanonical).Store(field(0, fieldInKernel), 0).Loop(), "any"},
		{"event to nowhere", testguest.Asm(nil).Store(field(0, fieldTrapEntry), 8).Store(field(0, fieldInKernel), 0).Loop(), "stopped"},
		{"never injectable", testguest.Asm(nil).Store(field(0, fieldTrapEntry), testText).Store(field(0, 0x108), 0).Store(field(0, 0x110), wrapped).
			Store(field(0, fieldInKernel), 0).Loop(), "stopped"},
		{"SYSCALL to garbage", withTrapHandler(testguest.Asm(nil).Store(field(0, fieldSyscall), nonCanonical).Bytes(0x0f, 0x05)), "any"},
		{"SYSCALL with a bad stack", withTrapHandler(testguest.Asm(nil).Store(field(0, fieldSyscall), testText).Bytes(0x31, 0xe4, 0x0f, 0x05)), "any"}, // xor esp, esp
		{"waits for ever", testguest.Asm(nil).Call(abi.HypercallWait, 1<<63-1).Loop(), "stopped"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var during func(*Machine)
			if c.want == "stopped" || c.want == "any" {
				during = disturb
			}
			exit, err := boot(t, 1, c.code, during)
			var guest *GuestError
			switch {
			case c.want == "any":
				t.Logf("ends with %v", err)
				if err == nil {
					t.Errorf("exit %+v without an error", exit)
				}
			case c.want == "stopped":
				if !errors.Is(err, ErrStopped) {
					t.Errorf("exit %+v, %v; want ErrStopped", exit, err)
				}
			case !errors.As(err, &guest) || !strings.Contains(err.Error(), c.want):
				t.Errorf("exit %+v, %v; want a GuestError with %q", exit, err, c.want)
			case strings.Contains(err.Error(), "\n"):
				t.Errorf("error %q has more than one line", err)
			}
		})
	}
}

// TestHostileSecondVCPU: garbage in the first block at the time a second vCPU is
// started from it.
func TestHostileSecondVCPU(t *testing.T) {
	for _, entry := range []uint64{0, testData, 1 << 63, wrapped} {
		code := testguest.Asm(nil).
			Store(field(0, fieldTrapEntry), entry).
			Call(abi.HypercallKick, wrapped).
			Call(abi.HypercallKick, wrapped).
			Call(abi.HypercallWait, 1<<63-1).Loop()
		_, err := boot(t, 3, code, disturb)
		if err == nil {
			t.Errorf("trap entry %#x: no error", entry)
		}
		t.Logf("trap entry %#x ends with %v", entry, err)
	}
}
