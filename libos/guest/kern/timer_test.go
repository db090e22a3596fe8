package kern

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestTimersExpireInOrder(t *testing.T) {
	const n = 200
	m := newMachine(t, 1)
	pc := m.cpu[0]
	if got := m.k.Deadline(); got != NoDeadline {
		t.Errorf("Deadline() without timers = %d, want NoDeadline", got)
	}
	type sleeper struct {
		thread int32
		at     int64
	}
	var want []sleeper
	rnd := rand.New(rand.NewPCG(1, 2))
	for range n {
		m.clone(t, pc)
	}
	m.k.ExitThread(pc)
	for range n {
		m.k.Next(pc)
		at := rnd.Int64N(50) // many equal ones
		want = append(want, sleeper{pc.Thread, at})
		m.k.Sleep(pc, at)
	}
	// Equal times: who slept first wakes first.
	slices.SortStableFunc(want, func(a, b sleeper) int { return int(a.at - b.at) })
	for len(want) > 0 {
		at := want[0].at
		if got := m.k.Deadline(); got != at {
			t.Fatalf("Deadline() = %d, want %d", got, at)
		}
		m.k.Expire(at - 1)
		if m.k.Runnable() != 0 {
			t.Fatalf("Expire(%d) woke %d threads before their time %d", at-1, m.k.Runnable(), at)
		}
		m.k.Expire(at)
		for len(want) > 0 && want[0].at == at {
			if !m.k.Next(pc) || pc.Thread != want[0].thread || pc.Save.AX != 0 {
				t.Fatalf("at %d thread %d runs with result %d, want thread %d with 0", at, pc.Thread, pc.Save.AX, want[0].thread)
			}
			m.k.ExitThread(pc)
			want = want[1:]
		}
	}
	if got := m.k.Deadline(); got != NoDeadline {
		t.Errorf("Deadline() at the end = %d, want NoDeadline", got)
	}
}

func TestTimespec(t *testing.T) {
	const now = 5_000_000_000
	at := region(t, pageSize)
	for _, c := range []struct {
		sec, nsec int64
		want      int64
		ok        bool
	}{
		{0, 0, now, true},
		{0, 1, now + 1, true},
		{1, 999_999_999, now + 1_999_999_999, true},
		{1 << 32, 999_999_999, now + 1<<32*1_000_000_000 + 999_999_999, true},
		{1<<32 + 1, 0, NoDeadline - 1, true},
		{1<<63 - 1, 999_999_999, NoDeadline - 1, true},
		{-1, 0, 0, false},
		{-1 << 63, 0, 0, false},
		{0, -1, 0, false},
		{0, 1_000_000_000, 0, false},
		{0, 1<<63 - 1, 0, false},
	} {
		Store64(at, uint64(c.sec))
		Store64(at+8, uint64(c.nsec))
		if got, ok := timespec(at, now); got != c.want || ok != c.ok {
			t.Errorf("timespec(%d, %d) = %d, %t, want %d, %t", c.sec, c.nsec, got, ok, c.want, c.ok)
		}
	}
}

func TestNanosleep(t *testing.T) {
	m := newMachine(t, 1)
	pc := m.cpu[0]
	Store64(m.mem, 1)
	Store64(m.mem+8, 1e9)
	if got, _ := m.call(sysNanosleep, uint64(m.mem)); got != neg(EINVAL) || pc.Thread != 0 {
		t.Errorf("nanosleep of a bad time = %d, thread %d; want -EINVAL, 0", int64(got), pc.Thread)
	}
	Store64(m.mem+8, 5)
	m.callOn(pc, 100, sysNanosleep, uint64(m.mem))
	if pc.Thread != none || m.k.Deadline() != 1_000_000_105 {
		t.Errorf("nanosleep: thread %d runs on, deadline %d; want none, 1000000105", pc.Thread, m.k.Deadline())
	}
	// A signal ends it early.
	if _, cpu := m.k.Tgkill(1, 10); cpu != -1 {
		t.Errorf("Tgkill(asleep) kicks vCPU %d, want none", cpu)
	}
	if !m.k.Next(pc) || pc.Save.AX != neg(EINTR) || m.k.Deadline() != NoDeadline {
		t.Errorf("interrupted nanosleep = %d, deadline %d; want -EINTR, none", int64(pc.Save.AX), m.k.Deadline())
	}
}
