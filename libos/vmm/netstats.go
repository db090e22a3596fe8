package vmm

import (
	"sync/atomic"

	"unibench/libos/vmm/virtio"
)

// NetStats are the counters of the network device, over all queue pairs, and
// those that the guest keeps itself, which are not to be trusted.
type NetStats struct {
	virtio.Snapshot
	Wakeups   uint64 // times that a frame ended the sleep of a vCPU's thread
	IOWakeups uint64 // times that the thread for busy vCPUs looked at the queues
	Told      uint64 // EventNet set

	GuestRxFrames, GuestRxBytes, GuestTxFrames, GuestTxBytes,
	GuestNotified, GuestDropped, GuestCopiedIn, GuestCopiedOut uint64
}

// Net returns the counters of the network device so far, nil if there is none.
// It may be called while the guest runs; after Close it returns nil.
func (m *Machine) Net() (s *NetStats) {
	m.whileOpen(func() {
		n := m.net
		if n == nil {
			return
		}
		s = &NetStats{Wakeups: n.wakeups.Load(), IOWakeups: n.io.wakeups.Load(), Told: n.told.Load()}
		for i := range n.pairs {
			n.pairs[i].Counters().AddTo(&s.Snapshot)
		}
		g := &m.mem.stats().Net
		for _, c := range []struct {
			to   *uint64
			from *uint64
		}{
			{&s.GuestRxFrames, &g.RxFrames}, {&s.GuestRxBytes, &g.RxBytes},
			{&s.GuestTxFrames, &g.TxFrames}, {&s.GuestTxBytes, &g.TxBytes},
			{&s.GuestNotified, &g.Notified}, {&s.GuestDropped, &g.Dropped},
			{&s.GuestCopiedIn, &g.CopiedIn}, {&s.GuestCopiedOut, &g.CopiedOut},
		} {
			*c.to = atomic.LoadUint64(c.from)
		}
	})
	return s
}
