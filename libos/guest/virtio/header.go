package virtio

// HeaderSize is the length of the header before each frame.
const HeaderSize = 12

// Flags and kinds of segments in a header (5.1.6).
const (
	HeaderNeedsCSum = 1 // the checksum is that of the pseudo-header only
	HeaderDataValid = 2 // the checksum was found right

	GSONone  = 0
	GSOTCP4  = 1
	GSOUDP   = 5 // segments of datagrams (UDP_L4)
	GSOTCP6  = 4
	GSOECN   = 0x80 // with the others
	gsoKinds = 0x7f
)

// Header is the header before each frame (5.1.6), of devices of version 1. All
// lengths are in bytes.
type Header struct {
	Flags      uint8
	GSO        uint8
	Length     uint16 // of the frame's headers, a hint
	Segment    uint16 // payload of one segment
	CSumStart  uint16 // where the checksum starts, in the frame
	CSumOffset uint16 // where it goes, from there
	Buffers    uint16 // over which a received frame is spread
}

// GSOKind returns the kind of segments without GSOECN.
func (h *Header) GSOKind() uint8 { return h.GSO & gsoKinds }

// Put writes the header into b, of HeaderSize bytes.
func (h *Header) Put(b []byte) {
	_ = b[HeaderSize-1]
	b[0], b[1] = h.Flags, h.GSO
	put16(b[2:], h.Length)
	put16(b[4:], h.Segment)
	put16(b[6:], h.CSumStart)
	put16(b[8:], h.CSumOffset)
	put16(b[10:], h.Buffers)
}

// Parse reads the header from b, of HeaderSize bytes.
func (h *Header) Parse(b []byte) {
	_ = b[HeaderSize-1]
	*h = Header{
		Flags: b[0], GSO: b[1], Length: get16(b[2:]), Segment: get16(b[4:]),
		CSumStart: get16(b[6:]), CSumOffset: get16(b[8:]), Buffers: get16(b[10:]),
	}
}

func put16(b []byte, v uint16) { b[0], b[1] = byte(v), byte(v>>8) }

func get16(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 }
