package virtio

import "sync/atomic"

// Counters of a pair. They may be read at any time.
type Counters struct {
	RxFrames, RxBytes atomic.Uint64 // given to the guest, headers not counted
	TxFrames, TxBytes atomic.Uint64 // taken from it and sent
	RxBatches         atomic.Uint64 // Pumps that gave it frames
	TxBatches         atomic.Uint64 // Pumps that took frames
	Reads, Writes     atomic.Uint64 // calls of the backend, those in vain included
	RxDropped         atomic.Uint64 // unfit for what the driver can take
	TxDropped         atomic.Uint64 // not taken by the backend
	TxMalformed       atomic.Uint64 // frames with a wrong header or length
	Starved           atomic.Uint64 // times that there was no receive buffer
	Copied            atomic.Uint64 // bytes of frames that were copied here
}

// Snapshot is the value of Counters at one time.
type Snapshot struct {
	RxFrames, RxBytes, TxFrames, TxBytes, RxBatches, TxBatches, Reads, Writes,
	RxDropped, TxDropped, TxMalformed, Starved, Copied uint64
}

// AddTo adds the counters to s.
func (c *Counters) AddTo(s *Snapshot) {
	s.RxFrames += c.RxFrames.Load()
	s.RxBytes += c.RxBytes.Load()
	s.TxFrames += c.TxFrames.Load()
	s.TxBytes += c.TxBytes.Load()
	s.RxBatches += c.RxBatches.Load()
	s.TxBatches += c.TxBatches.Load()
	s.Reads += c.Reads.Load()
	s.Writes += c.Writes.Load()
	s.RxDropped += c.RxDropped.Load()
	s.TxDropped += c.TxDropped.Load()
	s.TxMalformed += c.TxMalformed.Load()
	s.Starved += c.Starved.Load()
	s.Copied += c.Copied.Load()
}
