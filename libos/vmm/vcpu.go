package vmm

import (
	"runtime"
	"sync/atomic"
	"syscall"

	"unibench/libos/abi"
	"unibench/libos/vmm/kvm"
)

// vcpu is one virtual CPU and the host thread that runs it.
type vcpu struct {
	m   *Machine
	i   int
	kvm processor   // for its own thread; for others once live is set
	pc  *abi.PerCPU // shared with the guest

	live    atomic.Bool  // create is done
	state   atomic.Int32 // vcpuIdle, vcpuGuest, vcpuWaiting
	started atomic.Bool  // of all but the first: some vCPU has kicked it
	kicked  atomic.Bool  // RequestExit is in force, or about to be taken back
	tid     atomic.Int32
	wait    atomic.Uint32 // futex word of HypercallWait, changed by every post
	exits   [exitCauses]atomic.Uint64
	lastRun uint64 // exits seen by the ticker

	panicked bool // by HypercallPanic; of its own thread until the VM has ended
}

// States of a vCPU.
const (
	vcpuIdle    = iota // not started or ended
	vcpuGuest          // its thread is in, or on the way into, the guest
	vcpuWaiting        // its thread sleeps in HypercallWait
)

// processor is what a vcpu needs of KVM: *kvm.VCPU.
type processor interface {
	counter
	Run() (reason uint32, err error)
	IO() (kvm.IO, bool)
	MMIO() (gpa uint64, write bool)
	Detail() uint64
	GetRegs(*kvm.Regs) error
	SetRegs(*kvm.Regs) error
	ExceptionPending() (bool, error)
	RequestExit()
	AllowRun()
	Close() error
}

func newVCPU(m *Machine, i int) *vcpu { return &vcpu{m: m, i: i, pc: m.mem.perCPU(i)} }

// kvmProcessor makes KVM vCPU i and sets all registers that do not depend on
// where it starts.
func (m *Machine) kvmProcessor(i int) (p processor, err error) {
	c, err := m.vm.CreateVCPU(i, m.run)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			c.Close()
		}
	}()
	m.step("create vCPU")
	if err = c.SetCPUID(m.cpuid.table); err != nil {
		return nil, err
	}
	m.step("set CPUID")
	if err = c.SetSregs(systemRegisters(i, m.root)); err != nil {
		return nil, err
	}
	if err = c.SetXCR0(m.cpuid.xcr0); err != nil {
		return nil, err
	}
	return c, c.SetMSRs(modelRegisters()...)
}

// create makes the processor and what it shares with the guest.
func (v *vcpu) create() error {
	m := v.m
	p, err := m.newProcessor(v.i)
	if err != nil {
		return err
	}
	v.kvm = p
	writeGDT(m.mem, v.i)
	writeTSS(m.mem, v.i)
	writeIDT(m.mem, v.i)
	v.pc.Self = perCPUBase(v.i)
	v.pc.KernelSP = kernelStackTop(v.i)
	v.pc.Index = uint32(v.i)
	v.pc.InKernel = 1
	v.pc.Thread = -1
	v.live.Store(true)
	return nil
}

// run executes the vCPU on the calling thread, from rip on, until the VM ends.
func (v *vcpu) run(rip, rsp uint64) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	v.tid.Store(int32(syscall.Gettid()))
	v.state.Store(vcpuGuest)
	v.m.running.Add(1)
	if err := v.kvm.SetRegs(&kvm.Regs{RIP: rip, RSP: rsp, RFlags: userFlags}); err != nil {
		v.m.end(Exit{}, err)
	}
	v.m.ticker.start(v.m)
	for !v.m.hasEnded() {
		if err := v.step(); err != nil {
			v.m.endBy(v.i, Exit{}, err)
		}
	}
	v.state.Store(vcpuIdle)
	v.m.running.Add(-1)
	v.tid.Store(0)
}

// startSecondary starts a vCPU other than the first, at the guest's trap entry
// with a made-up event: there it finds no thread to interrupt, and schedules.
func (v *vcpu) startSecondary() error {
	if v.started.Swap(true) {
		return nil
	}
	if err := v.create(); err != nil {
		return err
	}
	first := v.m.mem.perCPU(0)
	v.pc.TrapEntry, v.pc.SyscallEntry = first.TrapEntry, first.SyscallEntry
	v.pc.NoInjectLo, v.pc.NoInjectHi = first.NoInjectLo, first.NoInjectHi
	v.writeFrame(&kvm.Regs{RFlags: userFlags})
	v.m.wg.Add(1)
	go func() {
		defer v.m.wg.Done()
		v.run(v.pc.TrapEntry, kernelStackTop(v.i))
	}()
	return nil
}

// step enters the guest once and handles the exit.
func (v *vcpu) step() error {
	if v.kicked.Swap(false) {
		v.kvm.AllowRun()
		if v.m.hasEnded() {
			return nil // AllowRun may have undone the request of end
		}
		if err := v.inject(); err != nil {
			return err
		}
	}
	reason, err := v.kvm.Run()
	if err != nil {
		return err
	}
	switch reason {
	case kvm.ExitInterrupted:
		v.exits[causeKick].Add(1)
		if n := v.m.net; n != nil {
			return n.look(v)
		}
		return nil
	case kvm.ExitIO:
		io, ok := v.kvm.IO()
		if !ok || !io.Out || io.Port != abi.HypercallPort || io.Size != 4 {
			return v.broken("access to an unknown I/O port", uint64(io.Port))
		}
		return v.hypercall(uint32(io.Data[0]) | uint32(io.Data[1])<<8 | uint32(io.Data[2])<<16 | uint32(io.Data[3])<<24)
	case kvm.ExitMMIO:
		gpa, _ := v.kvm.MMIO()
		return v.broken("access outside of memory", gpa)
	case kvm.ExitShutdown:
		var r kvm.Regs
		v.kvm.GetRegs(&r)
		return v.broken("triple fault", r.RIP)
	case kvm.ExitHLT:
		return v.broken("HLT instruction", 0)
	}
	return v.broken("VM exit "+kvm.ExitName(reason), v.kvm.Detail())
}

func (v *vcpu) broken(what string, detail uint64) error {
	return &GuestError{VCPU: v.i, What: what, Detail: detail}
}

// inject delivers an event: the vCPU goes on at the guest's trap entry, with
// the interrupted state in its trap frame, as after an exception. A vCPU that
// cannot take it now sees PerCPU.Events later by itself, or is kicked again.
func (v *vcpu) inject() error {
	if atomic.LoadUint32(&v.pc.Events) == 0 || atomic.LoadUint32(&v.pc.InKernel) != 0 {
		return nil
	}
	var r kvm.Regs
	if err := v.kvm.GetRegs(&r); err != nil {
		return err
	}
	// An exception that the guest raised just before it was interrupted comes
	// first: delivered after the event, it would look as if the guest's trap
	// entry had caused it.
	pending, err := v.kvm.ExceptionPending()
	if err != nil {
		return err
	}
	// Below the image there are only ring-0 stubs.
	if pending || r.RIP < abi.ImageGPA || r.RIP >= v.pc.NoInjectLo && r.RIP < v.pc.NoInjectHi {
		v.m.ticker.retry(v)
		return nil
	}
	v.writeFrame(&r)
	atomic.StoreUint32(&v.pc.InKernel, 1)
	r.RIP, r.RSP, r.RFlags = v.pc.TrapEntry, kernelStackTop(v.i), userFlags
	return v.kvm.SetRegs(&r)
}

// writeFrame leaves the trap frame of an event that interrupted r.
func (v *vcpu) writeFrame(r *kvm.Regs) {
	copy(v.m.mem.words(perCPUBase(v.i)+abi.TrapFrame, abi.TrapFrameSize/8), []uint64{
		abi.VectorEvent, 0, r.RIP, abi.SelectorUserCS, r.RFlags, r.RSP, abi.SelectorUserSS,
	})
}

// post sets event bits and makes sure that the guest sees them soon. Any
// goroutine may call it.
func (v *vcpu) post(events uint32) {
	atomic.OrUint32(&v.pc.Events, events)
	v.wake()
}

// wake gets the vCPU to look at its events: out of HypercallWait, or out of the
// guest.
func (v *vcpu) wake() {
	v.wait.Add(1)
	if v.state.Load() == vcpuWaiting {
		v.rouse()
		return
	}
	v.interrupt()
}

// rouse ends the sleep of HypercallWait, after wait has been changed: at the
// backends of the network, or at the futex.
func (v *vcpu) rouse() {
	if n := v.m.net; n != nil && n.poller.Load() == int32(v.i)+1 {
		n.wakeUp.ring()
		return
	}
	futexWake(v.waitWord())
}

// interrupt makes the thread leave KVM_RUN or HypercallWait.
func (v *vcpu) interrupt() {
	if !v.live.Load() {
		return // it looks at its events, and at the VM's end, before it runs
	}
	// In this order, and the other way round in step: kicked is still, or again,
	// true after a request that AllowRun has not taken back.
	v.kvm.RequestExit()
	v.kicked.Store(true)
	v.wait.Add(1)
	v.rouse()
	if tid := v.tid.Load(); tid != 0 {
		// SIGURG is one that the Go runtime handles and ignores.
		syscall.Tgkill(syscall.Getpid(), int(tid), syscall.SIGURG)
	}
}

func (m *Machine) hasEnded() bool {
	select {
	case <-m.done:
		return true
	default:
		return false
	}
}
