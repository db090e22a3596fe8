// Package core writes ELF core files as Linux writes them for x86-64 (System V
// gABI 4.3 chapters 4 and 5; notes as in fs/binfmt_elf.c and
// include/uapi/linux/elf.h of Linux), so that gdb and dlv read them together
// with the image.
//
//	ELF header, program headers
//	PT_NOTE: the first thread, the process, auxiliary vector, mapped files,
//	         the other threads
//	PT_LOAD: each segment of memory, at a multiple of a page
//
// The file is sparse: pages that were never touched or hold zeroes only are
// holes in it. So the headers are few and every address of a segment reads, and
// the file takes no more room on disk than the memory that was used.
//
// The package knows nothing of virtual machines. It makes host calls only
// through File and PageMap, since its caller may be confined.
package core

import (
	"encoding/binary"
	"io"
)

// A File is where a core goes.
type File interface {
	io.WriterAt
	// Truncate sets the length; what is new reads as zero.
	Truncate(size int64) error
}

// A PageMap knows which pages of memory can hold something.
type PageMap interface {
	// Touched sets touched[i] if page addr/PageSize+i may differ from zero.
	Touched(addr uint64, touched []bool) error
}

// PageSize is the granularity of memory.
const PageSize = 4096

// Process is what a core shows.
type Process struct {
	Name     string   // of the program
	Signal   int      // that it died of, or 0
	Args     []string // with the name
	Auxv     [][2]uint64
	Files    []FileMapping
	Threads  []Thread // that of the fault first
	Segments []Segment
}

// Flags of a segment, as PF_X, PF_W, PF_R.
const (
	Executable = 1
	Writable   = 2
	Readable   = 4
)

// A Segment is a range of addresses. Both numbers are multiples of PageSize, and
// segments neither overlap nor descend.
type Segment struct {
	Addr, Size uint64
	Flags      uint32
}

// A FileMapping is a part of a file that was mapped: bytes [Start, End) of memory
// are the file's from Offset on, a multiple of PageSize.
type FileMapping struct {
	Start, End, Offset uint64
	Name               string
}

const (
	headerSize  = 64
	programSize = 56

	typeLoad = 1
	typeNote = 4
)

// Write writes p to f. Byte a of memory is the byte at address a; pages says what
// of it is worth a look.
func Write(f File, p *Process, memory []byte, pages PageMap) error {
	notes := p.notes()
	le := binary.LittleEndian
	h := make([]byte, headerSize, headerSize+programSize*(1+len(p.Segments))+len(notes))
	copy(h, "\x7fELF\x02\x01\x01") // 64 bits, little endian, version 1
	le.PutUint16(h[16:], 4)        // ET_CORE
	le.PutUint16(h[18:], 62)       // EM_X86_64
	le.PutUint32(h[20:], 1)
	le.PutUint64(h[32:], headerSize) // e_phoff
	le.PutUint16(h[52:], headerSize)
	le.PutUint16(h[54:], programSize)
	le.PutUint16(h[56:], uint16(1+len(p.Segments)))

	program := func(kind, flags uint32, offset, addr, size, align uint64) {
		h = le.AppendUint32(h, kind)
		h = le.AppendUint32(h, flags)
		for _, v := range []uint64{offset, addr, 0, size, size, align} {
			h = le.AppendUint64(h, v)
		}
	}
	at := uint64(cap(h)) // the file's length so far
	program(typeNote, 0, at-uint64(len(notes)), 0, uint64(len(notes)), 4)
	offsets := make([]uint64, len(p.Segments))
	for i, s := range p.Segments {
		at = (at + PageSize - 1) &^ (PageSize - 1)
		offsets[i] = at
		program(typeLoad, s.Flags, at, s.Addr, s.Size, PageSize)
		at += s.Size
	}
	if _, err := f.WriteAt(append(h, notes...), 0); err != nil {
		return err
	}
	if err := f.Truncate(int64(at)); err != nil {
		return err
	}
	for i, s := range p.Segments {
		if err := writeSegment(f, offsets[i], s, memory, pages); err != nil {
			return err
		}
	}
	return nil
}

// batch is how many pages are asked for, and written, at a time.
const batch = 256

// writeSegment writes the pages of s that hold something, neighbours at once.
func writeSegment(f File, offset uint64, s Segment, memory []byte, pages PageMap) error {
	var touched [batch]bool
	for at := uint64(0); at < s.Size; at += batch * PageSize {
		n := min(batch, (s.Size-at)/PageSize)
		if err := pages.Touched(s.Addr+at, touched[:n]); err != nil {
			return err
		}
		part := memory[s.Addr+at:][:n*PageSize]
		for i := uint64(0); i < n; {
			j := i
			for j < n && touched[j] && !isZero(part[j*PageSize:][:PageSize]) {
				j++
			}
			if j > i {
				if _, err := f.WriteAt(part[i*PageSize:j*PageSize], int64(offset+at+i*PageSize)); err != nil {
					return err
				}
			}
			i = j + 1
		}
	}
	return nil
}

func isZero(page []byte) bool {
	for len(page) >= 8 {
		if binary.LittleEndian.Uint64(page) != 0 {
			return false
		}
		page = page[8:]
	}
	return true
}
