package kern

import (
	"maps"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"unibench/libos/abi"
)

// model is the slow and obvious twin of Kernel's scheduling: every thread is a
// struct, every queue a slice that is searched from end to end.
type model struct {
	threads map[uint64]*modelThread // by id
	ready   []*modelThread          // run queue
	waiting []*modelThread          // blocked, in the order of blocking
	running []*modelThread          // by vCPU
	pending uint64
}

type modelThread struct {
	tid           uint64
	marker        uint64  // in R12 of the thread, wherever it is
	addr          uintptr // waited for, 0 in a sleep
	deadline      int64   // negative: none
	result        uint64  // of the call that blocked
	mask, pending uint64
}

func (m *model) wake(th *modelThread, result uint64) {
	m.waiting = slices.DeleteFunc(m.waiting, func(o *modelThread) bool { return o == th })
	th.result = result
	m.ready = append(m.ready, th)
}

func (m *model) futexWake(addr uintptr, n int) (woken uint64) {
	for _, th := range slices.Clone(m.waiting) {
		if th.addr == addr && woken < uint64(n) {
			m.wake(th, 0)
			woken++
		}
	}
	return woken
}

func (m *model) deadline() int64 {
	d := NoDeadline
	for _, th := range m.waiting {
		if th.deadline >= 0 {
			d = min(d, th.deadline)
		}
	}
	return d
}

func (m *model) expire(now int64) {
	due := slices.DeleteFunc(slices.Clone(m.waiting), func(th *modelThread) bool {
		return th.deadline < 0 || th.deadline > now
	})
	slices.SortStableFunc(due, func(a, b *modelThread) int { return int(a.deadline - b.deadline) })
	for _, th := range due {
		if th.addr != 0 {
			m.wake(th, neg(ETIMEDOUT))
		} else {
			m.wake(th, 0)
		}
	}
}

// notify returns the vCPU to kick, or -1.
func (m *model) notify(th *modelThread, sig int) int32 {
	th.pending |= bit(sig)
	if th.mask&bit(sig) != 0 {
		return -1
	}
	if i := slices.Index(m.running, th); i >= 0 {
		return int32(i)
	}
	if slices.Contains(m.waiting, th) {
		m.wake(th, neg(EINTR))
	}
	return -1
}

// checkAgainst compares everything that can be seen.
func (m *model) checkAgainst(t *testing.T, k *Kernel, cpus []*abi.PerCPU) {
	t.Helper()
	if got, want := k.Alive(), int32(len(m.threads)); got != want {
		t.Fatalf("Alive() = %d, want %d", got, want)
	}
	if got, want := k.Runnable(), int32(len(m.ready)); got != want {
		t.Fatalf("Runnable() = %d, want %d", got, want)
	}
	if got, want := k.Deadline(), m.deadline(); got != want {
		t.Fatalf("Deadline() = %d, want %d", got, want)
	}
	i := 0
	for th := k.runHead; th != none; th = k.threads[th].next {
		if TID(th) != m.ready[i].tid {
			t.Fatalf("run queue has thread %d at %d, want %d", TID(th), i, m.ready[i].tid)
		}
		i++
	}
	for i, pc := range cpus {
		switch th := m.running[i]; {
		case th == nil && pc.Thread != none:
			t.Fatalf("vCPU %d runs thread %d, want none", i, TID(pc.Thread))
		case th != nil && (pc.Thread == none || TID(pc.Thread) != th.tid || pc.Save.R12 != th.marker):
			t.Fatalf("vCPU %d runs thread %d, want %d", i, TID(pc.Thread), th.tid)
		}
	}
	for tid, th := range m.threads {
		if got := &k.threads[tid-1]; got.mask != th.mask || got.pending != th.pending {
			t.Fatalf("thread %d has mask %#x, pending %#x; want %#x, %#x", tid, got.mask, got.pending, th.mask, th.pending)
		}
	}
	if k.pending != m.pending {
		t.Fatalf("pending for the process: %#x, want %#x", k.pending, m.pending)
	}
	// No signal is left to threads that are blocked and do not block it.
	asleep, awake := uint64(0), uint64(0)
	for _, th := range m.threads {
		if slices.Contains(m.waiting, th) {
			asleep |= m.pending &^ th.mask
			if th.pending&^th.mask != 0 {
				t.Fatalf("thread %d sleeps with pending signals %#x, mask %#x", th.tid, th.pending, th.mask)
			}
		} else {
			awake |= m.pending &^ th.mask
		}
	}
	if asleep&^awake != 0 {
		t.Fatalf("signals %#x of the process are left to threads that sleep", asleep&^awake)
	}
}

// TestModel drives Kernel and model with the same random operations.
func TestModel(t *testing.T) {
	for seed := range uint64(40) {
		runModel(t, rand.New(rand.NewPCG(seed, 1)), 2000)
	}
}

func runModel(t *testing.T, rnd *rand.Rand, steps int) {
	const vcpus, maxAlive = 3, 24
	mach := newMachine(t, vcpus)
	k := mach.k
	marker, now := uint64(1), int64(1000)
	first := &modelThread{tid: 1, marker: marker}
	m := &model{threads: map[uint64]*modelThread{1: first}, running: make([]*modelThread, vcpus)}
	m.running[0] = first
	mach.cpu[0].Save.R12 = marker
	a, b, other := collide(t, mach.mem)
	words := []uintptr{a, b, other}
	for sig := 1; sig <= MaxSignal; sig++ {
		k.actions[sig].handler = 0x1234
	}
	for range steps {
		i := rnd.IntN(vcpus)
		pc, th := mach.cpu[i], m.running[i]
		op := rnd.IntN(12)
		if th == nil {
			if k.Next(pc) != (len(m.ready) > 0) {
				t.Fatalf("Next() with %d threads in the queue: runs %d", len(m.ready), pc.Thread)
			}
			if len(m.ready) > 0 {
				m.running[i], m.ready = m.ready[0], m.ready[1:]
				if pc.Save.AX != m.running[i].result {
					t.Fatalf("thread %d goes on with result %d, want %d", m.running[i].tid, int64(pc.Save.AX), int64(m.running[i].result))
				}
			}
			op = 8 + rnd.IntN(3) // needs no thread
		}
		block := func(addr uintptr, deadline int64) {
			th.addr, th.deadline = addr, deadline
			m.waiting = append(m.waiting, th)
			m.running[i] = nil
		}
		// take handles the next signal of the thread.
		take := func() {
			sig := k.Pending(pc)
			if set := (th.pending | m.pending) &^ th.mask; set == 0 != (sig == 0) || sig != 0 && (set&bit(sig) == 0 || sig != SIGPROF && set&(bit(sig)-1|bit(SIGPROF)) != 0) {
				t.Fatalf("Pending() = %d of %#x", sig, set)
			}
			if sig != 0 && th.pending&bit(sig) != 0 {
				th.pending &^= bit(sig)
			} else if sig != 0 {
				m.pending &^= bit(sig)
			}
		}
		// blocked follows a call that blocks the thread, or is interrupted.
		blocked := func(errno uint64, addr uintptr, deadline int64) {
			switch signal := (th.pending|m.pending)&^th.mask != 0; {
			case signal && errno == EINTR:
				take()
			case !signal && errno == 0:
				block(addr, deadline)
			default:
				t.Fatalf("a call that blocks returned %d; a signal is pending: %t", errno, signal)
			}
		}
		switch op {
		case 0, 1:
			addr, deadline := words[rnd.IntN(3)], int64(-1)
			if rnd.IntN(2) == 0 {
				deadline = now + rnd.Int64N(20)
			}
			blocked(k.FutexWait(pc, addr, 0, deadline), addr, deadline)
		case 2:
			deadline := now + rnd.Int64N(20)
			pc.Save.AX = 0
			blocked(k.Sleep(pc, deadline), 0, deadline)
		case 3, 4:
			if len(m.threads) == maxAlive {
				break
			}
			tid := k.Clone(pc, threadFlags, 1, 0)
			if m.threads[tid] != nil {
				t.Fatalf("Clone() = %d, the id of a living thread", tid)
			}
			marker++
			k.threads[tid-1].Regs.R12 = marker
			n := &modelThread{tid: tid, marker: marker, mask: th.mask}
			m.threads[tid] = n
			m.ready = append(m.ready, n)
		case 5:
			if len(m.threads) > 2 {
				k.ExitThread(pc)
				delete(m.threads, th.tid)
				m.running[i] = nil
				followKill(t, k, m, m.pending, func() uint64 { return k.Retarget(pc) })
			}
		case 6:
			k.Yield(pc)
			th.result = 0
			if len(m.ready) > 0 {
				m.ready = append(m.ready, th)
				m.running[i] = nil
			}
		case 7:
			Store64(mach.mem+argSize-8, rnd.Uint64()&rnd.Uint64())
			k.Sigprocmask(pc, 2, mach.mem+argSize-8, 0)
			th.mask = Load64(mach.mem+argSize-8) &^ unblockable
			take()
			followKill(t, k, m, m.pending&th.mask, func() uint64 { return k.Retarget(pc) })
		case 8:
			addr, n := words[rnd.IntN(3)], rnd.IntN(4)
			if got, want := k.FutexWake(addr, uint32(n)), m.futexWake(addr, n); got != want {
				t.Fatalf("FutexWake(%d) = %d, want %d", n, got, want)
			}
		case 9:
			now += rnd.Int64N(6)
			k.Expire(now)
			m.expire(now)
		case 10:
			tid, sig := 1+rnd.Uint64N(maxAlive+2), 1+rnd.IntN(MaxSignal)
			got, cpu := k.Tgkill(tid, uint64(sig))
			if th := m.threads[tid]; th == nil {
				if got != neg(ESRCH) || cpu != -1 {
					t.Fatalf("Tgkill(nobody) = %d, %d", int64(got), cpu)
				}
			} else if want := m.notify(th, sig); got != 0 || cpu != want {
				t.Fatalf("Tgkill() = %d, vCPU %d; want 0, %d", int64(got), cpu, want)
			}
		case 11:
			set := bit(1 + rnd.IntN(MaxSignal))
			set |= bit(1 + rnd.IntN(MaxSignal))
			followKill(t, k, m, set, func() uint64 { return k.Kill(set) })
		}
		m.checkAgainst(t, k, mach.cpu)
	}
}

// followKill sends the signals of a set to the process by a call of kill and
// follows Kernel's choice of threads, which have to be good ones.
func followKill(t *testing.T, k *Kernel, m *model, set uint64, kill func() uint64) {
	t.Helper()
	cpus := kill()
	m.pending |= set
	var looking []*modelThread // threads that will look at their signals soon
	for i, th := range m.running {
		if cpus>>i&1 != 0 {
			if th == nil || set&^th.mask == 0 {
				t.Fatalf("a kill of %#x kicks vCPU %d, which runs no thread that takes it", set, i)
			}
			looking = append(looking, th)
		}
	}
	looking = append(looking, m.ready...)
	for _, th := range m.wokenBy(k) {
		if set&^th.mask == 0 {
			t.Fatalf("a kill of %#x wakes thread %d, which blocks it", set, th.tid)
		}
		m.wake(th, neg(EINTR))
		looking = append(looking, th)
	}
	for sig := 1; sig <= MaxSignal; sig++ {
		takes := func(th *modelThread) bool { return th != nil && set&bit(sig)&^th.mask != 0 }
		all := slices.Collect(maps.Values(m.threads))
		if slices.ContainsFunc(all, takes) && !slices.ContainsFunc(looking, takes) {
			t.Fatalf("a kill of %#x makes no thread look that takes signal %d", set, sig)
		}
		if slices.ContainsFunc(m.running, takes) && !slices.ContainsFunc(looking[:bits.OnesCount64(cpus)], takes) {
			t.Fatalf("a kill of %#x kicks vCPUs %#x, none of which runs a thread that takes signal %d", set, cpus, sig)
		}
	}
}

// wokenBy returns the threads that Kernel has made ready, and the model not yet,
// in the order of the run queue.
func (m *model) wokenBy(k *Kernel) (woken []*modelThread) {
	i := 0
	for th := k.runHead; th != none; th = k.threads[th].next {
		if i++; i > len(m.ready) {
			woken = append(woken, m.threads[TID(th)])
		}
	}
	return woken
}
