package kern

import (
	"unsafe"

	"unibench/libos/abi"
)

// MaxSignal is the highest signal number.
const MaxSignal = 64

// Signals that this package knows by name (signal(7)).
const (
	SIGILL   = 4
	SIGTRAP  = 5
	SIGBUS   = 7
	SIGFPE   = 8
	SIGKILL  = 9
	SIGSEGV  = 11
	SIGCHLD  = 17
	SIGCONT  = 18
	SIGSTOP  = 19
	SIGURG   = 23
	SIGPROF  = 27
	SIGWINCH = 28
)

// Codes of siginfo.
const (
	codeUser   = 0    // kill
	codeTkill  = -6   // tgkill
	codeKernel = 0x80 // general protection fault
	codeMapErr = 1    // no page
	codeAccErr = 2    // page protection
	codeIntDiv = 1
	codeIllOpn = 2
	codeBrkpt  = 1
	codeFltInv = 7
	codeAdrAln = 1
)

// Handlers and flags of an action.
const (
	handlerDefault = 0
	handlerIgnore  = 1

	flagOnStack = 0x08000000
	flagNoDefer = 0x40000000
)

// action is struct kernel_sigaction.
type action struct {
	handler, flags, restorer, mask uint64
}

// userStack is stack_t.
type userStack struct {
	sp    uint64
	flags int32
	_     int32
	size  uint64
}

const stackDisabled = 2

// userContext is struct ucontext.
type userContext struct {
	flags, link uint64
	stack       userStack
	regs        abi.SigContext
	mask        uint64
}

// signalInfo is siginfo_t; the union holds an address or the sender.
type signalInfo struct {
	signo, errno, code, _ int32
	addr                  uint64
	_                     [104]byte
}

// signalFrame is what a handler finds on its stack: the return address, which
// leads to rt_sigreturn, the interrupted context and the information. The
// vector state lies above it.
type signalFrame struct {
	ret  uint64
	uc   userContext
	info signalInfo
}

const (
	userContextSize = 304
	signalInfoSize  = 128
	signalFrameSize = 8 + userContextSize + signalInfoSize
)

var (
	_ = [1]int{}[unsafe.Sizeof(userContext{})-userContextSize]
	_ = [1]int{}[unsafe.Sizeof(signalInfo{})-signalInfoSize]
)

// Cause is why a thread gets a signal that it caused itself.
type Cause struct {
	Signal int
	Code   int32
	Addr   uint64
}

// Fault translates an exception into the signal that Linux sends for it.
func Fault(vector, code, cr2 uint64, ip uint64) Cause {
	switch vector {
	case 0: // #DE
		return Cause{SIGFPE, codeIntDiv, ip}
	case 1, 3: // #DB, #BP
		return Cause{SIGTRAP, codeBrkpt, ip}
	case 6: // #UD
		return Cause{SIGILL, codeIllOpn, ip}
	case 14: // #PF; bit 0 of the code: the page is present
		if code&1 != 0 {
			return Cause{SIGSEGV, codeAccErr, cr2}
		}
		return Cause{SIGSEGV, codeMapErr, cr2}
	case 16, 19: // #MF, #XM
		return Cause{SIGFPE, codeFltInv, ip}
	case 17: // #AC
		return Cause{SIGBUS, codeAdrAln, 0}
	}
	return Cause{SIGSEGV, codeKernel, 0}
}

func bit(sig int) uint64 { return 1 << (sig - 1) }

// unblockable are the signals that no mask holds back.
const unblockable = 1<<(SIGKILL-1) | 1<<(SIGSTOP-1)

// Sigaction is rt_sigaction.
func (k *Kernel) Sigaction(sig uint64, newAct, oldAct uintptr) uint64 {
	if sig < 1 || sig > MaxSignal || newAct != 0 && (sig == SIGKILL || sig == SIGSTOP) {
		return neg(EINVAL)
	}
	if oldAct != 0 {
		*actionAt(oldAct) = k.actions[sig]
	}
	if newAct != 0 {
		k.actions[sig] = *actionAt(newAct)
	}
	return 0
}

// Sigprocmask is rt_sigprocmask for the running thread. A signal of the process
// that it blocks from now on is left to another thread: see Retarget.
func (k *Kernel) Sigprocmask(pc *abi.PerCPU, how uint64, newMask, oldMask uintptr) uint64 {
	th := &k.threads[pc.Thread]
	old := th.mask
	if newMask != 0 {
		v := Load64(newMask) &^ unblockable
		switch how {
		case 0:
			th.mask |= v
		case 1:
			th.mask &^= v
		case 2:
			th.mask = v
		default:
			return neg(EINVAL)
		}
	}
	if oldMask != 0 {
		Store64(oldMask, old)
	}
	return 0
}

// Sigaltstack is sigaltstack for the running thread.
func (k *Kernel) Sigaltstack(pc *abi.PerCPU, newStack, oldStack uintptr) uint64 {
	alt := &k.threads[pc.Thread].alt
	old := userStack{sp: alt.sp, size: alt.size}
	if alt.disabled {
		old.flags = stackDisabled
	}
	if newStack != 0 {
		s := *stackAt(newStack)
		*alt = altStack{s.sp, s.size, s.flags&stackDisabled != 0}
	}
	if oldStack != 0 {
		*stackAt(oldStack) = old
	}
	return 0
}

// ignored reports whether sig would have no effect.
func (k *Kernel) ignored(sig int) bool {
	switch k.actions[sig].handler {
	case handlerIgnore:
		return true
	case handlerDefault:
		return sig == SIGCHLD || sig == SIGCONT || sig == SIGURG || sig == SIGWINCH
	}
	return false
}

// Tgkill makes sig pending for the thread with an id. It returns the vCPU that
// has to look at its events now, or -1.
func (k *Kernel) Tgkill(tid uint64, sig uint64) (result uint64, cpu int32) {
	t := k.byTID(tid)
	if t == none {
		return neg(ESRCH), -1
	}
	if sig > MaxSignal {
		return neg(EINVAL), -1
	}
	if sig == 0 || k.ignored(int(sig)) {
		return 0, -1
	}
	return 0, k.notify(t, int(sig))
}

// notify makes sig pending for t, and makes it look.
func (k *Kernel) notify(t int32, sig int) (cpu int32) {
	th := &k.threads[t]
	th.pending |= bit(sig)
	if th.mask&bit(sig) != 0 {
		return -1
	}
	return k.interrupt(t)
}

// interrupt wakes t if it is blocked. It returns the vCPU that t runs on, which
// has to look at its events now, or -1.
func (k *Kernel) interrupt(t int32) (cpu int32) {
	th := &k.threads[t]
	switch th.State {
	case Running:
		return th.CPU
	case Blocked:
		k.unlinkFutex(t)
		k.wake(t, neg(EINTR))
	}
	return -1
}

// Kill makes the signals of a set pending for the process, and makes a thread
// look that does not block them, a running one if possible. Whichever thread
// comes by first takes them: the one chosen may end before it does. It returns
// the vCPUs, as a mask, that have to look at their events now.
func (k *Kernel) Kill(set uint64) (cpus uint64) {
	for sig := 1; sig <= MaxSignal; sig++ {
		if set&bit(sig) == 0 || k.ignored(sig) {
			continue
		}
		k.pending |= bit(sig)
		best := none
		for t := range k.used {
			th := &k.threads[t]
			if th.State == Free || th.mask&bit(sig) != 0 {
				continue
			}
			if best == none || th.State == Running {
				best = t
			}
			if th.State == Running {
				break
			}
		}
		if best == none {
			continue
		}
		if cpu := k.interrupt(best); cpu >= 0 {
			cpus |= 1 << cpu
		}
	}
	return cpus
}

// first returns the first signal of a set that is not empty: SIGPROF, which comes
// with the tick, and then the lowest number. After SIGURG it would find the
// preemption in place of the code that was interrupted.
func first(set uint64) int {
	if set&bit(SIGPROF) != 0 {
		return SIGPROF
	}
	sig := 1
	for set&1 == 0 {
		set >>= 1
		sig++
	}
	return sig
}

// Pending takes the next signal that the running thread has to handle, or 0.
func (k *Kernel) Pending(pc *abi.PerCPU) int {
	th := &k.threads[pc.Thread]
	set := (th.pending | k.pending) &^ th.mask
	if set == 0 {
		return 0
	}
	sig := first(set)
	if th.pending&bit(sig) != 0 {
		th.pending &^= bit(sig)
	} else {
		k.pending &^= bit(sig)
	}
	return sig
}

// Outcome is what became of a signal.
type Outcome uint8

// Outcomes of Deliver.
const (
	Ignored Outcome = iota // nothing changed
	Handled                // the thread's handler is about to run; its registers are in pc.Save
	Fatal                  // it kills the program
)

// Deliver makes the running thread execute its handler for c.Signal. full says
// that the thread was interrupted, with its registers in pc.Trap and xsave
// bytes of vector state beside them; otherwise it is at the end of a system
// call, with its registers in pc.Save. forced signals are those that the thread
// cannot go on without handling.
func (k *Kernel) Deliver(pc *abi.PerCPU, c Cause, full, forced bool, xsave uintptr) Outcome {
	th := &k.threads[pc.Thread]
	act := k.actions[c.Signal]
	switch {
	case forced && (th.mask&bit(c.Signal) != 0 || act.handler == handlerIgnore):
		return Fatal
	case k.ignored(c.Signal) && !forced:
		return Ignored
	case act.handler == handlerDefault:
		return Fatal
	}
	uc := k.pushFrame(pc, act.restorer, act.flags&flagOnStack != 0, full, xsave)
	frameAt(uc - 8).info = signalInfo{signo: int32(c.Signal), code: c.Code, addr: c.Addr}
	th.mask |= act.mask &^ unblockable
	if act.flags&flagNoDefer == 0 {
		th.mask |= bit(c.Signal)
	}
	pc.Save = abi.Registers{
		IP: act.handler, SP: uint64(uc - 8), FS: pc.Save.FS,
		DI: uint64(c.Signal), SI: uint64(uc) + userContextSize, DX: uint64(uc),
	}
	return Handled
}

// Interject makes the interrupted thread execute the code at entry, as if it
// were a signal handler; it ends with rt_sigreturn. It returns false if the
// thread has no signal stack to do so on. Signals wait until then, so that their
// handlers find the interrupted context and not this code: Go can preempt a
// goroutine only where it knows what is in its registers.
func (k *Kernel) Interject(pc *abi.PerCPU, entry uint64, xsave uintptr) bool {
	if k.threads[pc.Thread].alt.disabled {
		return false
	}
	uc := k.pushFrame(pc, 0, true, true, xsave)
	th := &k.threads[pc.Thread]
	th.mask = ^uint64(0)
	th.Context = uint64(addressOf(&contextAt(uc).regs))
	pc.Save = abi.Registers{IP: entry, SP: uint64(uc), FS: pc.Save.FS}
	return true
}

// pushFrame saves the context of the running thread on its signal stack and
// returns the address of the user context.
func (k *Kernel) pushFrame(pc *abi.PerCPU, restorer uint64, onStack, full bool, xsave uintptr) uintptr {
	th := &k.threads[pc.Thread]
	sp := pc.Save.SP
	if full {
		sp = pc.Trap.SP
	}
	const redZone = 128
	if alt := th.alt; onStack && !alt.disabled && (sp <= alt.sp || sp > alt.sp+alt.size) {
		sp = alt.sp + alt.size
	} else {
		sp -= redZone
	}
	regs := &pc.Trap
	fp := uint64(0)
	if full {
		// The XSAVE area has to be aligned to 64 bytes.
		sp = (sp - uint64(xsave)) &^ 63
		fp = sp
		copyBytes(uintptr(fp), uintptr(pc.Trap.FPState), xsave)
	} else {
		*regs = fromRegisters(&pc.Save)
	}
	// At a function's entry the stack is 8 off a multiple of 16.
	at := (sp-signalFrameSize)&^15 - 8
	f := frameAt(uintptr(at))
	f.ret = restorer
	f.uc = userContext{stack: userStack{sp: th.alt.sp, size: th.alt.size}, regs: *regs, mask: th.mask}
	f.uc.regs.FPState = fp
	return uintptr(at) + 8
}

// Notify makes sig pending for the running thread.
func (k *Kernel) Notify(pc *abi.PerCPU, sig int) {
	k.threads[pc.Thread].pending |= bit(sig)
}

// Sigreturn ends a handler: the context at uc becomes that of the running
// thread. The result is the address of its registers, for the code that
// restores them.
func (k *Kernel) Sigreturn(pc *abi.PerCPU, uc uintptr) uintptr {
	c := contextAt(uc)
	th := &k.threads[pc.Thread]
	th.mask = c.mask &^ unblockable
	th.Context = 0 // the end of an Interject: no handler runs during one
	return addressOf(&c.regs)
}

// Retarget makes other threads look for the signals of the process that the
// running thread, which may just have ended, will not take: it may be the one
// that Kill chose. It returns the vCPUs, as a mask, that have to look at their
// events now.
func (k *Kernel) Retarget(pc *abi.PerCPU) (cpus uint64) {
	set := k.pending
	if pc.Thread != none {
		set &= k.threads[pc.Thread].mask
	}
	if set == 0 {
		return 0
	}
	return k.Kill(set)
}

// HasPending reports whether the running thread has a signal to handle.
func (k *Kernel) HasPending(pc *abi.PerCPU) bool {
	th := &k.threads[pc.Thread]
	return (th.pending|k.pending)&^th.mask != 0
}

// fromRegisters widens the registers that a system call preserves.
func fromRegisters(r *abi.Registers) abi.SigContext {
	return abi.SigContext{
		R8: r.R8, R9: r.R9, R10: r.R10, R11: r.R11, R12: r.R12, R13: r.R13, R14: r.R14, R15: r.R15,
		DI: r.DI, SI: r.SI, BP: r.BP, BX: r.BX, DX: r.DX, AX: r.AX, SP: r.SP, IP: r.IP,
		Flags: userFlags, CS: abi.SelectorUserCS, SS: abi.SelectorUserSS,
	}
}

// userFlags is RFLAGS of a thread at the end of a system call.
const userFlags = 1<<1 | 3<<12
