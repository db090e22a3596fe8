package kern

import "testing"

// TestTraceOfWait: a call that waits is reported by the thread that made it, when it
// goes on, wherever that is.
func TestTraceOfWait(t *testing.T) {
	m := newMachine(t, 2)
	first, second := m.cpu[0], m.cpu[1]
	m.clone(t, first)
	m.k.Next(second)
	if _, _, ok := m.k.TraceLeave(first); ok {
		t.Error("a thread that made no call leaves one")
	}
	first.Save.AX, first.Save.DI = sysFutex, uint64(m.mem)
	if !m.k.TraceEnter(first, 100) {
		t.Fatal("TraceEnter(futex) = false")
	}
	m.call(sysFutex, uint64(m.mem), futexWait, 0, 0)
	if first.Thread != none {
		t.Fatal("the thread does not wait")
	}
	m.callOn(second, 150, sysFutex, uint64(m.mem), futexWake, 1)
	if _, _, ok := m.k.TraceLeave(second); ok {
		t.Error("the thread that wakes leaves the call of the other")
	}
	m.k.ExitThread(second)
	if !m.k.Next(second) {
		t.Fatal("nobody was woken")
	}
	number, since, ok := m.k.TraceLeave(second)
	if number != sysFutex || since != 100 || !ok || second.Save.DI != uint64(m.mem) {
		t.Errorf("TraceLeave() = %d, %d, %t", number, since, ok)
	}
	if _, _, ok := m.k.TraceLeave(second); ok {
		t.Error("the call is left twice")
	}
}

// TestTraceWithoutReturn: what has no result is not waited for.
func TestTraceWithoutReturn(t *testing.T) {
	m := newMachine(t, 1)
	for number, want := range map[uint64]bool{sysExit: false, sysExitGroup: false, sysRtSigreturn: false, sysRead: true, 0x1ff: true} {
		m.cpu[0].Save.AX = number
		if got := m.k.TraceEnter(m.cpu[0], 1); got != want {
			t.Errorf("TraceEnter(%d) = %t, want %t", number, got, want)
		}
		if _, _, ok := m.k.TraceLeave(m.cpu[0]); ok != want {
			t.Errorf("TraceLeave after %d: %t, want %t", number, ok, want)
		}
	}
	// The code of Interject is not the program's.
	m.k.threads[0].Context = 8
	m.cpu[0].Save.AX = sysSchedYield
	if !m.k.TraceEnter(m.cpu[0], 1) {
		t.Error("TraceEnter during Interject = false")
	}
	if _, _, ok := m.k.TraceLeave(m.cpu[0]); ok {
		t.Error("the yield of Interject is reported")
	}
}
