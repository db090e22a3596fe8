package kern

import "testing"

// collide returns two different words in the same bucket, and one in another.
func collide(t *testing.T, base uintptr) (a, b, other uintptr) {
	t.Helper()
	for a = base; a < base+argSize; a += 4 {
		for b = a + 4; b < base+argSize; b += 4 {
			if bucketOf(a) == bucketOf(b) {
				for other = base; bucketOf(other) == bucketOf(a); other += 4 {
				}
				return a, b, other
			}
		}
	}
	t.Fatal("no two words share a bucket")
	return
}

func TestFutexWakesInOrder(t *testing.T) {
	m := newMachine(t, 1)
	pc := m.cpu[0]
	a, b, other := collide(t, m.mem)
	var at = []uintptr{a, b, a, other, b, a}
	for range at {
		m.clone(t, pc)
	}
	m.k.ExitThread(pc)
	waiters := map[uintptr][]int32{}
	for _, addr := range at {
		m.k.Next(pc)
		waiters[addr] = append(waiters[addr], pc.Thread)
		if m.k.FutexWait(pc, addr, 0, forever) != 0 || pc.Thread != none {
			t.Fatalf("FutexWait(%#x) did not block", addr)
		}
	}
	take := func(addr uintptr, n uint32, want int) {
		t.Helper()
		if got := m.k.FutexWake(addr, n); got != uint64(want) {
			t.Fatalf("FutexWake(%#x, %d) = %d, want %d", addr, n, got, want)
		}
		for range want {
			if !m.k.Next(pc) || pc.Thread != waiters[addr][0] || pc.Save.AX != 0 {
				t.Fatalf("FutexWake(%#x, %d) woke thread %d with %d, want %d with 0",
					addr, n, pc.Thread, int64(pc.Save.AX), waiters[addr][0])
			}
			waiters[addr] = waiters[addr][1:]
			m.k.ExitThread(pc)
		}
	}
	take(a, 0, 0)
	take(a, 1, 1)
	take(b, 5, 2)
	take(b, 5, 0)
	take(a, 1<<31-1, 2)
	take(other, 1<<32-1, 1)
}

func TestFutexCalls(t *testing.T) {
	const private, wait, wake, requeue, lockPI = 128, 0, 1, 3, 6
	m := newMachine(t, 1)
	pc := m.cpu[0]
	word, ts := uint64(m.mem), uint64(m.mem)+64
	store32(m.mem, 3)
	for _, c := range []struct {
		name      string
		sec, nsec uint64
		args      []uint64
		want      int64
		op        Op
	}{
		{"other value", 0, 0, []uint64{word, wait | private, 4, 0}, -EAGAIN, OpNone},
		{"only 32 bits count", 0, 0, []uint64{word, wait, 1<<32 | 4, 0}, -EAGAIN, OpNone},
		{"bad time", 0, 1e9, []uint64{word, wait, 3, ts}, -EINVAL, OpNone},
		{"negative time", 1 << 63, 0, []uint64{word, wait, 3, ts}, -EINVAL, OpNone},
		{"wake nobody", 0, 0, []uint64{word, wake | private, 1}, 0, OpNone},
		{"requeue", 0, 0, []uint64{word, requeue, 1}, -ENOSYS, OpUnknown},
		{"priority inheritance", 0, 0, []uint64{word, lockPI | private, 1}, -ENOSYS, OpUnknown},
	} {
		Store64(uintptr(ts), c.sec)
		Store64(uintptr(ts)+8, c.nsec)
		got, req := m.call(sysFutex, c.args...)
		if int64(got) != c.want || req.Op != c.op || pc.Thread != 0 {
			t.Errorf("%s: futex() = %d, op %d, thread %d; want %d, %d, 0", c.name, int64(got), req.Op, pc.Thread, c.want, c.op)
		}
		if c.op == OpUnknown && req.A[0] != sysFutex {
			t.Errorf("%s: counted as call %d, want %d", c.name, req.A[0], sysFutex)
		}
	}
	Store64(uintptr(ts), 0)
	Store64(uintptr(ts)+8, 50)
	m.callOn(pc, 1000, sysFutex, word, wait|private, 3, ts)
	if pc.Thread != none || m.k.Deadline() != 1050 {
		t.Fatalf("futex wait: thread %d runs on, deadline %d; want none, 1050", pc.Thread, m.k.Deadline())
	}
	m.k.Expire(1050)
	if !m.k.Next(pc) || pc.Save.AX != neg(ETIMEDOUT) {
		t.Errorf("futex wait = %d, want -ETIMEDOUT", int64(pc.Save.AX))
	}
	if got := m.k.FutexWake(uintptr(word), 1); got != 0 {
		t.Errorf("FutexWake() after the time-out = %d, want 0", got)
	}
}
