package vmm

import (
	"sync/atomic"

	"unibench/libos/abi"
)

// GuestStats are numbers that the guest reports about itself. They are not to
// be trusted for anything but a report. Times are CLOCK_MONOTONIC nanoseconds,
// 0 if the guest did not get there.
type GuestStats struct {
	Entry, Main int64
	RawSyscalls uint64
	PeakBytes   uint64
	ENOSYS      [abi.MaxSyscall]uint32
}

// Guest reads the statistics page. It may be called while the guest runs; after
// Close there is nothing left to read.
func (m *Machine) Guest() (g GuestStats) {
	m.whileOpen(func() {
		p := m.mem.stats()
		g.Entry = m.clock.nanos(atomic.LoadUint64(&p.EntryTSC))
		g.Main = m.clock.nanos(atomic.LoadUint64(&p.MainTSC))
		g.RawSyscalls = atomic.LoadUint64(&p.RawSyscalls)
		g.PeakBytes = atomic.LoadUint64(&p.MemPeak)
		for i := range g.ENOSYS {
			g.ENOSYS[i] = atomic.LoadUint32(&p.ENOSYS[i])
		}
	})
	return g
}
