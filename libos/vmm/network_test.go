package vmm

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"unibench/libos/abi"
	"unibench/libos/vmm/kvm"
	"unibench/libos/vmm/tap"
	"unibench/libos/vmm/tap/taptest"
	"unibench/libos/vmm/virtio"
)

const netPatience = 20 * time.Second

// netMachine is a plain machine on a TAP.
func netMachine(t *testing.T, vcpus, pairs int, spare bool, guest func(m *Machine, i int) (reason, port uint32)) (*Machine, *taptest.Host) {
	t.Helper()
	h := taptest.New(t, pairs)
	var queues []*tap.Queue
	var err error
	h.Do(func() { queues, _, err = tap.Open(h.Name, pairs) })
	if err != nil {
		t.Fatal(err)
	}
	c := &NetConfig{Spare: spare, Info: abi.NetInfo{MTU: 1500}}
	for _, q := range queues {
		c.Backends = append(c.Backends, virtio.Backend(q))
		t.Cleanup(func() { q.Close() })
	}
	var m *Machine
	m = plainMachine(t, Config{VCPUs: vcpus, Memory: 16 * mib, Net: c}, func(i int) (uint32, uint32) { return guest(m, i) })
	return m, h
}

// hypercall is an exit with arguments, as a guest's Run returns it.
func (v *vcpu) exit(number uint32, args ...uint64) (uint32, uint32) {
	v.pc.Call.Args = [6]uint64{}
	copy(v.pc.Call.Args[:], args)
	return kvm.ExitIO, number
}

// runAside runs m. It is ended if it takes too long, and when the test ends.
func runAside(t *testing.T, m *Machine) <-chan error {
	done := make(chan error, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer time.AfterFunc(netPatience, m.Stop).Stop()
		_, err := m.Run()
		done <- err
	}()
	t.Cleanup(func() {
		m.Stop()
		<-ended
	})
	return done
}

// exchange sends frames one by one and expects each of them back.
func exchange(t *testing.T, m *Machine, h *taptest.Host, n int) {
	t.Helper()
	for i := range n {
		f := taptest.Frame(60+i*7%1400, byte(i%200))
		h.Send(f)
		if got := h.Receive(netPatience); !bytes.Equal(got, f) {
			t.Fatalf("frame %d: %d bytes came back, want %d; counted: %+v", i, len(got), len(f), m.Net())
		}
	}
}

// end is a frame that makes a test's guest end.
func end() []byte {
	f := taptest.Frame(60, 0)
	f[14] = 0xff
	return f
}

// echo sends back what came since it was called last, and reports whether to end.
func (g *netGuest) echo() bool {
	g.received()
	for _, f := range g.copies {
		if last(f) {
			return true
		}
		g.send(f)
	}
	g.copies = g.copies[:0]
	return false
}

// TestNetWait: a guest that waits is woken by a frame, on its own thread, and
// what it has sent goes out when it waits again.
func TestNetWait(t *testing.T) {
	var g *netGuest
	m, h := netMachine(t, 1, 1, false, func(m *Machine, i int) (uint32, uint32) {
		v := m.vcpus[i]
		if g == nil {
			g = newNetGuest(m, 0)
			g.begin(0)
		}
		atomic.StoreUint32(&v.pc.Events, 0)
		if g.echo() {
			return v.exit(abi.HypercallExit)
		}
		g.arm()
		return v.exit(abi.HypercallWait, math.MaxInt64)
	})
	done := runAside(t, m)
	const frames = 50
	exchange(t, m, h, frames)
	h.Send(end())
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	s := m.Net()
	if s.RxFrames != frames+1 || s.TxFrames != frames || s.RxDropped+s.TxDropped+s.TxMalformed != 0 {
		t.Errorf("%+v", s)
	}
	// One wait for each frame, and the first.
	if n := m.Exits()["wait"]; n > frames+2 {
		t.Errorf("%d waits for %d frames", n, frames+1)
	}
}

// TestNetBusy: a guest that never leaves the VM is served by the other thread,
// also if that has no processor of its own.
func TestNetBusy(t *testing.T) {
	for _, spare := range []bool{false, true} {
		var g *netGuest
		var polled atomic.Bool
		m, h := netMachine(t, 1, 1, spare, func(m *Machine, i int) (uint32, uint32) {
			v := m.vcpus[i]
			if g == nil {
				g = newNetGuest(m, 0)
				g.begin(0)
				return v.exit(abi.HypercallYield) // from here on the device is known to be ready
			}
			for !m.hasEnded() {
				if g.echo() {
					return v.exit(abi.HypercallExit)
				}
				if g.polling() {
					polled.Store(true)
				}
				if g.wanted() {
					return v.exit(abi.HypercallNotify, 1)
				}
			}
			return kvm.ExitInterrupted, 0
		})
		m.ticker.slice = time.Hour
		done := runAside(t, m)
		frames := uint64(20)
		exchange(t, m, h, 20)
		// Where the host is busy, the other thread may come late.
		for spare && !polled.Load() && frames < 2000 {
			exchange(t, m, h, 20)
			frames += 20
		}
		h.Send(end())
		if err := <-done; err != nil {
			t.Fatalf("spare %t: %v", spare, err)
		}
		if n := m.Net(); n.TxFrames != frames || n.IOWakeups == 0 && !spare {
			t.Errorf("spare %t: %+v", spare, n)
		}
		if polled.Load() != spare {
			t.Errorf("spare %t: the guest was told %t", spare, polled.Load())
		}
	}
}

// TestNetOther: one vCPU is busy, another waits: it gets the frames.
func TestNetOther(t *testing.T) {
	var g *netGuest
	var kicked, stop atomic.Bool
	m, h := netMachine(t, 2, 1, false, func(m *Machine, i int) (uint32, uint32) {
		v := m.vcpus[i]
		atomic.StoreUint32(&v.pc.Events, 0)
		if i == 0 {
			if !kicked.Swap(true) {
				g = newNetGuest(m, 0)
				g.begin(0)
				return v.exit(abi.HypercallKick, 2)
			}
			for !m.hasEnded() && !stop.Load() {
				time.Sleep(0) // in the guest
			}
			return v.exit(abi.HypercallExit)
		}
		if g.echo() {
			stop.Store(true)
			return v.exit(abi.HypercallWait, 1)
		}
		g.arm()
		return v.exit(abi.HypercallWait, math.MaxInt64)
	})
	done := runAside(t, m)
	exchange(t, m, h, 30)
	h.Send(end())
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// TestNetNotify: what a busy guest notifies of goes out at once.
func TestNetNotify(t *testing.T) {
	var g *netGuest
	m, h := netMachine(t, 1, 1, false, func(m *Machine, i int) (uint32, uint32) {
		v := m.vcpus[i]
		switch {
		case g == nil:
			g = newNetGuest(m, 0)
			g.begin(0)
			g.send(taptest.Frame(60, 1))
			return v.exit(abi.HypercallNotify, 1)
		case g.sent() != 1:
			return v.exit(abi.HypercallExit, 3)
		}
		return v.exit(abi.HypercallExit)
	})
	done := runAside(t, m)
	if got := h.Receive(netPatience); !bytes.Equal(got, taptest.Frame(60, 1)) {
		t.Errorf("%d bytes came", len(got))
	}
	if err := <-done; err != nil || m.exit.Status != 0 {
		t.Errorf("status %d, %v", m.exit.Status, err)
	}
}

// TestNetPairs: two vCPUs and two pairs, frames come in on either, and whichever
// vCPU is told serves both, as a scheduler does.
func TestNetPairs(t *testing.T) {
	var gs [2]*netGuest
	var mu sync.Mutex
	var frames atomic.Int32
	const want = 60
	m, h := netMachine(t, 2, 2, false, func(m *Machine, i int) (uint32, uint32) {
		v := m.vcpus[i]
		atomic.StoreUint32(&v.pc.Events, 0)
		if i == 0 && gs[0] == nil {
			gs[0], gs[1] = newNetGuest(m, 0), newNetGuest(m, 1)
			for range 64 {
				gs[1].add(0, netBuffer, 2)
			}
			gs[0].begin(0)
			return v.exit(abi.HypercallKick, 2)
		}
		mu.Lock()
		defer mu.Unlock()
		for _, g := range gs {
			frames.Add(int32(g.received()))
			for _, f := range g.copies {
				g.send(f)
			}
			g.copies = g.copies[:0]
			g.arm()
		}
		return v.exit(abi.HypercallWait, math.MaxInt64)
	})
	done := runAside(t, m)
	for i := range want {
		// The kernel chooses the queue by the flow, which these frames lack: it
		// hashes their addresses.
		f := taptest.Frame(60, byte(i))
		f[11] = byte(i)
		h.Send(f)
		if got := h.Receive(netPatience); !bytes.Equal(got, f) {
			t.Fatalf("frame %d: %d bytes came back", i, len(got))
		}
	}
	m.Stop()
	if err := <-done; !errors.Is(err, ErrStopped) {
		t.Error(err)
	}
	if n := frames.Load(); n != want {
		t.Errorf("%d frames, want %d", n, want)
	}
}

// TestNetBroken: hostile queues end the VM, whichever thread looks at them.
func TestNetBroken(t *testing.T) {
	for name, c := range map[string]struct {
		break_ func(g *netGuest)
		exit   []uint64
		want   string
	}{
		"at a wait":         {func(g *netGuest) { g.q[1].avail[0] = 0x7fff << 16 }, []uint64{abi.HypercallWait, math.MaxInt64}, "vCPU 0: more buffers than the queue has in virtqueue 1 (0x7fff); the VM was ended"},
		"at another exit":   {func(g *netGuest) { g.q[1].avail[0] = 0x7fff << 16 }, []uint64{abi.HypercallYield}, "more buffers than the queue has in virtqueue 1"},
		"at a notification": {func(g *netGuest) { g.add(1, ^uint32(0), 0) }, []uint64{abi.HypercallNotify, 1}, "buffer outside of the guest's memory in virtqueue 1"},
		"features":          {func(g *netGuest) { g.shared.Accepted = 1 << 2 }, []uint64{abi.HypercallYield}, "features accepted that were not offered"},
		"no such queue":     {func(g *netGuest) {}, []uint64{abi.HypercallNotify, 2}, "notification of a queue that there is not (0x2)"},
		"queues as buffers": {func(g *netGuest) { g.q[0].buffers = g.m.lay.net; g.add(0, 2048, 2) }, []uint64{abi.HypercallWait, math.MaxInt64}, "buffer outside of the guest's memory in virtqueue 0"},
	} {
		t.Run(name, func(t *testing.T) {
			once := false
			m, h := netMachine(t, 1, 1, false, func(m *Machine, i int) (uint32, uint32) {
				v := m.vcpus[i]
				if once {
					return v.exit(abi.HypercallExit)
				}
				once = true
				g := newNetGuest(m, 0)
				if name != "queues as buffers" {
					g.begin(0)
				}
				c.break_(g)
				if name == "queues as buffers" {
					g.begin(0)
				}
				return v.exit(uint32(c.exit[0]), c.exit[1:]...)
			})
			h.Send(taptest.Frame(60, 0))
			err := <-runAside(t, m)
			var guest *GuestError
			if !errors.As(err, &guest) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want a GuestError with %q", err, c.want)
			}
		})
	}
}

// TestNetGone: an interface that is removed wakes the poller once at most, and
// signals still do.
func TestNetGone(t *testing.T) {
	var g *netGuest
	signals := make(chan bool)
	m, h := netMachine(t, 1, 1, false, func(m *Machine, i int) (uint32, uint32) {
		v := m.vcpus[i]
		if g == nil {
			g = newNetGuest(m, 0)
			g.begin(0)
		}
		if atomic.SwapUint32(&v.pc.Events, 0)&abi.EventSignal != 0 {
			signals <- true
		}
		g.echo()
		g.arm()
		return v.exit(abi.HypercallWait, math.MaxInt64)
	})
	done := runAside(t, m)
	exchange(t, m, h, 1)
	before := m.Net().Wakeups
	h.Remove()
	for range 5 {
		m.Signal(10)
		<-signals
	}
	if after := m.Net().Wakeups; after > before+1 {
		t.Errorf("%d wake-ups by an interface that is gone", after-before)
	}
	m.Stop()
	if err := <-done; !errors.Is(err, ErrStopped) {
		t.Error(err)
	}
}

// TestNetEnd: the end reaches a poller, and the thread for busy vCPUs, at any
// moment.
func TestNetEnd(t *testing.T) {
	for range 50 {
		var g *netGuest
		m, h := netMachine(t, 2, 1, true, func(m *Machine, i int) (uint32, uint32) {
			v := m.vcpus[i]
			if i == 0 && g == nil {
				g = newNetGuest(m, 0)
				g.begin(0)
				return v.exit(abi.HypercallKick, 2)
			}
			atomic.StoreUint32(&v.pc.Events, 0)
			return v.exit(abi.HypercallWait, math.MaxInt64)
		})
		done := runAside(t, m)
		h.Send(taptest.Frame(60, 0))
		m.Stop()
		if err := <-done; !errors.Is(err, ErrStopped) {
			t.Fatal(err)
		}
		m.Close()
	}
}
