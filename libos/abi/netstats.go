package abi

// NetStats are the guest's counters of its network, part of StatsPage.
type NetStats struct {
	RxFrames uint64 // frames taken from the device
	RxBytes  uint64
	TxFrames uint64 // frames given to the device; a TSO frame counts as one
	TxBytes  uint64
	Notified uint64 // HypercallNotify made
	Dropped  uint64 // frames dropped by the driver: malformed, or no room
	// Copied counts payload bytes that the processor moved from one buffer to
	// another between the virtqueue and the program's own buffer.
	CopiedIn  uint64
	CopiedOut uint64
}
