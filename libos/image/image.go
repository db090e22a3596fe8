// Package image reads the headers of a unikernel image: which parts of the
// file go where in the guest's memory, and where it starts. An image is a
// static ELF64 executable for x86-64 (System V ABI, gABI 4.3 chapters 4 and 5,
// AMD64 supplement 1.0) with the header of package abi at its entry point.
//
// Every byte of the file is taken as hostile. The package runs in the monitor
// before the first guest instruction, where each tenth of a millisecond
// counts: it allocates one slice, and imports errors, strconv and abi only. It
// reads neither sections, symbols nor notes (libos/inspect does), and it loads
// nothing.
package image

import (
	"unibench/libos/abi"
)

// PageSize is the granularity at which segments are mapped, in bytes.
const PageSize = 4096

// MaxSegments bounds the number of program headers; the Go linker writes six
// or seven.
const MaxSegments = 16

// Flags are the access rights of a segment, as PF_X, PF_W and PF_R in the
// program header.
type Flags uint32

// Access rights.
const (
	Executable Flags = 1
	Writable   Flags = 2
	Readable   Flags = 4
)

// String returns the rights as "r-x" does.
func (f Flags) String() string {
	s := []byte("---")
	for i, bit := range []Flags{Readable, Writable, Executable} {
		if f&bit != 0 {
			s[i] = "rwx"[i]
		}
	}
	return string(s)
}

// A Segment is one loadable part of the image (PT_LOAD). VAddr and Offset are
// congruent modulo PageSize.
type Segment struct {
	VAddr  uint64 // guest-virtual address of the first byte
	Offset uint64 // of the first byte in the file
	FileSz uint64 // bytes that come from the file
	MemSz  uint64 // bytes in memory; those after FileSz are zero
	Flags  Flags
}

// An Image is what the headers say. Segments are in ascending order of VAddr
// and no page belongs to two of them.
type Image struct {
	Entry    uint64 // guest-virtual address of the first instruction
	Segments []Segment
}

// Limits is the range of guest-virtual addresses that an image may occupy,
// High excluded.
type Limits struct {
	Low, High uint64
}

// Read checks a whole image file and returns its headers. It keeps no
// reference to file.
func Read(file []byte, limits Limits) (Image, error) {
	img, err := Parse(file, uint64(len(file)), limits)
	if err != nil {
		return img, err
	}
	at := img.EntryOffset() // within the file by Parse
	return img, CheckEntry(file[at:min(at+abi.ImageHeaderLength, uint64(len(file)))])
}

// Parse checks the ELF and program headers in head, the beginning of a file of
// size bytes; PageSize bytes of it are always enough. It does not look at the
// entry point: CheckEntry does.
func Parse(head []byte, size uint64, limits Limits) (Image, error) {
	var img Image
	h, err := parseHeader(head, size)
	if err != nil {
		return img, err
	}
	img.Entry = h.entry
	img.Segments = make([]Segment, 0, h.phnum)
	for i := range h.phnum {
		at := h.phoff + uint64(i)*phdrSize
		if err := img.addSegment(head[at:at+phdrSize], i, size, limits); err != nil {
			return img, err
		}
	}
	if _, ok := img.entrySegment(); !ok {
		return img, ErrEntry
	}
	return img, nil
}

// EntryOffset returns the offset in the file of the instruction at Entry.
func (img Image) EntryOffset() uint64 {
	s, ok := img.entrySegment()
	if !ok {
		return 0
	}
	return s.Offset + (img.Entry - s.VAddr)
}

// entrySegment finds the executable segment that has Entry among its bytes
// from the file.
func (img Image) entrySegment() (Segment, bool) {
	for _, s := range img.Segments {
		if s.Flags&Executable != 0 && img.Entry >= s.VAddr && img.Entry-s.VAddr < s.FileSz {
			return s, true
		}
	}
	return Segment{}, false
}

// CheckEntry checks the bytes at the entry point, of which it needs
// abi.ImageHeaderLength, for the header of an image.
func CheckEntry(b []byte) error {
	const shortJump = 0xEB
	if len(b) < abi.ImageHeaderLength || b[0] != shortJump ||
		string(b[abi.ImageMagicOffset:abi.ImageMagicOffset+len(abi.ImageMagic)]) != abi.ImageMagic {
		return ErrNotImage
	}
	if v := le32(b[abi.ImageMagicOffset+len(abi.ImageMagic):]); v != abi.ImageVersion {
		return &VersionError{Version: v}
	}
	return nil
}
