package vmm

import (
	"errors"
	"math"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"unibench/libos/abi"
	"unibench/libos/vmm/kvm"
)

const wrapped = math.MaxUint64

// TestHypercalls is the table of hypercalls with good and hostile arguments. bad
// is a part of the GuestError; otherwise ret is the result.
func TestHypercalls(t *testing.T) {
	m := plainMachine(t, Config{VCPUs: 2, Memory: 16 * mib, Initrd: blob(4096), Outputs: 2, Console: &fakeConsole{input: []byte(strings.Repeat("x", 1000))}}, nil)
	l := m.lay
	end := m.mem.size()
	for _, c := range []struct {
		name   string
		number uint32
		args   []uint64
		ret    int64
		bad    string
	}{
		{"number 0", 0, nil, 0, "unknown hypercall"},
		{"number beyond the last", abi.HypercallMax + 1, nil, 0, "unknown hypercall"},
		{"number -1", math.MaxUint32, nil, 0, "unknown hypercall"},
		{"panic", abi.HypercallPanic, []uint64{7, 0x401000, 0xbad, 14}, 0, "library OS panic 7 at 0x401000, vector 14, address (0xbad)"},

		{"write", abi.HypercallWrite, []uint64{1, l.memStart, 5}, 5, ""},
		{"write to stderr", abi.HypercallWrite, []uint64{2, testROData, 8}, 8, ""},
		{"write nothing", abi.HypercallWrite, []uint64{1, end, 0}, 0, ""},
		{"write to stdin", abi.HypercallWrite, []uint64{0, l.memStart, 5}, 0, "descriptor that there is not"},
		{"write to another", abi.HypercallWrite, []uint64{3, l.memStart, 5}, 0, "descriptor that there is not"},
		{"write to -1", abi.HypercallWrite, []uint64{wrapped, l.memStart, 5}, 0, "descriptor that there is not"},
		{"write from nil", abi.HypercallWrite, []uint64{1, 0, 5}, 0, "write from outside"},
		{"write across the end", abi.HypercallWrite, []uint64{1, end - 4, 5}, 0, "write from outside"},
		{"write from beyond", abi.HypercallWrite, []uint64{1, end + 1, 0}, 0, "write from outside"},
		{"write too much", abi.HypercallWrite, []uint64{1, l.memStart, wrapped}, 0, "write from outside"},
		{"write wraps", abi.HypercallWrite, []uint64{1, l.memStart, -l.memStart}, 0, "write from outside"},
		{"write from -1", abi.HypercallWrite, []uint64{1, wrapped, 1}, 0, "write from outside"},

		{"read", abi.HypercallRead, []uint64{l.memStart, 5}, 5, ""},
		{"read to the end", abi.HypercallRead, []uint64{l.memEnd - 5, 5}, 5, ""},
		{"read to data", abi.HypercallRead, []uint64{testData, 5}, 5, ""},
		{"read to the stack", abi.HypercallRead, []uint64{l.stack, 5}, 5, ""},
		{"read across the end", abi.HypercallRead, []uint64{l.memEnd - 4, 5}, 0, "not the guest's to write"},
		{"read to text", abi.HypercallRead, []uint64{testText, 5}, 0, "not the guest's to write"},
		{"read to constants", abi.HypercallRead, []uint64{testROData, 5}, 0, "not the guest's to write"},
		{"read to tables", abi.HypercallRead, []uint64{l.tables, 8}, 0, "not the guest's to write"},
		{"read across tables", abi.HypercallRead, []uint64{l.tables - 8, 16}, 0, "not the guest's to write"},
		{"read over everything", abi.HypercallRead, []uint64{testData, end - testData}, 0, "not the guest's to write"},
		{"read to the archive", abi.HypercallRead, []uint64{l.initrd, 8}, 0, "not the guest's to write"},
		{"read to the IDT", abi.HypercallRead, []uint64{idtBase(0), 8}, 0, "not the guest's to write"},
		{"read to BootInfo", abi.HypercallRead, []uint64{abi.BootGPA, 8}, 0, "not the guest's to write"},
		{"read to a guard page", abi.HypercallRead, []uint64{l.stack - 8, 16}, 0, "not the guest's to write"},
		{"write to an output", abi.HypercallWrite, []uint64{abi.FirstOutput + 1, l.memStart, 3}, 3, ""},
		{"write to an output too many", abi.HypercallWrite, []uint64{abi.FirstOutput + 2, l.memStart, 3}, 0, "descriptor that there is not"},
		{"read to nil", abi.HypercallRead, []uint64{0, 8}, 0, "not the guest's to write"},
		{"read too much", abi.HypercallRead, []uint64{l.memStart, wrapped}, 0, "not the guest's to write"},
		{"read wraps", abi.HypercallRead, []uint64{l.memStart, -l.memStart}, 0, "not the guest's to write"},
		{"read to -1", abi.HypercallRead, []uint64{wrapped, 2}, 0, "not the guest's to write"},

		{"wait for the past", abi.HypercallWait, []uint64{1}, 0, ""},
		{"wait for time 0", abi.HypercallWait, []uint64{0}, 0, ""},

		{"kick nobody", abi.HypercallKick, []uint64{0}, 0, ""},
		{"kick itself", abi.HypercallKick, []uint64{1}, 0, ""},
		{"kick who is not there", abi.HypercallKick, []uint64{wrapped &^ 3}, 0, ""},

		{"free", abi.HypercallFree, []uint64{l.memStart + 4096, 8192}, 0, ""},
		{"free nothing", abi.HypercallFree, []uint64{l.memEnd, 0}, 0, ""},
		{"free all", abi.HypercallFree, []uint64{l.memStart, l.memEnd - l.memStart}, 0, ""},
		{"free half a page", abi.HypercallFree, []uint64{l.memStart, 2048}, 0, "free of something"},
		{"free from within a page", abi.HypercallFree, []uint64{l.memStart + 8, 4096}, 0, "free of something"},
		{"free the image", abi.HypercallFree, []uint64{testData &^ 4095, 4096}, 0, "free of something"},
		{"free tables", abi.HypercallFree, []uint64{l.tables, 4096}, 0, "free of something"},
		{"free across the end", abi.HypercallFree, []uint64{l.memEnd - 4096, 8192}, 0, "free of something"},
		{"free wraps", abi.HypercallFree, []uint64{l.memStart, -l.memStart}, 0, "free of something"},
		{"trace that nobody wants", abi.HypercallTrace, []uint64{l.memStart}, 0, "a trace that nobody asked for"},
		{"free the last page", abi.HypercallFree, []uint64{^uint64(4095), 4096}, 0, "free of something"},
	} {
		v := m.vcpus[0]
		v.pc.Call = abi.Hypercall{Ret: 0x5555}
		copy(v.pc.Call.Args[:], c.args)
		err := v.hypercall(c.number)
		var guest *GuestError
		switch {
		case c.bad == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.bad == "" && c.number != abi.HypercallKick && int64(v.pc.Call.Ret) != c.ret:
			t.Errorf("%s: result %d, want %d", c.name, int64(v.pc.Call.Ret), c.ret)
		case c.bad != "" && (!errors.As(err, &guest) || !strings.Contains(err.Error(), c.bad)):
			t.Errorf("%s: error %v, want a GuestError with %q", c.name, err, c.bad)
		}
	}
	if got := string(m.mem.bytes[testROData:][:8]); got != "constant" {
		t.Errorf("constants became %q", got)
	}
	if m.vcpus[1].live.Load() {
		t.Error("a vCPU that was not kicked was started")
	}
	counted := map[string]uint64{}
	for cause, name := range causeNames {
		if n := m.vcpus[0].exits[cause].Load(); n != 0 {
			counted[name] = n
		}
	}
	if diff := cmp.Diff(counted, m.Exits()); diff != "" || counted["wait"] != 2 || counted["kick"] != 3 || counted["panic"] != 1 {
		t.Errorf("exits by cause: %v (-vCPU +machine):\n%s", counted, diff)
	}
}

func TestHypercallErrnos(t *testing.T) {
	m := plainMachine(t, Config{VCPUs: 1, Memory: 16 * mib}, nil)
	v := m.vcpus[0]
	v.pc.Call.Args = [6]uint64{m.lay.memStart, 10}
	if err := v.hypercall(abi.HypercallRead); err != nil || int64(v.pc.Call.Ret) != -int64(syscall.EAGAIN) {
		t.Errorf("read of nothing = %d, %v; want -EAGAIN", int64(v.pc.Call.Ret), err)
	}
	for _, c := range []struct{ status, signal, wantStatus, wantSignal uint64 }{{0x1ff, 64, 0xff, 64}} {
		v.pc.Call.Args = [6]uint64{c.status, c.signal}
		if err := v.hypercall(abi.HypercallExit); err != nil {
			t.Error(err)
		}
		if m.exit != (Exit{Status: int(c.wantStatus), Signal: int(c.wantSignal)}) {
			t.Errorf("exit %+v, want %d, %d", m.exit, c.wantStatus, c.wantSignal)
		}
	}
	v.pc.Call.Args = [6]uint64{0, 65}
	if err := v.hypercall(abi.HypercallExit); err == nil {
		t.Error("exit by signal 65: no error")
	}
}

// runPlain runs a plain machine to its end.
func runPlain(t *testing.T, cfg Config, guest func(m *Machine, i int) (reason, port uint32)) (Exit, error) {
	t.Helper()
	var m *Machine
	m = plainMachine(t, cfg, func(i int) (uint32, uint32) { return guest(m, i) })
	return m.Run()
}

// TestExitReasons: each way out of the guest that the contract does not have
// ends the VM with an error that says what happened.
func TestExitReasons(t *testing.T) {
	for reason, want := range map[uint32]string{
		kvm.ExitMMIO:          "vCPU 0: access outside of memory (0xdead); the VM was ended",
		kvm.ExitShutdown:      "vCPU 0: triple fault (0x401010); the VM was ended",
		kvm.ExitHLT:           "vCPU 0: HLT instruction (0x0); the VM was ended",
		kvm.ExitInternalError: "vCPU 0: VM exit internal-error (0x2a); the VM was ended",
		kvm.ExitFailEntry:     "vCPU 0: VM exit fail-entry (0x2a); the VM was ended",
		99:                    "vCPU 0: VM exit unknown (0x2a); the VM was ended",
	} {
		exit, err := runPlain(t, Config{VCPUs: 1, Memory: 16 * mib}, func(*Machine, int) (uint32, uint32) { return reason, 0 })
		var guest *GuestError
		if !errors.As(err, &guest) || err.Error() != want || exit != (Exit{}) {
			t.Errorf("exit reason %d: %+v, %v; want %q", reason, exit, err, want)
		}
	}
}

// TestBootInfo checks what the guest is told.
func TestBootInfo(t *testing.T) {
	cfg := Config{VCPUs: 2, Memory: 16 * mib, Initrd: blob(77), Host: strings.Repeat("h", 100)}
	cfg.Seed[63] = 9
	m := plainMachine(t, cfg, nil)
	b, l := m.mem.bootInfo(), m.lay
	got := []uint64{uint64(b.Version), uint64(b.VCPUs), b.MemStart, b.MemEnd, b.MemLimit, b.InitrdStart, b.InitrdSize}
	want := []uint64{abi.ImageVersion, 2, l.memStart, l.memEnd, l.memLimit, l.initrd, 77}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("boot information (-want +got):\n%s", diff)
	}
	if b.Stdio != [4]uint16{1, 2, 3} || b.Seed != cfg.Seed || string(b.Hostname[:]) != strings.Repeat("h", 63)+"\x00" {
		t.Errorf("stdio %v, host name %q", b.Stdio, b.Hostname)
	}
}

// TestSecondVCPU: a kick starts it at the trap entry of the first with a made-up
// event, once.
func TestSecondVCPU(t *testing.T) {
	var entered [2]atomic.Int32
	var frame [7]uint64
	var regs kvm.Regs
	exit, err := runPlain(t, Config{VCPUs: 2, Memory: 16 * mib}, func(m *Machine, i int) (uint32, uint32) {
		v := m.vcpus[i]
		n := entered[i].Add(1)
		if i == 1 {
			copy(frame[:], m.mem.words(perCPUBase(1)+abi.TrapFrame, 7))
			v.kvm.GetRegs(&regs)
			v.pc.Call.Args = [6]uint64{3}
			return kvm.ExitIO, abi.HypercallExit
		}
		if n == 1 {
			v.pc.TrapEntry, v.pc.SyscallEntry, v.pc.NoInjectLo, v.pc.NoInjectHi = testText, testText+1, testText+2, testText+3
			v.pc.Call.Args = [6]uint64{wrapped}
			return kvm.ExitIO, abi.HypercallKick
		}
		v.pc.Call.Args = [6]uint64{math.MaxInt64}
		return kvm.ExitIO, abi.HypercallWait
	})
	if err != nil || exit.Status != 3 {
		t.Fatalf("exit %+v, %v; want status 3 of the second vCPU", exit, err)
	}
	if entered[1].Load() != 1 {
		t.Errorf("the second vCPU ran %d times, want once", entered[1].Load())
	}
	if regs.RIP != testText || regs.RSP != kernelStackTop(1) || regs.RFlags != userFlags {
		t.Errorf("it starts with %+v", regs)
	}
	if want := [7]uint64{abi.VectorEvent, 0, 0, abi.SelectorUserCS, userFlags, 0, abi.SelectorUserSS}; frame != want {
		t.Errorf("it finds the frame %#x, want %#x", frame, want)
	}
}

// TestInject is the table of when an event interrupts the guest.
func TestInject(t *testing.T) {
	const lo, hi, entry = testText + 0x100, testText + 0x200, testText + 0x300
	for _, c := range []struct {
		name             string
		events, inKernel uint32
		rip              uint64
		want             bool
	}{
		{"in the program", 1, 0, testText, true},
		{"no event", 0, 0, testText, false},
		{"in the library OS", 1, 1, testText, false},
		{"in the library OS, deep", 1, 7, testText, false},
		{"before the resume code", 1, 0, lo - 1, true},
		{"at its start", 1, 0, lo, false},
		{"at its last byte", 1, 0, hi - 1, false},
		{"after it", 1, 0, hi, true},
		{"in a stub", 1, 0, stubBase(0), false},
		{"in the SYSCALL stub", 1, 0, abi.LSTARGPA, false},
		{"nowhere", 1, 0, wrapped, true},
	} {
		m := plainMachine(t, Config{VCPUs: 1, Memory: 16 * mib}, nil)
		v := m.vcpus[0]
		v.pc.Events, v.pc.InKernel = c.events, c.inKernel
		v.pc.TrapEntry, v.pc.NoInjectLo, v.pc.NoInjectHi = entry, lo, hi
		before := kvm.Regs{RIP: c.rip, RSP: 0x1234, RFlags: 0x246, RAX: 9}
		v.kvm.SetRegs(&before)
		if err := v.inject(); err != nil {
			t.Fatal(err)
		}
		var r kvm.Regs
		v.kvm.GetRegs(&r)
		if !c.want {
			if r != before || v.pc.InKernel != c.inKernel {
				t.Errorf("%s: the guest was interrupted: %+v", c.name, r)
			}
			continue
		}
		want := before
		want.RIP, want.RSP, want.RFlags = entry, kernelStackTop(0), userFlags
		if r != want || v.pc.InKernel != 1 {
			t.Errorf("%s: goes on with %+v, want %+v", c.name, r, want)
		}
		frame := [7]uint64(m.mem.words(perCPUBase(0)+abi.TrapFrame, 7))
		if wantFrame := [7]uint64{abi.VectorEvent, 0, c.rip, abi.SelectorUserCS, 0x246, 0x1234, abi.SelectorUserSS}; frame != wantFrame {
			t.Errorf("%s: frame %#x, want %#x", c.name, frame, wantFrame)
		}
	}
}

// FuzzHypercall makes one hypercall with hostile arguments in a hostile block,
// then an event. Nothing but a GuestError or an ordinary result may come of it.
func FuzzHypercall(f *testing.F) {
	m := plainMachine(f, Config{VCPUs: 1, Memory: 8 * mib, Console: nullConsole{}}, nil)
	l := m.lay
	for n := range uint32(abi.HypercallMax + 2) {
		f.Add(n, l.memStart, uint64(8), uint64(8), uint32(0), uint32(1), uint64(testText))
		f.Add(n, uint64(1), l.memEnd, wrapped-l.memEnd, uint32(1), uint32(0), uint64(wrapped))
		f.Add(n, l.tables-1, uint64(4096), l.tables, uint32(wrapped&0xffffffff), uint32(2), uint64(0))
	}
	f.Fuzz(func(t *testing.T, number uint32, a, b, c uint64, events, inKernel uint32, rip uint64) {
		v := m.vcpus[0]
		v.pc.Call.Args = [6]uint64{a, b, c, a, b, c}
		v.pc.Events, v.pc.InKernel = events, inKernel
		v.pc.Self, v.pc.KernelSP, v.pc.TrapEntry, v.pc.NoInjectLo, v.pc.NoInjectHi = a, b, c, rip-1, rip&1
		v.pc.Index, v.pc.Thread, v.pc.Idle = number, int32(events), inKernel
		if number == abi.HypercallWait && events == 0 {
			v.pc.Events = 1 // or it waits
		}
		if number == abi.HypercallExit && b <= 64 {
			return // ends the machine that all inputs share
		}
		err := v.hypercall(number)
		var guest *GuestError
		if err != nil && !errors.As(err, &guest) {
			t.Errorf("hypercall %d(%#x, %#x, %#x): %v", number, a, b, c, err)
		}
		v.kvm.SetRegs(&kvm.Regs{RIP: rip})
		if err := v.inject(); err != nil {
			t.Error(err)
		}
	})
}

// nullConsole has no end of input, takes any output and keeps nothing.
type nullConsole struct{}

func (nullConsole) Write(_ int, p []byte) (int, syscall.Errno)       { return len(p), 0 }
func (nullConsole) Read(p []byte, _ func()) (n int, e syscall.Errno) { return len(p), 0 }
func (nullConsole) Modes() [3]uint16                                 { return [3]uint16{} }

// TestInjectAfterException: an exception that was raised when the vCPU left the
// guest is delivered at the next entry. With an event injected in between, it
// came at the guest's trap entry, and the library OS took it for its own.
func TestInjectAfterException(t *testing.T) {
	m := plainMachine(t, Config{VCPUs: 1, Memory: 16 * mib}, nil)
	v := m.vcpus[0]
	v.pc.Events, v.pc.InKernel, v.pc.TrapEntry = 1, 0, testText+0x300
	before := kvm.Regs{RIP: testText}
	v.kvm.SetRegs(&before)
	v.kvm.(*fakeProcessor).fault = true
	if err := v.inject(); err != nil {
		t.Fatal(err)
	}
	var r kvm.Regs
	v.kvm.GetRegs(&r)
	if r != before || v.pc.InKernel != 0 || v.pc.Events != 1 {
		t.Errorf("with an exception pending: goes on with %+v, events %d; want no change", r, v.pc.Events)
	}
}

// TestTraceCall: records come from anywhere in memory and from nowhere else; what
// they point to is a copy.
func TestTraceCall(t *testing.T) {
	var got []abi.TraceRecord
	var mem Memory
	m := plainMachine(t, Config{VCPUs: 1, Memory: 16 * mib, Trace: func(r *abi.TraceRecord, memory Memory) {
		got, mem = append(got, *r), memory
	}}, nil)
	if m.mem.bootInfo().Trace == 0 {
		t.Error("the guest is not told")
	}
	v, end := m.vcpus[0], m.mem.size()
	record := abi.TraceRecord{Number: 1, Args: [6]uint64{2, 3}, Result: 4, Thread: 5}
	for _, at := range []uint64{m.lay.memStart, m.lay.memEnd - 96, testData} {
		b, _ := m.mem.slice(at, 96, 0)
		copy(b, encode(&record))
		v.pc.Call.Args[0] = at
		if err := v.hypercall(abi.HypercallTrace); err != nil || len(got) == 0 || got[len(got)-1] != record {
			t.Errorf("record at %#x: %v, %+v", at, err, got)
		}
	}
	got = nil
	for _, at := range []uint64{0, m.lay.memStart + 4, end - 88, end, wrapped, wrapped - 95} {
		v.pc.Call.Args[0] = at
		if err := v.hypercall(abi.HypercallTrace); err == nil || got != nil {
			t.Errorf("record at %#x: %v, %+v", at, err, got)
		}
	}
	for _, c := range []struct {
		addr, n uint64
		want    int
	}{{testROData, 8, 8}, {end - 4, 8, 4}, {end, 1, 0}, {end + 1, 1, 0}, {wrapped, wrapped, 0}, {0, 8, 0}, {abi.BootGPA - 1, 1, 0}, {end - 4, wrapped, 4}} {
		b := mem.Peek(c.addr, c.n)
		if len(b) != c.want {
			t.Errorf("Peek(%#x, %d): %d bytes, want %d", c.addr, c.n, len(b), c.want)
		}
		clear(b)
	}
	if got := string(m.mem.bytes[testROData:][:8]); got != "constant" {
		t.Errorf("constants became %q", got)
	}
}
