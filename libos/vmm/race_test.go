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
	m.running.Add(1)
	m.vcpus[0].state.Store(vcpuGuest)
	m.vcpus[0].pc.Events = 0
	for range 2 {
		m.vcpus[0].exits[causeKick].Add(3)
		m.postTicks()
	}
	if m.vcpus[0].pc.Events != 0 {
		t.Errorf("events %#x for a vCPU that left the guest meanwhile", m.vcpus[0].pc.Events)
	}
	m.postTicks()
	if m.vcpus[0].pc.Events != abi.EventTick {
		t.Errorf("events %#x for a vCPU that did not leave the guest, want a tick", m.vcpus[0].pc.Events)
	}
	m.ticker.stop()
}
