package kern

import (
	"testing"

	"unibench/libos/abi"
)

func TestRunQueueIsFirstInFirstOut(t *testing.T) {
	m := newMachine(t, 2)
	var want []int32
	for range 5 {
		want = append(want, m.clone(t, m.cpu[0]))
	}
	for i, w := range want {
		if got := m.k.Runnable(); got != int32(len(want)-i) {
			t.Errorf("Runnable() = %d, want %d", got, len(want)-i)
		}
		if !m.k.Next(m.cpu[1]) || m.cpu[1].Thread != w {
			t.Fatalf("Next() took thread %d, want %d", m.cpu[1].Thread, w)
		}
		m.k.ExitThread(m.cpu[1])
	}
	if m.k.Next(m.cpu[1]) || m.cpu[1].Thread != none {
		t.Errorf("Next() found thread %d in an empty queue", m.cpu[1].Thread)
	}
	if m.k.Alive() != 1 {
		t.Errorf("Alive() = %d, want 1", m.k.Alive())
	}
}

func TestYield(t *testing.T) {
	m := newMachine(t, 1)
	pc := m.cpu[0]
	m.k.Yield(pc)
	if pc.Thread != 0 || pc.Save.AX != 0 {
		t.Errorf("Yield() without others: thread %d, result %d, want 0, 0", pc.Thread, pc.Save.AX)
	}
	a := m.clone(t, pc)
	pc.Save = abi.Registers{R12: 7, SP: 8, IP: 9, FS: 10, AX: 24}
	m.k.Yield(pc)
	if pc.Thread != none || !m.k.Next(pc) || pc.Thread != a {
		t.Fatalf("after Yield() thread %d runs, want %d", pc.Thread, a)
	}
	m.k.Yield(pc)
	m.k.Next(pc)
	if want := (abi.Registers{R12: 7, SP: 8, IP: 9, FS: 10}); pc.Thread != 0 || pc.Save != want {
		t.Errorf("thread %d came back with %+v, want thread 0 with %+v", pc.Thread, pc.Save, want)
	}
	pc.Save.AX = 11
	m.k.Requeue(pc)
	m.k.Next(pc)
	m.k.Requeue(pc)
	m.k.Next(pc)
	if pc.Thread != 0 || pc.Save.AX != 11 {
		t.Errorf("after Requeue() thread %d came back with result %d, want thread 0 with 11", pc.Thread, pc.Save.AX)
	}
}

func TestClone(t *testing.T) {
	const setTLS = 0x80000
	m := newMachine(t, 1)
	pc := m.cpu[0]
	pc.Save = abi.Registers{AX: sysClone, R12: 1, SP: 2, IP: 3, FS: 4}
	m.k.threads[0].mask = 0xf0
	if got := m.k.Clone(pc, threadFlags|setTLS, 0x5000, 0x6000); got != 2 {
		t.Fatalf("Clone() = %d, want thread id 2", int64(got))
	}
	if got := m.k.Clone(pc, threadFlags, 0x7000, 0x6000); got != 3 {
		t.Fatalf("Clone() = %d, want thread id 3", int64(got))
	}
	m.k.ExitThread(pc)
	for _, want := range []abi.Registers{
		{R12: 1, SP: 0x5000, IP: 3, FS: 0x6000},
		{R12: 1, SP: 0x7000, IP: 3, FS: 4}, // no CLONE_SETTLS
	} {
		if !m.k.Next(pc) || pc.Save != want {
			t.Errorf("new thread starts with %+v, want %+v", pc.Save, want)
		}
		th := &m.k.threads[pc.Thread]
		if th.mask != 0xf0 || th.pending != 0 || !th.alt.disabled {
			t.Errorf("new thread has mask %#x, pending %#x, stack disabled %t; want 0xf0, 0, true",
				th.mask, th.pending, th.alt.disabled)
		}
		m.k.ExitThread(pc)
	}
	// The id of an ended thread names nobody, then the next thread.
	if got, _ := m.k.Tgkill(1, 0); got != neg(ESRCH) {
		t.Errorf("Tgkill(ended) = %d, want -ESRCH", int64(got))
	}
}

func TestCloneRefuses(t *testing.T) {
	m := newMachine(t, 1)
	for name, a := range map[string][2]uint64{
		"fork":       {17, 0},
		"vfork":      {0x4000 | 0x100, 0x1000},
		"no memory":  {0x10000, 0x1000},
		"no stack":   {threadFlags, 0},
		"everything": {0, 0},
	} {
		if got, _ := m.call(sysClone, a[0], a[1]); got != neg(EINVAL) {
			t.Errorf("%s: clone(%#x, %#x) = %d, want -EINVAL", name, a[0], a[1], int64(got))
		}
	}
	if m.k.Alive() != 1 {
		t.Errorf("Alive() = %d, want 1", m.k.Alive())
	}
}

func TestThreadLimit(t *testing.T) {
	m := newMachine(t, 2)
	seen := map[int32]bool{0: true}
	for range MaxThreads - 1 {
		th := m.clone(t, m.cpu[0])
		if seen[th] {
			t.Fatalf("thread %d was made twice", th)
		}
		seen[th] = true
	}
	if got := m.k.Clone(m.cpu[0], threadFlags, 1, 0); got != neg(EAGAIN) {
		t.Errorf("Clone() beyond the limit = %d, want -EAGAIN", int64(got))
	}
	m.k.Next(m.cpu[1])
	freed := m.cpu[1].Thread
	m.k.ExitThread(m.cpu[1])
	if got := m.clone(t, m.cpu[0]); got != freed {
		t.Errorf("Clone() after an exit made thread %d, want %d", got, freed)
	}
}

func TestTIDs(t *testing.T) {
	m := newMachine(t, 1)
	if got, _ := m.call(sysGettid); got != 1 {
		t.Errorf("gettid() = %d, want 1", got)
	}
	for _, tid := range []uint64{0, 2, 3, MaxThreads, MaxThreads + 1, 1 << 31, 1 << 32, 1<<32 + 1, 1<<63 + 1, ^uint64(0)} {
		if got := m.k.byTID(tid); got != none {
			t.Errorf("byTID(%#x) = %d, want none", tid, got)
		}
	}
}

// TestTable: the monitor finds each thread where the table says.
func TestTable(t *testing.T) {
	m := newMachine(t, 1)
	m.cpu[0].Save.IP = 0x401234
	second := m.clone(t, m.cpu[0])
	table := m.k.Table()
	if table.Count != MaxThreads {
		t.Errorf("table of %d threads, want %d", table.Count, MaxThreads)
	}
	slot := func(i int32) *abi.ThreadSlot {
		return (*abi.ThreadSlot)(pointer(uintptr(table.Addr) + uintptr(i)*uintptr(table.Stride)))
	}
	for i, want := range []uint32{abi.ThreadRunning, abi.ThreadReady, abi.ThreadFree} {
		if got := slot(int32(i)).State; got != want {
			t.Errorf("slot %d is in state %d, want %d", i, got, want)
		}
	}
	if got := slot(second).Regs.IP; got != 0x401234 {
		t.Errorf("the second thread is at %#x", got)
	}

	// A thread that was made to yield is where it was interrupted.
	pc := m.cpu[0]
	stack := region(t, 16<<10)
	m.k.threads[0].alt = altStack{sp: uint64(stack), size: 16 << 10}
	area := region(t, 4096)
	pc.Trap = abi.SigContext{IP: 0x405678, FPState: uint64(area)}
	if !m.k.Interject(pc, 0x400000, 512) {
		t.Fatal("Interject() = false")
	}
	if at := slot(0).Context; at == 0 || (*abi.SigContext)(pointer(uintptr(at))).IP != 0x405678 {
		t.Errorf("the context of the interrupted thread is at %#x", at)
	}
	m.k.Sigreturn(pc, uintptr(pc.Save.SP))
	if at := slot(0).Context; at != 0 {
		t.Errorf("the context stays at %#x after the return", at)
	}
}
