package virtio

import "unibench/libos/abi"

// Platform is what the driver needs from the place that it runs in: the runtime
// of a unikernel, or a test. Its methods may be called by any goroutine.
type Platform interface {
	// Info describes the device. Pairs is 0 if there is none.
	Info() *abi.NetInfo
	// Shared is what driver and device tell each other outside of the queues.
	Shared() *abi.NetShared
	// Memory returns the n bytes at a guest-physical address, for the rings:
	// memory that stays valid, or nil if that is not possible.
	Memory(gpa, n uint64) []byte
	// Wait parks the goroutine until, for one of the watches, *Index differs
	// from Seen. It may return early. It uses w until it returns.
	Wait(w []Watch)
	// Notify tells the device that a queue has new buffers: a VM exit.
	Notify(queue int)
	// Now returns a monotonic time in nanoseconds; it is cheap.
	Now() int64
	// Stats returns the counters of the network, which are added to atomically.
	Stats() *abi.NetStats
}

// Watch is an index that the device writes, and its value when last looked at.
type Watch struct {
	Index *uint16
	Seen  uint16
}
