package virtio

import (
	"encoding/binary"

	"unibench/libos/abi"
)

// struct virtio_net_hdr with num_buffers (5.1.6):
//
//	+0  flags        +1 gso_type     +2  hdr_len      +4 gso_size
//	+6  csum_start   +8 csum_offset  +10 num_buffers
const (
	// HeaderSize is the length of the header before each frame.
	HeaderSize = 12

	headerFlags      = 0
	headerGSO        = 1
	headerLength     = 2
	headerSegment    = 4
	headerCSumStart  = 6
	headerCSumOffset = 8
	headerBuffers    = 10

	flagNeedsCSum = 1

	gsoNone  = 0
	gsoTCPv4 = 1
	gsoTCPv6 = 4
	gsoUDP   = 5 // VIRTIO_NET_HDR_GSO_UDP_L4
)

// Sizes of frames, without the header.
const (
	minFrame = 14           // the Ethernet header
	linkRoom = minFrame + 4 // with a VLAN tag
	// maxFrame is the longest: an IP packet of 65535 bytes.
	maxFrame = linkRoom + 65535
)

// checkTransmit reports whether a frame of n bytes with header h may go to the
// kernel, which trusts no header either but has more to go wrong. features are
// those accepted, mtu the largest packet that is not cut into segments.
func checkTransmit(h *[HeaderSize]byte, n uint64, features uint64, mtu int) bool {
	le := binary.LittleEndian
	flags, gso := h[headerFlags], h[headerGSO]
	if n < minFrame || n > maxFrame || flags&^flagNeedsCSum != 0 {
		return false
	}
	if flags&flagNeedsCSum != 0 {
		start, offset := uint64(le.Uint16(h[headerCSumStart:])), uint64(le.Uint16(h[headerCSumOffset:]))
		if features&abi.NetFeatureCSum == 0 || start < minFrame || start+offset+2 > n {
			return false
		}
	}
	if gso == gsoNone {
		return n <= uint64(mtu)+linkRoom
	}
	feature := offloadOf(gso)
	length := uint64(le.Uint16(h[headerLength:]))
	return feature != 0 && features&feature != 0 && flags&flagNeedsCSum != 0 &&
		le.Uint16(h[headerSegment:]) != 0 && length >= minFrame && length <= n
}

// offloadOf returns the feature that allows the driver to send frames of a GSO type,
// 0 if none does.
func offloadOf(gso byte) uint64 {
	switch gso {
	case gsoTCPv4:
		return abi.NetFeatureHostTSO4
	case gsoTCPv6:
		return abi.NetFeatureHostTSO6
	case gsoUDP:
		return abi.NetFeatureHostUSO
	}
	return 0
}

// checkReceive reports whether the driver has agreed to frames with these flags
// and GSO type. What came before it agreed to anything may be others.
func checkReceive(flags, gso byte, features uint64) bool {
	if flags&flagNeedsCSum != 0 && features&abi.NetFeatureGuestCSum == 0 {
		return false
	}
	switch gso &^ 0x80 { // VIRTIO_NET_HDR_GSO_ECN, which needs no care
	case gsoNone:
		return true
	case gsoTCPv4:
		return features&abi.NetFeatureGuestTSO4 != 0
	case gsoTCPv6:
		return features&abi.NetFeatureGuestTSO6 != 0
	case gsoUDP:
		return features&(abi.NetFeatureGuestUSO4|abi.NetFeatureGuestUSO6) != 0
	}
	return false
}
