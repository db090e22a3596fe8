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
)

// asm assembles the few instructions that the test guests are made of.
type asm []byte

func (a asm) bytes(b ...byte) asm { return append(a, b...) }

// store writes v to addr, below 2 GiB.
func (a asm) store(addr, v uint64) asm {
	a = binary.LittleEndian.AppendUint64(a.bytes(0x48, 0xb8), v) // mov rax, v
	return binary.LittleEndian.AppendUint32(a.bytes(0x48, 0x89, 0x04, 0x25), uint32(addr))
}

// out writes number to a port, 32 bits.
func (a asm) out(port uint16, number uint32) asm {
	a = binary.LittleEndian.AppendUint32(a.bytes(0xb8), number) // mov eax, number
	return a.bytes(0x66, 0xba, byte(port), byte(port>>8), 0xef) // mov dx, port; out dx, eax
}

// call makes a hypercall of vCPU 0.
func (a asm) call(number uint32, args ...uint64) asm {
	for i, v := range args {
		a = a.store(perCPUBase(0)+0x40+8*uint64(i), v)
	}
	return a.out(abi.HypercallPort, number)
}

// field is the address of a field of vCPU i's block.
func field(i int, offset uintptr) uint64 { return perCPUBase(i) + uint64(offset) }

var (
	fieldTrapEntry = unsafe.Offsetof(abi.PerCPU{}.TrapEntry)
	fieldSyscall   = unsafe.Offsetof(abi.PerCPU{}.SyscallEntry)
	fieldInKernel  = unsafe.Offsetof(abi.PerCPU{}.InKernel)
	fieldKernelSP  = unsafe.Offsetof(abi.PerCPU{}.KernelSP)
)

// trapsTo makes exceptions end the VM by a panic hypercall: a handler of its own
// stands at a fixed place behind the code, which reports what the stub left.
const trapHandler = testText + 0x800

func (a asm) withTrapHandler() asm {
	head := asm(nil).store(field(0, fieldTrapEntry), trapHandler)
	a = append(head, a...)
	at := int(trapHandler - (testEntry + abi.ImageHeaderLength))
	for len(a) < at {
		a = a.bytes(0x90)
	}
	load := func(from, to uint64) { // mov rax, [from]; mov [to], rax
		a = binary.LittleEndian.AppendUint32(a.bytes(0x48, 0x8b, 0x04, 0x25), uint32(from))
		a = binary.LittleEndian.AppendUint32(a.bytes(0x48, 0x89, 0x04, 0x25), uint32(to))
	}
	frame := perCPUBase(0) + abi.TrapFrame
	a = a.store(perCPUBase(0)+0x40, 99)
	load(frame+16, perCPUBase(0)+0x48)       // instruction pointer
	load(field(0, 0x30), perCPUBase(0)+0x50) // CR2
	load(frame, perCPUBase(0)+0x58)          // vector
	return a.out(abi.HypercallPort, abi.HypercallPanic)
}

// loop is a jump to itself.
func (a asm) loop() asm { return a.bytes(0xeb, 0xfe) }

// boot runs code as the guest of a real machine.
func boot(t *testing.T, vcpus int, code asm, during func(m *Machine)) (Exit, error) {
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
	code := asm(nil).
		call(abi.HypercallWrite, 1, testROData, 8).
		call(abi.HypercallRead, testData, 5).
		call(abi.HypercallWait, 1).
		call(abi.HypercallExit, 42, 0)
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
		code asm
		want string // in the error; "stopped" if the guest would run for ever
	}{
		{"unknown hypercall", asm(nil).call(0), "unknown hypercall (0x0)"},
		{"unknown hypercall -1", asm(nil).call(0xffffffff), "unknown hypercall (0xffffffff)"},
		{"write from nil", asm(nil).call(abi.HypercallWrite, 1, 0, 9), "write from outside of memory (0x0)"},
		{"write wraps", asm(nil).call(abi.HypercallWrite, 1, 1<<20, wrapped), "write from outside of memory"},
		{"write from far away", asm(nil).call(abi.HypercallWrite, 1, farAway, 1), "write from outside of memory"},
		{"read to text", asm(nil).call(abi.HypercallRead, testText, 9), "not the guest's to write"},
		{"read to the descriptor tables", asm(nil).call(abi.HypercallRead, abi.SystemGPA, 9), "not the guest's to write"},
		{"read wraps", asm(nil).call(abi.HypercallRead, testData, wrapped), "not the guest's to write"},
		{"free the image", asm(nil).call(abi.HypercallFree, testText, 4096), "free of something that is not memory"},
		{"free wraps", asm(nil).call(abi.HypercallFree, abi.ImageGPA, ^uint64(abi.ImageGPA)+1), "free of something that is not memory"},
		{"exit by signal 65", asm(nil).call(abi.HypercallExit, 0, 65), "exit with an unknown signal (0x41)"},
		{"panic", asm(nil).call(abi.HypercallPanic, 5, 6, 7, 8), "library OS panic 5 at 0x6, vector 8, address (0x7)"},
		{"another port", asm(nil).out(abi.HypercallPort+1, 1), "access to an unknown I/O port (0x19)"},
		{"8 bits to the port", asm(nil).bytes(0xb0, 1, 0xe6, abi.HypercallPort), "access to an unknown I/O port (0x18)"},
		{"port input", asm(nil).bytes(0xe5, abi.HypercallPort), "access to an unknown I/O port (0x18)"},

		{"undefined instruction", asm(nil).bytes(0x0f, 0x0b).withTrapHandler(), "vector 6, address"},
		{"HLT", asm(nil).bytes(0xf4).withTrapHandler(), "vector 13, address"},
		{"CLI in CR0", asm(nil).bytes(0x0f, 0x22, 0xc0).withTrapHandler(), "vector 13, address"}, // mov cr0, rax
		{"RDMSR", asm(nil).bytes(0x0f, 0x32).withTrapHandler(), "vector 13, address"},
		{"divide by zero", asm(nil).bytes(0x31, 0xc9, 0xf7, 0xf1).withTrapHandler(), "vector 0, address"},
		{"nil pointer", asm(nil).store(0, 1).withTrapHandler(), "vector 14, address (0x0)"},
		{"store to text", asm(nil).store(testText, 1).withTrapHandler(), "vector 14, address (0x401000)"},
		{"store to constants", asm(nil).store(testROData, 1).withTrapHandler(), "vector 14, address (0x403000)"},
		{"store to BootInfo", asm(nil).store(abi.BootGPA, 1).withTrapHandler(), "vector 14, address (0x10000)"},
		{"store to the GDT", asm(nil).store(abi.SystemGPA, 1).withTrapHandler(), "vector 14, address (0x11000)"},
		{"store to the IDT", asm(nil).store(idtBase(0), 1).withTrapHandler(), "vector 14, address (0x106000)"},
		{"store beyond memory", asm(nil).store(0x7ffff000, 1).withTrapHandler(), "vector 14, address (0x7ffff000)"},
		{"execute data", asm(nil).bytes(0xb8).bytes(byte(testData&0xff), byte(testData>>8&0xff), byte(testData>>16), 0, 0xff, 0xe0).withTrapHandler(), "vector 14, address (0x405000)"},
		{"execute a ring-0 stub", asm(nil).bytes(0xb8, 0, 0x72, 0x10, 0, 0xff, 0xe0).withTrapHandler(), "vector 14, address (0x107200)"},

		{"no trap handler", asm(nil).bytes(0x0f, 0x0b), "stopped"},
		{"trap handler is data", asm(nil).store(field(0, fieldTrapEntry), testData).bytes(0x0f, 0x0b), "stopped"},
		{"trap handler is not canonical", asm(nil).store(field(0, fieldTrapEntry), nonCanonical).bytes(0x0f, 0x0b), "any"},
		{"garbage everywhere in the block", asm(nil).store(field(0, 0), wrapped).store(field(0, fieldInKernel), 0).
			store(field(0, fieldKernelSP), wrapped).store(field(0, 0x28), wrapped).store(field(0, 0x38), wrapped).
			store(field(0, 0x108), 0).store(field(0, 0x110), wrapped).store(field(0, 0x118), wrapped).
			call(abi.HypercallWrite, 1, 1<<62, 1), "write from outside of memory"},
		{"event to garbage", asm(nil).store(field(0, fieldTrapEntry), nonCanonical).store(field(0, fieldInKernel), 0).loop(), "any"},
		{"event to nowhere", asm(nil).store(field(0, fieldTrapEntry), 8).store(field(0, fieldInKernel), 0).loop(), "stopped"},
		{"never injectable", asm(nil).store(field(0, fieldTrapEntry), testText).store(field(0, 0x108), 0).store(field(0, 0x110), wrapped).
			store(field(0, fieldInKernel), 0).loop(), "stopped"},
		{"SYSCALL to garbage", asm(nil).store(field(0, fieldSyscall), nonCanonical).bytes(0x0f, 0x05).withTrapHandler(), "any"},
		{"SYSCALL with a bad stack", asm(nil).store(field(0, fieldSyscall), testText).bytes(0x31, 0xe4, 0x0f, 0x05).withTrapHandler(), "any"}, // xor esp, esp
		{"waits for ever", asm(nil).call(abi.HypercallWait, 1<<63-1).loop(), "stopped"},
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
		code := asm(nil).
			store(field(0, fieldTrapEntry), entry).
			call(abi.HypercallKick, wrapped).
			call(abi.HypercallKick, wrapped).
			call(abi.HypercallWait, 1<<63-1).loop()
		_, err := boot(t, 3, code, disturb)
		if err == nil {
			t.Errorf("trap entry %#x: no error", entry)
		}
		t.Logf("trap entry %#x ends with %v", entry, err)
	}
}
