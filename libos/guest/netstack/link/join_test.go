package link_test

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"unibench/libos/abi"
	"unibench/libos/guest/virtio"
	"unibench/libos/guest/virtio/virtiotest"
	vmm "unibench/libos/vmm/virtio/virtiotest"
)

// monitored is a platform whose device is the monitor's own.
type monitored struct {
	*vmm.Device
	stats abi.NetStats
	start time.Time

	mu     sync.Mutex
	moved  sync.Cond
	closed bool
}

func newMonitored(t *testing.T, pairs, size int, offloads uint64) *monitored {
	t.Helper()
	d, err := vmm.New(pairs, size, offloads)
	if err != nil {
		t.Fatal(err)
	}
	m := &monitored{Device: d, start: time.Now()}
	m.moved.L = &m.mu
	return m
}

func (m *monitored) Info() *abi.NetInfo          { return &m.Device.Info }
func (m *monitored) Shared() *abi.NetShared      { return m.Device.Shared }
func (m *monitored) Memory(gpa, n uint64) []byte { return vmm.Memory(gpa, n) }
func (m *monitored) Notify(int)                  {}
func (m *monitored) Now() int64                  { return int64(time.Since(m.start)) }
func (m *monitored) Stats() *abi.NetStats        { return &m.stats }

func (m *monitored) Wait(w []virtio.Watch) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for !m.closed && !virtiotest.Moved(w) {
		m.moved.Wait()
	}
}

func (m *monitored) wake(closed bool) {
	m.mu.Lock()
	m.closed = m.closed || closed
	m.moved.Broadcast()
	m.mu.Unlock()
}

func (m *monitored) Close() { m.wake(true) }

// serve does what a polling thread of the monitor does, and carries frames from
// each device to the other, until stop is closed.
func serve(ends [2]*monitored, stop chan struct{}) error {
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		busy := false
		for i, m := range ends {
			n, err := m.Pump()
			if err != nil {
				return err
			}
			if n > 0 {
				busy = true
				m.wake(false)
			}
			for pair, w := range m.Wires {
				for _, frame := range w.Sent() {
					busy = true
					ends[1-i].Wires[pair].Deliver(frame)
				}
			}
		}
		if !busy {
			runtime.Gosched()
		}
	}
}

// TestMonitor runs streams between two endpoints on devices of the monitor.
func TestMonitor(t *testing.T) {
	const offloads = abi.NetFeatureCSum | abi.NetFeatureGuestCSum | abi.NetFeatureHostTSO4 | abi.NetFeatureHostTSO6 |
		abi.NetFeatureGuestTSO4 | abi.NetFeatureGuestTSO6
	for name, c := range map[string]struct {
		pairs, size int
		offloads    uint64
	}{
		"plain": {1, 256, 0}, "offloads": {1, 256, offloads}, "two pairs": {2, 64, offloads}, "small queues": {1, 32, offloads},
	} {
		t.Run(name, func(t *testing.T) {
			ends := [2]*monitored{newMonitored(t, c.pairs, c.size, c.offloads), newMonitored(t, c.pairs, c.size, c.offloads)}
			for _, m := range ends {
				m.SetPolling(true)
			}
			a, b := newHost(t, 1, ends[0]), newHost(t, 2, ends[1])
			stop, done := make(chan struct{}), make(chan error, 1)
			go func() { done <- serve(ends, stop) }()
			for _, v := range []struct {
				to    tcpip.FullAddress
				proto tcpip.NetworkProtocolNumber
			}{{b.v4, ipv4.ProtocolNumber}, {b.v6, ipv6.ProtocolNumber}} {
				messages(t, a, b, v.to, v.proto, 100)
				echo(t, a, b, v.to, v.proto, 2e6)
			}
			a.close()
			b.close()
			close(stop)
			if err := <-done; err != nil {
				t.Fatal(err)
			}
			for i, m := range ends {
				s := m.Stats()
				if s.Notified != 0 || s.Dropped != 0 || s.RxFrames == 0 || s.TxFrames == 0 {
					t.Errorf("end %d: %+v", i, *s)
				}
				for pair := range c.pairs {
					k := m.Pair(pair).Counters()
					if k.TxMalformed.Load()+k.RxDropped.Load()+k.TxDropped.Load() != 0 {
						t.Errorf("end %d, pair %d: %d malformed, %d and %d dropped", i, pair, k.TxMalformed.Load(), k.RxDropped.Load(), k.TxDropped.Load())
					}
				}
				t.Logf("end %d: %d frames of %d bytes sent, %d of %d received", i, s.TxFrames, s.TxBytes, s.RxFrames, s.RxBytes)
			}
		})
	}
}
