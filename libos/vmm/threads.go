package vmm

import (
	"unibench/libos/abi"
	"unibench/libos/vmm/core"
	"unibench/libos/vmm/kvm"
)

// This file reads what a guest that has ended was doing. Nothing in its memory is
// to be believed: a thread table that is not one is no threads, and registers are
// numbers that the reader of a core file has to judge.

// maxThreads bounds the thread table.
const maxThreads = 4096

// vcpuThread is the thread id, in a core, of vCPU 0 as far as it executes library
// OS code; those of the program are below.
const vcpuThread = 10000

// view is what one vCPU was doing when it stopped.
type view struct {
	live   bool
	thread int // of the program, number of its slot, or -1
	kernel bool
	// regs are those of the vCPU itself. If library OS code raised an
	// exception, they are those of the exception.
	regs abi.SigContext
	// program are those of the program's thread.
	program abi.SigContext
	fs      uint64
}

// look examines a vCPU that has stopped.
func (v *vcpu) look() (s view) {
	if !v.live.Load() {
		return s
	}
	var r kvm.Regs
	if v.kvm.GetRegs(&r) != nil {
		return s
	}
	m, pc := v.m.mem, v.pc
	s.live, s.thread, s.fs = true, int(pc.Thread), pc.FSBase
	s.regs = vcpuContext(&r)
	s.kernel = pc.InKernel != 0
	if s.thread < 0 || s.thread >= maxThreads {
		s.thread = -1
	}
	if s.kernel && r.RIP == pc.TrapEntry && !v.panicked {
		// At the first instruction after an exception or event, before which it
		// was in the program.
		frame := m.words(perCPUBase(v.i)+abi.TrapFrame, abi.TrapFrameSize/8)
		s.regs.IP, s.regs.Flags, s.regs.SP = frame[2], frame[4], frame[5]
		s.kernel = pc.InKernel > 1
	}
	if !s.kernel {
		s.program = s.regs
		return s
	}
	if v.panicked {
		s.regs = pc.Broken
	}
	s.program = savedContext(&pc.Save)
	if at := pc.Context; at != 0 {
		if c, ok := load[abi.SigContext](m, at); ok {
			s.program = c
		}
	} else {
		s.fs = pc.Save.FS
	}
	return s
}

// vcpuContext are the registers of KVM in the form of a signal context.
func vcpuContext(r *kvm.Regs) abi.SigContext {
	return abi.SigContext{
		R8: r.R8, R9: r.R9, R10: r.R10, R11: r.R11, R12: r.R12, R13: r.R13, R14: r.R14, R15: r.R15,
		DI: r.RDI, SI: r.RSI, BP: r.RBP, BX: r.RBX, DX: r.RDX, AX: r.RAX, CX: r.RCX, SP: r.RSP,
		IP: r.RIP, Flags: r.RFlags, CS: abi.SelectorUserCS, SS: abi.SelectorUserSS,
	}
}

// savedContext are the registers of a thread inside a system call, which loses
// the others.
func savedContext(r *abi.Registers) abi.SigContext {
	return abi.SigContext{
		R8: r.R8, R9: r.R9, R10: r.R10, R11: r.R11, R12: r.R12, R13: r.R13, R14: r.R14, R15: r.R15,
		DI: r.DI, SI: r.SI, BP: r.BP, BX: r.BX, DX: r.DX, AX: r.AX, SP: r.SP,
		IP: r.IP, Flags: userFlags, CS: abi.SelectorUserCS, SS: abi.SelectorUserSS,
	}
}

// threads returns the threads of the program and, if broken, of the library OS;
// that of the vCPU that ended the VM comes first.
func (m *Machine) threads(broken bool) []core.Thread {
	views := make([]view, len(m.vcpus))
	onCPU := map[int]int{} // vCPU by slot
	var list, first []core.Thread
	for i, v := range m.vcpus {
		views[i] = v.look()
		s := &views[i]
		if !s.live {
			continue
		}
		add := func(t core.Thread) {
			if i == m.endedBy || m.endedBy < 0 && len(first) == 0 {
				first = append(first, t)
			} else {
				list = append(list, t)
			}
		}
		if broken && s.kernel {
			add(m.thread(vcpuThread+i, &s.regs, s.fs))
		}
		if _, twice := onCPU[s.thread]; s.thread >= 0 && !twice {
			onCPU[s.thread] = i
			add(m.thread(s.thread+1, &s.program, s.fs))
		}
	}
	list = append(first, list...)
	m.eachSlot(func(i int, slot *abi.ThreadSlot) {
		if _, running := onCPU[i]; running || slot.State == abi.ThreadFree {
			return
		}
		c := savedContext(&slot.Regs)
		if slot.Context != 0 {
			if at, ok := load[abi.SigContext](m.mem, slot.Context); ok {
				c = at
			}
		}
		list = append(list, m.thread(i+1, &c, slot.Regs.FS))
	})
	return list
}

// eachSlot calls f with a copy of each slot of the guest's thread table.
func (m *Machine) eachSlot(f func(i int, slot *abi.ThreadSlot)) {
	t := m.mem.stats().Threads
	stride := uint64(t.Stride)
	if t.Count > maxThreads || stride < slotSize || stride > abi.PageSize {
		return
	}
	if _, ok := m.mem.slice(t.Addr, uint64(t.Count)*stride, abi.ImageGPA); !ok {
		return
	}
	for i := range uint64(t.Count) {
		if slot, ok := load[abi.ThreadSlot](m.mem, t.Addr+i*stride); ok {
			f(int(i), &slot)
		}
	}
}

// thread makes a thread of a core.
func (m *Machine) thread(id int, c *abi.SigContext, fs uint64) core.Thread {
	t := core.Thread{ID: id, Regs: core.Registers{
		R15: c.R15, R14: c.R14, R13: c.R13, R12: c.R12, BP: c.BP, BX: c.BX,
		R11: c.R11, R10: c.R10, R9: c.R9, R8: c.R8,
		AX: c.AX, CX: c.CX, DX: c.DX, SI: c.SI, DI: c.DI, OrigAX: ^uint64(0),
		IP: c.IP, CS: uint64(c.CS), Flags: c.Flags, SP: c.SP, SS: uint64(c.SS), FSBase: fs,
	}}
	if c.FPState != 0 {
		if area, ok := m.mem.slice(c.FPState, 512, abi.PerCPUGPA); ok {
			t.Float = (*[512]byte)(append([]byte(nil), area...))
		}
	}
	return t
}
