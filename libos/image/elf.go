package image

// ELF64 header, gABI 4.3 figure 4-3: field offsets and the values wanted.
const (
	ehdrSize = 64

	offClass     = 4
	offData      = 5
	offType      = 16
	offMachine   = 18
	offEntry     = 24
	offPhoff     = 32
	offPhentsize = 54
	offPhnum     = 56

	class64        = 2
	dataLittle     = 1
	typeExec       = 2
	typeDyn        = 3
	machineX8664   = 62
	elfMagic       = "\x7fELF"
	phdrSize       = 56 // program header, gABI 4.3 figure 5-1
	offPType       = 0
	offPFlags      = 4
	offPOffset     = 8
	offPVaddr      = 16
	offPFilesz     = 32
	offPMemsz      = 40
	ptLoad         = 1
	ptDynamic      = 2
	ptInterp       = 3
	maxFile        = 1 << 40 // keeps every sum of offsets below 1<<64
	allRights      = Executable | Writable | Readable
	writeAndExec   = Writable | Executable
	pageOffsetMask = PageSize - 1
)

// header holds the fields of the ELF header that matter.
type header struct {
	entry uint64
	phoff uint64
	phnum int
}

// parseHeader checks the ELF header; the program headers it names are within
// head.
func parseHeader(head []byte, size uint64) (header, error) {
	var h header
	if size < uint64(len(head)) || size > maxFile {
		return h, ErrTruncated
	}
	if len(head) < len(elfMagic) || string(head[:len(elfMagic)]) != elfMagic {
		return h, ErrNotELF
	}
	if len(head) < ehdrSize {
		return h, ErrTruncated
	}
	if head[offClass] != class64 || head[offData] != dataLittle || le16(head[offMachine:]) != machineX8664 {
		return h, ErrMachine
	}
	switch le16(head[offType:]) {
	case typeExec:
	case typeDyn:
		return h, ErrDynamic
	default:
		return h, ErrType
	}
	h.entry = le64(head[offEntry:])
	h.phoff = le64(head[offPhoff:])
	h.phnum = int(le16(head[offPhnum:]))
	if le16(head[offPhentsize:]) != phdrSize || h.phnum == 0 || h.phnum > MaxSegments {
		return h, ErrHeaders
	}
	if h.phoff < ehdrSize || h.phoff > size || uint64(h.phnum)*phdrSize > uint64(len(head))-min(h.phoff, uint64(len(head))) {
		return h, ErrTruncated
	}
	return h, nil
}

// addSegment checks one program header and adds it if it is loadable. size is
// the file's.
func (img *Image) addSegment(ph []byte, index int, size uint64, limits Limits) error {
	bad := func(reason string) error { return &SegmentError{Index: index, Reason: reason} }
	switch le32(ph[offPType:]) {
	case ptLoad:
	case ptDynamic, ptInterp:
		return ErrDynamic
	default:
		return nil
	}
	s := Segment{
		VAddr:  le64(ph[offPVaddr:]),
		Offset: le64(ph[offPOffset:]),
		FileSz: le64(ph[offPFilesz:]),
		MemSz:  le64(ph[offPMemsz:]),
		Flags:  Flags(le32(ph[offPFlags:])) & allRights,
	}
	switch {
	case s.MemSz == 0:
		return nil // the linker may leave one for an empty section
	case s.FileSz > s.MemSz:
		return bad("more bytes in the file than in memory")
	case s.Offset > size || s.FileSz > size-s.Offset:
		return bad("beyond the end of the file")
	case (s.VAddr^s.Offset)&pageOffsetMask != 0:
		return bad("address and file offset differ within their pages")
	case s.VAddr < limits.Low || s.VAddr > limits.High || s.MemSz > limits.High-s.VAddr:
		return bad("outside the addresses of an image")
	case s.Flags&writeAndExec == writeAndExec:
		return bad("both writable and executable")
	}
	if n := len(img.Segments); n > 0 {
		last := img.Segments[n-1]
		if end := last.VAddr + last.MemSz; s.VAddr < end || s.VAddr/PageSize == (end-1)/PageSize {
			return bad("shares a page with the one before, or is out of order")
		}
	}
	img.Segments = append(img.Segments, s)
	return nil
}

// Little-endian loads. encoding/binary would do, but it brings in reflection,
// whose initialisation the monitor would pay at each start.

func le16(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 }

func le32(b []byte) uint32 { return uint32(le16(b)) | uint32(le16(b[2:]))<<16 }

func le64(b []byte) uint64 { return uint64(le32(b)) | uint64(le32(b[4:]))<<32 }
