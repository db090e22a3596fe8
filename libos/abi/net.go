package abi

import "unsafe"

// NetInfo describes the network device of a VM, in BootInfo. The device is a
// virtio-net device (virtio 1.2, section 5.1) with split virtqueues (2.7) whose
// transport is this structure instead of registers: the monitor places the
// queues, offers features and starts the device when NetShared.Ready is set.
type NetInfo struct {
	Pairs     uint32 // queue pairs, 0: there is no device
	QueueSize uint32 // descriptors per queue, a power of two
	Features  uint64 // feature bits offered, numbered as in virtio
	Shared    uint64 // address of NetShared, read-write
	Rings     uint64 // address of the queues: receive 0, transmit 0, receive 1, ...
	Stride    uint64 // bytes from one queue to the next

	MAC   [6]byte
	MTU   uint16
	Flags uint32

	// Addresses are in 16-byte form, IPv4 ones mapped (RFC 4291, 2.5.5.2), all
	// zero if unset. Bits is the prefix length, of IPv4 up to 32.
	IPv4     [16]byte
	IPv6     [16]byte
	Gateway4 [16]byte
	Gateway6 [16]byte
	DNS      [3][16]byte
	Bits4    uint8
	Bits6    uint8
	_        [10]byte
}

// NetDHCP in NetInfo.Flags: ask for the IPv4 address (RFC 2131).
const NetDHCP = 1

// NetShared is what the device and the driver tell each other outside of the
// queues.
type NetShared struct {
	Accepted uint64 // features in use, set by the guest before Ready
	Ready    uint32 // set to 1 by the guest once the receive queues are filled
	// Polling is 1 while a thread of the monitor looks at the queues all the
	// time, on a processor of its own: a guest that has nothing to do should
	// look at them for a while, too, before it waits.
	Polling uint32
}

// One queue, at NetInfo.Rings + number*Stride: the descriptor table, then the
// available ring, then the used ring, each where virtio 1.2 section 2.7 lets it
// be, with the event index after each ring.
func QueueAvail(size uint64) uint64 { return size * 16 }

// QueueUsed returns the offset of the used ring in a queue of size descriptors.
func QueueUsed(size uint64) uint64 { return (QueueAvail(size) + 6 + 2*size + 3) &^ 3 }

// QueueBytes returns the length of a queue of size descriptors.
func QueueBytes(size uint64) uint64 { return QueueUsed(size) + 6 + 8*size }

// Feature bits of virtio 1.2 (5.1.3 and 6) that monitor and driver know.
const (
	NetFeatureCSum      = 1 << 0  // the device completes checksums
	NetFeatureGuestCSum = 1 << 1  // the driver takes partial checksums
	NetFeatureMTU       = 1 << 3  // NetInfo.MTU is set
	NetFeatureMAC       = 1 << 5  // NetInfo.MAC is set
	NetFeatureGuestTSO4 = 1 << 7  // the driver takes TCP segments of up to 64 KiB
	NetFeatureGuestTSO6 = 1 << 8  // the same over IPv6
	NetFeatureHostTSO4  = 1 << 11 // the device takes TCP segments of up to 64 KiB
	NetFeatureHostTSO6  = 1 << 12 // the same over IPv6
	NetFeatureMrgRxBuf  = 1 << 15 // a frame may be spread over several buffers
	FeatureEventIdx     = 1 << 29 // event indices instead of flags
	FeatureVersion1     = 1 << 32 // not the legacy layout
	NetFeatureGuestUSO4 = 1 << 54 // the driver takes UDP segments in one frame
	NetFeatureGuestUSO6 = 1 << 55 // the same over IPv6
	NetFeatureHostUSO   = 1 << 56 // the device takes UDP segments in one frame
)

var _ = [1]int{}[unsafe.Sizeof(NetInfo{})-176]
