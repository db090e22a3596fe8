// Package cpio reads archives in the portable "newc" format (kernel document
// driver-api/early-userspace/buffer-format.rst), in which the monitor hands the
// initial files to the image. Contents are not copied: they alias the archive.
//
// The archive is untrusted: whatever the bytes are, reading ends with an entry,
// the end or an error, and never reaches outside them. The package allocates
// only the names. It does not write archives (libos/initrd does, on the host).
package cpio

import "errors"

// Layout of a header: a magic number and thirteen numbers of eight hexadecimal
// digits, then the name with its final zero, padded to a multiple of four from
// the start of the header, then the contents, padded likewise.
//
//	0 magic | 6 ino | 14 mode | 22 uid | 30 gid | 38 nlink | 46 mtime |
//	54 filesize | 62 devmajor | 70 devminor | 78 rdevmajor | 86 rdevminor |
//	94 namesize | 102 check | 110 name
const (
	HeaderSize = 110
	Magic      = "070701" // without checksums
	MagicSum   = "070702" // with; they are not verified
	Trailer    = "TRAILER!!!"
)

// Reasons for which an archive is rejected.
var (
	ErrShort  = errors.New("cpio archive is cut short")
	ErrMagic  = errors.New("not a cpio archive in newc format")
	ErrNumber = errors.New("cpio header holds a character that is no hexadecimal digit")
	ErrName   = errors.New("cpio entry has a name that is empty, without end, too long or leads out of the archive")
)

// maxName is the longest name, in bytes, with its final zero and padding.
const maxName = 64 << 10

// Entry is one file of an archive.
type Entry struct {
	// Name is the path below the root without leading slashes or dots; "."
	// is the root itself.
	Name         string
	Ino          uint32 // same for all links of one file
	Mode         uint32 // type and permissions, as st_mode
	UID, GID     uint32
	Nlink        uint32
	Mtime        uint32 // seconds since 1970
	Major, Minor uint32 // of a device node
	Data         []byte // contents, or target of a symbolic link; aliases the archive
}

// Reader reads the entries of one archive in order.
type Reader struct {
	rest []byte
	off  int // of rest in the archive, for the alignment
}

// NewReader returns a reader of archive, which must not change while entries
// are in use.
func NewReader(archive []byte) *Reader { return &Reader{rest: archive} }

// Offset returns how many bytes were read, for error messages.
func (r *Reader) Offset() int { return r.off }

// Another reports whether, behind the trailer and any number of zeros, more
// follows, which Next then reads as a further archive.
func (r *Reader) Another() bool {
	for len(r.rest) > 0 && r.rest[0] == 0 {
		r.rest = r.rest[1:]
		r.off++
	}
	return len(r.rest) > 0
}

// Next returns the next entry and whether there is one. Bytes behind the
// trailer are left (see Another).
func (r *Reader) Next() (e Entry, ok bool, err error) {
	if len(r.rest) < HeaderSize {
		return e, false, ErrShort
	}
	head := r.rest[:HeaderSize]
	if m := string(head[:6]); m != Magic && m != MagicSum {
		return e, false, ErrMagic
	}
	var number [13]uint32
	for i := range number {
		if number[i], ok = hex(head[6+8*i:]); !ok {
			return e, false, ErrNumber
		}
	}
	nameSize, size := number[11], number[6]
	if nameSize == 0 || nameSize > maxName {
		return e, false, ErrName
	}
	name, ok := r.take(HeaderSize, int(nameSize))
	if !ok {
		return e, false, ErrShort
	}
	end := 0
	for end < len(name) && name[end] != 0 {
		end++
	}
	if end == len(name) {
		return e, false, ErrName
	}
	if string(name[:end]) == Trailer {
		return e, false, nil
	}
	e = Entry{
		Ino: number[0], Mode: number[1], UID: number[2], GID: number[3], Nlink: number[4], Mtime: number[5],
		Major: number[9], Minor: number[10],
	}
	if e.Name, ok = clean(string(name[:end])); !ok {
		return e, false, ErrName
	}
	if e.Data, ok = r.take(0, int(size)); !ok {
		return e, false, ErrShort
	}
	return e, true, nil
}

// take skips skip bytes, returns the n after them and skips the padding, which
// may be missing at the end of the archive.
func (r *Reader) take(skip, n int) ([]byte, bool) {
	if n > len(r.rest)-skip {
		return nil, false
	}
	data := r.rest[skip : skip+n : skip+n]
	used := skip + n
	used = min(used+(-(r.off+used)&3), len(r.rest))
	r.rest = r.rest[used:]
	r.off += used
	return data, true
}

// hex reads eight hexadecimal digits.
func hex(b []byte) (v uint32, ok bool) {
	for _, c := range b[:8] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		v = v<<4 | uint32(c)
	}
	return v, true
}

// clean removes slashes and single dots at the start and double slashes and
// single dots inside, and rejects double dots.
func clean(name string) (string, bool) {
	out := make([]byte, 0, len(name))
	for start := 0; start <= len(name); {
		end := start
		for end < len(name) && name[end] != '/' {
			end++
		}
		switch part := name[start:end]; part {
		case "", ".":
		case "..":
			return "", false
		default:
			if len(out) > 0 {
				out = append(out, '/')
			}
			out = append(out, part...)
		}
		start = end + 1
	}
	if len(out) == 0 {
		return ".", name != ""
	}
	return string(out), true
}
