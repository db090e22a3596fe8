package kern

import (
	"testing"

	"unibench/libos/abi"
)

const (
	sigusr1   = 10
	sigusr2   = 12
	handler   = 0x401000
	restorer  = 0x402000
	xsaveSize = 2696 // of AVX-512, no multiple of 64
)

// handle installs a handler on vCPU 0's kernel.
func (m *machine) handle(sig int, flags, mask uint64) {
	m.k.actions[sig] = action{handler: handler, flags: flags, restorer: restorer, mask: mask}
}

func TestFault(t *testing.T) {
	const cr2, ip = 0x1234, 0x5678
	for _, c := range []struct {
		vector, code uint64
		want         Cause
	}{
		{0, 0, Cause{SIGFPE, 1, ip}},
		{1, 0, Cause{SIGTRAP, 1, ip}},
		{3, 0, Cause{SIGTRAP, 1, ip}},
		{6, 0, Cause{SIGILL, 2, ip}},
		{13, 0, Cause{SIGSEGV, 0x80, 0}},
		{14, 4, Cause{SIGSEGV, 1, cr2}},
		{14, 6, Cause{SIGSEGV, 1, cr2}},
		{14, 5, Cause{SIGSEGV, 2, cr2}},
		{14, 0x15, Cause{SIGSEGV, 2, cr2}},
		{16, 0, Cause{SIGFPE, 7, ip}},
		{17, 0, Cause{SIGBUS, 1, 0}},
		{19, 0, Cause{SIGFPE, 7, ip}},
		{31, 0, Cause{SIGSEGV, 0x80, 0}},
	} {
		if got := Fault(c.vector, c.code, cr2, ip); got != c.want {
			t.Errorf("Fault(%d, %#x) = %+v, want %+v", c.vector, c.code, got, c.want)
		}
	}
}

func TestSigaction(t *testing.T) {
	m := newMachine(t, 1)
	newAct, oldAct := m.mem, m.mem+64
	*actionAt(newAct) = action{handler, 5, restorer, 6}
	for _, c := range []struct {
		sig      uint64
		new, old uintptr
		want     int64
	}{
		{0, newAct, 0, -EINVAL}, {65, newAct, 0, -EINVAL}, {1<<32 + 1, newAct, 0, -EINVAL}, {^uint64(0), 0, 0, -EINVAL},
		{SIGKILL, newAct, 0, -EINVAL}, {SIGSTOP, newAct, oldAct, -EINVAL}, {SIGKILL, 0, oldAct, 0},
		{1, newAct, oldAct, 0}, {64, newAct, 0, 0}, {64, 0, oldAct, 0},
	} {
		if got, _ := m.call(sysRtSigaction, c.sig, uint64(c.new), uint64(c.old), 8); int64(got) != c.want {
			t.Errorf("sigaction(%d, new %t) = %d, want %d", c.sig, c.new != 0, int64(got), c.want)
		}
	}
	if got := *actionAt(oldAct); got != (action{handler, 5, restorer, 6}) {
		t.Errorf("sigaction gave the old action %+v", got)
	}
}

func TestSigprocmask(t *testing.T) {
	m := newMachine(t, 1)
	in, out := m.mem, m.mem+8
	const all = ^uint64(0)
	for _, c := range []struct {
		how, mask uint64
		want      int64
		after     uint64
	}{
		{2, 0xf000, 0, 0xf000},
		{0, 0x0e00, 0, 0xfe00},
		{1, 0x0ff0, 0, 0xf000},
		{3, 0, -EINVAL, 0xf000},
		{all, 0, -EINVAL, 0xf000},
		{2, all, 0, all &^ (1<<8 | 1<<18)},
		{0, all, 0, all &^ (1<<8 | 1<<18)},
	} {
		before := m.k.threads[0].mask
		Store64(in, c.mask)
		Store64(out, 77)
		got, _ := m.call(sysRtSigprocmask, c.how, uint64(in), uint64(out), 8)
		if int64(got) != c.want || m.k.threads[0].mask != c.after {
			t.Errorf("sigprocmask(%d, %#x) = %d, mask %#x; want %d, %#x", c.how, c.mask, int64(got), m.k.threads[0].mask, c.want, c.after)
		}
		if old := Load64(out); c.want == 0 && old != before {
			t.Errorf("sigprocmask(%d, %#x) gave the old mask %#x, want %#x", c.how, c.mask, old, before)
		}
	}
	if got, _ := m.call(sysRtSigprocmask, 99, 0, uint64(out), 8); got != 0 || Load64(out) != m.k.threads[0].mask {
		t.Errorf("sigprocmask(no new mask) = %d, old %#x", int64(got), Load64(out))
	}
}

func TestSigaltstack(t *testing.T) {
	m := newMachine(t, 1)
	in, out := m.mem, m.mem+64
	m.call(sysSigaltstack, 0, uint64(out))
	if got := *stackAt(out); got != (userStack{flags: stackDisabled}) {
		t.Errorf("sigaltstack at the start = %+v, want disabled", got)
	}
	*stackAt(in) = userStack{sp: 0x1000, size: 0x8000}
	m.call(sysSigaltstack, uint64(in), 0)
	// Old and new may be the same memory.
	m.call(sysSigaltstack, uint64(in), uint64(in))
	if got := *stackAt(in); got != (userStack{sp: 0x1000, size: 0x8000}) {
		t.Errorf("sigaltstack = %+v, want what was set", got)
	}
	*stackAt(in) = userStack{flags: stackDisabled}
	m.call(sysSigaltstack, uint64(in), 0)
	if m.k.Interject(m.cpu[0], handler, xsaveSize) {
		t.Error("Interject() on a thread without a signal stack = true")
	}
}

// TestKillChoosesAThread: a running thread that takes the signal before a
// waiting one, and that before none.
func TestKillChoosesAThread(t *testing.T) {
	m := newMachine(t, 3)
	for _, sig := range []int{sigusr1, sigusr2} {
		m.handle(sig, 0, 0)
	}
	m.clone(t, m.cpu[0]) // stays in the run queue
	for range m.cpu[1:] {
		m.clone(t, m.cpu[0])
		m.k.Yield(m.cpu[0])
		m.k.Next(m.cpu[0])
	}
	m.k.Next(m.cpu[1])
	m.k.Next(m.cpu[2])
	th := func(i int) *Thread { return &m.k.threads[m.cpu[i].Thread] }
	set := bit(sigusr1)
	th(0).mask, th(1).mask = set, set
	if got := m.k.Kill(set); got != 1<<2 || m.k.pending != set {
		t.Errorf("Kill() kicks %#x, want vCPU 2, the only running thread that takes it", got)
	}
	m.k.pending, th(2).mask = 0, set
	if got := m.k.Kill(set | bit(sigusr2)); got&(got-1) != 0 || got == 0 {
		t.Errorf("Kill() of two signals, one of them blocked by all that run, kicks %#x, want one vCPU", got)
	}
	for i := range m.k.used {
		m.k.threads[i].mask = ^uint64(0)
	}
	m.k.pending = 0
	if got := m.k.Kill(set); got != 0 || m.k.pending != set {
		t.Errorf("Kill() blocked by all = %#x, process pending %#x; want 0, %#x", got, m.k.pending, set)
	}
	th(1).mask = 0
	if m.k.HasPending(m.cpu[0]) || !m.k.HasPending(m.cpu[1]) {
		t.Error("a signal of the process is not pending just for the thread that takes it")
	}
	if got := m.k.Pending(m.cpu[1]); got != sigusr1 || m.k.pending != 0 || m.k.Pending(m.cpu[1]) != 0 {
		t.Errorf("Pending() = %d, want %d, once", got, sigusr1)
	}
	// Ignored signals are not kept.
	m.k.actions[sigusr1] = action{handler: handlerIgnore}
	if got := m.k.Kill(set | bit(SIGCHLD) | bit(SIGURG) | bit(SIGWINCH) | bit(SIGCONT)); got != 0 || m.k.pending|th(1).pending != 0 {
		t.Errorf("Kill() of ignored signals = %#x, pending %#x", got, m.k.pending|th(1).pending)
	}
}

// TestPendingTakesLowestFirst: but for SIGPROF.
func TestPendingTakesLowestFirst(t *testing.T) {
	m := newMachine(t, 1)
	pc := m.cpu[0]
	m.k.threads[0].pending = bit(64) | bit(7) | bit(20) | bit(SIGPROF)
	m.k.pending = bit(3) | bit(7)
	m.k.threads[0].mask = bit(20)
	for _, want := range []int{SIGPROF, 3, 7, 7, 64, 0} {
		if got := m.k.Pending(pc); got != want {
			t.Errorf("Pending() = %d, want %d", got, want)
		}
	}
	if !m.k.HasPending(pc) == (m.k.threads[0].mask == 0) || m.k.threads[0].pending != bit(20) {
		t.Errorf("blocked signal 20 is gone: pending %#x", m.k.threads[0].pending)
	}
}

func TestDeliverOutcomes(t *testing.T) {
	const blocked, forced = true, true
	for _, c := range []struct {
		name    string
		sig     int
		handler uint64
		blocked bool
		forced  bool
		want    Outcome
	}{
		{"handled", sigusr1, handler, !blocked, !forced, Handled},
		{"handled fault", SIGSEGV, handler, !blocked, forced, Handled},
		{"default", sigusr1, handlerDefault, !blocked, !forced, Fatal},
		{"default fault", SIGSEGV, handlerDefault, !blocked, forced, Fatal},
		{"kill", SIGKILL, handlerDefault, !blocked, !forced, Fatal},
		{"ignored", sigusr1, handlerIgnore, !blocked, !forced, Ignored},
		{"ignored fault", SIGSEGV, handlerIgnore, !blocked, forced, Fatal},
		{"blocked fault", SIGSEGV, handler, blocked, forced, Fatal},
		{"ignored by default", SIGURG, handlerDefault, !blocked, !forced, Ignored},
		{"window size", SIGWINCH, handlerDefault, !blocked, !forced, Ignored},
	} {
		m := newMachine(t, 1)
		pc := m.cpu[0]
		pc.Save.SP = uint64(m.mem + argSize)
		m.k.actions[c.sig].handler = c.handler
		if c.blocked {
			m.k.threads[0].mask = bit(c.sig)
		}
		before := *pc
		if got := m.k.Deliver(pc, Cause{Signal: c.sig}, false, c.forced, 0); got != c.want {
			t.Errorf("%s: Deliver() = %d, want %d", c.name, got, c.want)
		}
		if c.want != Handled && pc.Save != before.Save {
			t.Errorf("%s: Deliver() changed registers", c.name)
		}
	}
}

// TestHandlerMask: what is blocked while a handler runs, and after.
func TestHandlerMask(t *testing.T) {
	for _, c := range []struct {
		name        string
		flags, mask uint64
		want        uint64
	}{
		{"plain", 0, 0, 1 | bit(sigusr1)},
		{"with mask", 0, 0xff0000, 1 | bit(sigusr1) | 0xff0000&^bit(SIGSTOP)},
		{"no defer", flagNoDefer, 2, 3},
		{"all", 0, ^uint64(0), ^uint64(0) &^ (bit(SIGKILL) | bit(SIGSTOP))},
	} {
		m := newMachine(t, 1)
		pc := m.cpu[0]
		m.handle(sigusr1, c.flags, c.mask)
		m.k.threads[0].mask = 1
		pc.Save = abi.Registers{SP: uint64(m.mem + argSize), AX: 5, BX: 6, IP: 0x77, R12: 8, R15: 9}
		old := pc.Save
		m.k.Deliver(pc, Cause{Signal: sigusr1}, false, false, 0)
		if got := m.k.threads[0].mask; got != c.want {
			t.Errorf("%s: mask in the handler %#x, want %#x", c.name, got, c.want)
		}
		// The handler returns to the restorer, which makes the call.
		pc.Save.SP += 8
		contextAt(uintptr(pc.Save.SP)).mask |= unblockable
		_, req := m.call(sysRtSigreturn)
		if got := m.k.threads[0].mask; req.Op != OpRestore || got != 1 {
			t.Errorf("%s: sigreturn asks %d, mask %#x; want %d, 1", c.name, req.Op, got, OpRestore)
		}
		ctx := &contextAt(uintptr(req.A[0]) - 40).regs
		if ctx.SP != old.SP || ctx.AX != 5 || ctx.BX != 6 || ctx.IP != 0x77 || ctx.R12 != 8 || ctx.R15 != 9 || ctx.FPState != 0 {
			t.Errorf("%s: sigreturn restores %+v", c.name, ctx)
		}
	}
}
