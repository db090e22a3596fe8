package vmm

import (
	"os"
	"time"
	"strconv"
	"unibench/libos/vmm/kvm"
)

func hex(v uint64) string { return strconv.FormatUint(v, 16) }

func (v *vcpu) debugDump() {
	var r kvm.Regs
	var s kvm.Sregs
	v.kvm.GetRegs(&r)
	v.kvm.GetSregs(&s)
	os.Stderr.WriteString("rip " + hex(r.RIP) + " rsp " + hex(r.RSP) + " fl " + hex(r.RFlags) + " rax " + hex(r.RAX) + " rbx " + hex(r.RBX) + " rcx " + hex(r.RCX) + " cs " + hex(uint64(s.CS.Selector)) + " ss " + hex(uint64(s.SS.Selector)) + " gs " + hex(s.GS.Base) + " cr2 " + hex(s.CR2) + " cr3 " + hex(s.CR3) + " cr4 " + hex(s.CR4) + " inkernel " + strconv.Itoa(int(v.pc.InKernel)) + " ev " + hex(uint64(v.pc.Events)) + " trapentry " + hex(v.pc.TrapEntry) + "\n")
	f := v.m.mem.words(perCPUBase(v.i)+0x5000+4096-56, 7)
	for _, w := range f {
		os.Stderr.WriteString(hex(w) + " ")
	}
	os.Stderr.WriteString("\n")
}

func init() {
	if os.Getenv("UNIDEBUG") == "" {
		return
	}
	debugHook = func(m *Machine) {
		go func() {
			for i := 0; i < 8; i++ {
				time.Sleep(200 * time.Millisecond)
				m.vcpus[0].post(1 << 20)
			}
			os.Exit(3)
		}()
	}
}

var debugHook func(m *Machine)
