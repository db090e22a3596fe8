package relay

import "encoding/binary"

// frame is one Ethernet frame with the header that packet sockets put before it
// (PACKET_VNET_HDR), struct virtio_net_hdr of virtio 1.2, section 5.1.6:
//
//	0      1     2        4        6          8           10
//	+------+-----+--------+--------+----------+-----------+---------- - -
//	|flags | gso | hdr_len|gso_size|csum_start|csum_offset| Ethernet
//	+------+-----+--------+--------+----------+-----------+---------- - -
//
// Numbers have the host's byte order, which is little endian here.
type frame struct {
	bytes []byte // its capacity is that of the pool it comes from
}

const (
	headerBytes    = 10
	ethernetBytes  = 14
	maxPacketBytes = 9000 // of IP: larger frames are split or refused
	// maxReadBytes is the largest frame before splitting, with its header.
	maxReadBytes = headerBytes + ethernetBytes + 1<<16
)

// Values of the header.
const (
	flagNeedsChecksum = 1

	gsoNone    = 0
	gsoTCP4    = 1
	gsoTCP6    = 4
	gsoUDP     = 5    // VIRTIO_NET_HDR_GSO_UDP_L4
	gsoFlagECN = 0x80 // the first segment alone has CWR
)

// header reads and writes the header at the front of b.
type header struct{ b []byte }

func (h header) flags() byte         { return h.b[0] }
func (h header) gso() byte           { return h.b[1] &^ gsoFlagECN }
func (h header) gsoSize() int        { return int(binary.LittleEndian.Uint16(h.b[4:])) }
func (h header) checksumStart() int  { return int(binary.LittleEndian.Uint16(h.b[6:])) }
func (h header) checksumOffset() int { return int(binary.LittleEndian.Uint16(h.b[8:])) }

// clearGSO says that the frame is one segment.
func (h header) clearGSO() {
	h.b[1] = gsoNone
	clear(h.b[2:6])
}

func (f *frame) wireBytes() int { return len(f.bytes) - headerBytes }

// pool keeps frames that are not in use, so that none is made in the steady state:
// small ones, for the usual MTU, and large ones.
type pool struct{ small, large []*frame }

const (
	smallBytes = 2048
	largeBytes = headerBytes + ethernetBytes + maxPacketBytes
)

// get returns a frame of n bytes, n up to largeBytes.
func (p *pool) get(n int) *frame {
	list, size := &p.small, smallBytes
	if n > smallBytes {
		list, size = &p.large, largeBytes
	}
	last := len(*list) - 1
	if last < 0 {
		return &frame{bytes: make([]byte, n, size)}
	}
	f := (*list)[last]
	*list = (*list)[:last]
	f.bytes = f.bytes[:n]
	return f
}

func (p *pool) put(f *frame) {
	if cap(f.bytes) > smallBytes {
		p.large = append(p.large, f)
		return
	}
	p.small = append(p.small, f)
}
