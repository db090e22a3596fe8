package kern

import (
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
		switch op {
		case 0, 1:
			addr, deadline := words[rnd.IntN(3)], int64(-1)
			if rnd.IntN(2) == 0 {
				deadline = now + rnd.Int64N(20)
			}
			if !k.FutexWait(pc, addr, 0, deadline) {
				t.Fatal("FutexWait() of the right value did not block")
			}
			block(addr, deadline)
		case 2:
			deadline := now + rnd.Int64N(20)
			pc.Save.AX = 0
			k.Sleep(pc, deadline)
			block(0, deadline)
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
			sig := k.Pending(pc)
			if set := (th.pending | m.pending) &^ th.mask; set == 0 != (sig == 0) || sig != 0 && (set&bit(sig) == 0 || set&(bit(sig)-1) != 0) {
				t.Fatalf("Pending() = %d of %#x", sig, set)
			}
			if sig != 0 && th.pending&bit(sig) != 0 {
				th.pending &^= bit(sig)
			} else if sig != 0 {
				m.pending &^= bit(sig)
			}
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
			killModel(t, k, m, 1+rnd.IntN(MaxSignal))
		}
		m.checkAgainst(t, k, mach.cpu)
	}
}

// killModel sends sig to the process and follows Kernel's choice of a thread,
// which has to be a good one.
func killModel(t *testing.T, k *Kernel, m *model, sig int) {
	t.Helper()
	before := map[uint64]uint64{}
	willing, running := 0, 0
	for tid, th := range m.threads {
		before[tid] = th.pending
		if th.mask&bit(sig) == 0 {
			willing++
			if slices.Contains(m.running, th) {
				running++
			}
		}
	}
	cpus := k.Kill(bit(sig))
	if willing == 0 {
		m.pending |= bit(sig)
		if cpus != 0 {
			t.Fatalf("Kill() kicks vCPUs %#x though all threads block the signal", cpus)
		}
		return
	}
	if running > 0 {
		// A running thread takes it, and its vCPU is kicked.
		for i, th := range m.running {
			if cpus == 1<<i && th != nil && th.mask&bit(sig) == 0 {
				m.notify(th, sig)
				return
			}
		}
		t.Fatalf("Kill() kicks vCPUs %#x, none of which runs a thread that takes the signal", cpus)
	}
	// One thread took it; if it had the signal pending already, nothing shows.
	var choice *modelThread
	for tid, th := range m.threads {
		if k.threads[tid-1].pending != before[tid] {
			choice = th
		}
	}
	if choice == nil {
		for _, th := range m.threads {
			if th.mask&bit(sig) == 0 && th.pending&bit(sig) != 0 {
				choice = th
				if slices.Contains(m.waiting, th) && k.threads[th.tid-1].State == Ready {
					break
				}
			}
		}
	}
	if choice == nil || choice.mask&bit(sig) != 0 || cpus != 0 {
		t.Fatalf("Kill(%d) chose %+v, vCPUs %#x", sig, choice, cpus)
	}
	if slices.Contains(m.waiting, choice) != (k.threads[choice.tid-1].State == Ready && !slices.Contains(m.ready, choice)) {
		t.Fatalf("Kill(%d) left blocked thread %d asleep", sig, choice.tid)
	}
	m.notify(choice, sig)
}
