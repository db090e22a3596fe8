// Package symbol names the functions of an image by the symbol table that the Go
// linker wrote (System V gABI 4.3 chapter 4, SHT_SYMTAB). It is for messages about
// a guest that broke: the monitor, which cannot start another program by then,
// reads the image file once more.
//
// Every byte of the file is taken as hostile: whatever it holds, an answer is a
// name or none. A stripped image has no names.
package symbol

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
)

const (
	headerSize  = 64
	sectionSize = 64
	entrySize   = 24

	typeSymbols  = 2
	typeFunction = 2

	// maxTable bounds the memory that a file can make Read take.
	maxTable = 64 << 20
	maxName  = 512
)

// ErrNone means that the file has no symbol table.
var ErrNone = errors.New("the image has no symbol table")

var errMalformed = errors.New("the symbol table of the image is malformed")

// Table is the symbol table of an image.
type Table struct {
	entries []byte
	names   []byte
}

// Read reads the symbol table of an ELF64 file.
func Read(r io.ReaderAt) (*Table, error) {
	le := binary.LittleEndian
	head := make([]byte, headerSize)
	if _, err := r.ReadAt(head, 0); err != nil {
		return nil, err
	}
	at, n := le.Uint64(head[40:]), int(le.Uint16(head[60:]))
	if le.Uint16(head[58:]) != sectionSize || n == 0 {
		return nil, ErrNone
	}
	sections, err := read(r, at, uint64(n*sectionSize))
	if err != nil {
		return nil, err
	}
	for i := range n {
		s := sections[i*sectionSize:]
		if le.Uint32(s[4:]) != typeSymbols {
			continue
		}
		link := int(le.Uint32(s[40:]))
		if link >= n {
			return nil, errMalformed
		}
		strings := sections[link*sectionSize:]
		t := &Table{}
		if t.entries, err = read(r, le.Uint64(s[24:]), le.Uint64(s[32:])); err != nil {
			return nil, err
		}
		t.names, err = read(r, le.Uint64(strings[24:]), le.Uint64(strings[32:]))
		return t, err
	}
	return nil, ErrNone
}

func read(r io.ReaderAt, at, n uint64) ([]byte, error) {
	if n > maxTable || at > 1<<62 {
		return nil, errMalformed
	}
	b := make([]byte, n)
	_, err := r.ReadAt(b, int64(at))
	return b, err
}

// Find returns the function that addr lies in, and how far from its start.
func (t *Table) Find(addr uint64) (name string, offset uint64, ok bool) {
	le := binary.LittleEndian
	for e := t.entries; len(e) >= entrySize; e = e[entrySize:] {
		start, size := le.Uint64(e[8:]), le.Uint64(e[16:])
		if e[4]&15 != typeFunction || addr < start || addr-start >= size {
			continue
		}
		at := le.Uint32(e)
		if uint64(at) >= uint64(len(t.names)) {
			return "", 0, false
		}
		text := t.names[at:]
		text = text[:min(len(text), maxName)]
		end := bytes.IndexByte(text, 0)
		if end <= 0 {
			return "", 0, false
		}
		for _, c := range text[:end] {
			if c < ' ' || c == 0x7f {
				return "", 0, false // it goes to a terminal
			}
		}
		return string(text[:end]), addr - start, true
	}
	return "", 0, false
}
