package vmm

import (
	"errors"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"unibench/libos/abi"
	"unibench/libos/vmm/kvm"
)

// TestManyVCPUs lets vCPUs start each other, wait, run until they are
// interrupted, and end the VM, while signals, input and stops come from outside.
// It is for the race detector, and for lost wake-ups: a VM that does not end
// hangs the test.
func TestManyVCPUs(t *testing.T) {
	const vcpus, rounds = 5, 60
	for round := range rounds {
		var m *Machine
		var steps atomic.Int64
		guest := func(i int) (uint32, uint32) {
			v := m.vcpus[i]
			n := steps.Add(1)
			atomic.StoreUint32(&v.pc.InKernel, uint32(n&1))
			v.pc.Call.Args = [6]uint64{math.MaxInt64}
			switch {
			case n == 1:
				v.pc.TrapEntry = testText
				v.pc.Call.Args[0] = 1<<vcpus - 2
				return kvm.ExitIO, abi.HypercallKick
			case n > 300 && round%3 == 0:
				v.pc.Call.Args = [6]uint64{uint64(i)}
				return kvm.ExitIO, abi.HypercallExit
			case n%4 == 0:
				v.pc.Call.Args[0] = uint64(n) * 0x9e3779b97f4a7c15
				return kvm.ExitIO, abi.HypercallKick
			case n%7 == 3:
				atomic.StoreUint32(&v.pc.Events, 0)
				return kvm.ExitIO, abi.HypercallWait
			case n%5 == 2:
				return kvm.ExitInterrupted, 0
			}
			v.pc.Call.Args[0] = 1
			return kvm.ExitIO, abi.HypercallWait // until just now
		}
		m = plainMachine(t, Config{VCPUs: vcpus, Memory: 8 * mib}, guest)
		m.ticker.slice = 20 * time.Microsecond
		outside := make(chan struct{})
		go func() {
			defer close(outside)
			for n := range 40 {
				m.Signal(1 + n%64)
				m.stdinReady()
				m.Guest()
				m.Exits()
			}
			m.Stop()
			m.Signal(15)
		}()
		_, err := m.Run()
		if err != nil && !errors.Is(err, ErrStopped) {
			t.Fatalf("round %d: %v", round, err)
		}
		m.Close()
		m.Signal(2) // too late, and harmless
		m.stdinReady()
		m.ticker.tick(m)
		<-outside
	}
}

// TestEndWhileAllSleep: the end reaches vCPUs that wait without a deadline, or
// are in the guest for good, at any moment.
func TestEndWhileAllSleep(t *testing.T) {
	const vcpus = 3
	for round := range 200 {
		var m *Machine
		var kicked atomic.Bool
		m = plainMachine(t, Config{VCPUs: vcpus, Memory: 8 * mib}, nil)
		m.newProcessor = func(i int) (processor, error) {
			p := newFake(nil)
			p.guest = func() (uint32, uint32) {
				v := m.vcpus[i]
				switch {
				case i == 0 && !kicked.Swap(true):
					v.pc.Call.Args = [6]uint64{1<<vcpus - 2}
					return kvm.ExitIO, abi.HypercallKick
				case (i+round)%2 == 0:
					v.pc.Call.Args = [6]uint64{math.MaxInt64}
					return kvm.ExitIO, abi.HypercallWait
				}
				<-p.wake // in the guest
				return kvm.ExitInterrupted, 0
			}
			return p, nil
		}
		if err := m.vcpus[0].create(); err != nil {
			t.Fatal(err)
		}
		go m.Stop()
		if _, err := m.Run(); !errors.Is(err, ErrStopped) {
			t.Fatalf("round %d: %v, want ErrStopped", round, err)
		}
		m.Close()
	}
}

// stopAtAllow ends its machine at the worst moment: when a request to leave the
// guest is about to be taken back, and with it that of the end.
type stopAtAllow struct {
	*fakeProcessor
	m *Machine
}

func (p *stopAtAllow) AllowRun() {
	p.m.Stop()
	p.fakeProcessor.AllowRun()
	select {
	case <-p.wake: // the signal came before the guest was entered
	default:
	}
}

func TestEndWhileRequestIsTakenBack(t *testing.T) {
	m := plainMachine(t, Config{VCPUs: 1, Memory: 8 * mib}, nil)
	v := m.vcpus[0]
	v.kvm = &stopAtAllow{newFake(nil), m}
	v.post(abi.EventTick)
	if _, err := m.Run(); !errors.Is(err, ErrStopped) {
		t.Errorf("%v, want ErrStopped", err)
	}
}

// TestTickerSleeps: while every vCPU waits, no timer is armed.
func TestTickerSleeps(t *testing.T) {
	m := plainMachine(t, Config{VCPUs: 1, Memory: 8 * mib}, nil)
	m.ticker.slice = time.Hour // only the ticks made here
	m.ticker.start(m)          // nobody runs
	m.ticker.tick(m)
	m.ticker.mu.Lock()
	armed := m.ticker.armed
	m.ticker.mu.Unlock()
	if armed {
		t.Error("the ticker is armed though no vCPU executes guest code")
	}
	m.ticker.stop()
}

// TestTicks: which events a vCPU gets, and whether it is interrupted for them.
func TestTicks(t *testing.T) {
	const tick, profile = abi.EventTick, abi.EventProfile
	type step struct {
		over   bool // the slice is
		exits  uint64
		events uint32
		kicked bool
	}
	for _, c := range []struct {
		name     string
		state    int32
		idle     uint32
		interval uint64
		steps    []step
	}{
		{name: "leaves in each slice", state: vcpuGuest, steps: []step{{true, 3, tick, false}, {true, 1, tick, false}, {true, 1, tick, false}}},
		{name: "stops leaving", state: vcpuGuest, steps: []step{{true, 3, tick, false}, {true, 0, tick, true}, {true, 1, tick, true}, {true, 2, tick, false}}},
		{name: "profiled", state: vcpuGuest, interval: 1, steps: []step{{true, 3, tick | profile, true}, {true, 1, tick | profile, true}}},
		{name: "profiled often", state: vcpuGuest, interval: 1, steps: []step{{false, 3, profile, true}, {false, 1, profile, true}, {true, 1, tick | profile, true}}},
		{name: "no more profiled", state: vcpuGuest, steps: []step{{false, 0, 0, false}}},
		{name: "looks for work", state: vcpuGuest, idle: abi.IdleSpin, interval: 1, steps: []step{{true, 0, 0, false}}},
		{name: "waits", state: vcpuWaiting, idle: abi.IdleWait, interval: 1, steps: []step{{true, 0, 0, false}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := plainMachine(t, Config{VCPUs: 1, Memory: 8 * mib}, nil)
			v := m.vcpus[0]
			v.state.Store(c.state)
			v.pc.Idle = c.idle
			m.mem.stats().ProfileInterval = c.interval
			for i, s := range c.steps {
				v.exits[causeKick].Add(s.exits)
				v.pc.Events = 0
				v.kicked.Store(false)
				m.postTicks(s.over)
				if v.pc.Events != s.events || v.kicked.Load() != s.kicked {
					t.Errorf("step %d: events %#x, interrupted %t; want %#x, %t", i, v.pc.Events, v.kicked.Load(), s.events, s.kicked)
				}
			}
		})
	}
}

// TestSlicesOfProfiled: a guest that is profiled in shorter intervals gets no
// shorter slices.
func TestSlicesOfProfiled(t *testing.T) {
	m := plainMachine(t, Config{VCPUs: 1, Memory: 8 * mib}, nil)
	m.ticker.slice = time.Hour // only the ticks made here
	m.ticker.start(m)
	defer m.ticker.stop()
	m.running.Add(1)
	v := m.vcpus[0]
	v.state.Store(vcpuGuest)
	m.mem.stats().ProfileInterval = uint64(20 * time.Minute)
	for i, want := range []uint32{abi.EventTick, 0, 0, abi.EventTick, 0, 0, abi.EventTick} {
		v.pc.Events = 0
		m.ticker.tick(m)
		if got := v.pc.Events &^ abi.EventProfile; got != want || v.pc.Events&abi.EventProfile == 0 {
			t.Errorf("timer %d: events %#x, want a profile and %#x", i, v.pc.Events, want)
		}
	}
}
