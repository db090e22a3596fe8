// Package testguest makes unikernel images of a few hand-assembled instructions,
// for tests of monitors: guests that do just one thing, which a compiler would
// refuse. Images are as package abi describes, and as small as an ELF file gets.
//
// It is imported by tests only.
package testguest

import (
	"encoding/binary"

	"unibench/libos/abi"
	"unibench/libos/image"
)

// The segments of an image, a page apart so that mistakes show: code, the word
// "constant", the word "variable" with zeroes behind it.
const (
	Text     = abi.ImageGPA + 0x1000
	ROData   = abi.ImageGPA + 0x3000
	Data     = abi.ImageGPA + 0x5000
	DataSize = 0x2345 // bytes in memory
	Entry    = Text + 16
)

// Code is the address of the first instruction of an image's code.
const Code = Entry + abi.ImageHeaderLength

// Image returns an image that executes code. It panics if code is longer than
// the page that it has.
func Image(code []byte) []byte {
	le := binary.LittleEndian
	text := make([]byte, 16, 4096) // what is before the entry point
	text = append(text, 0xeb, abi.ImageHeaderLength-2)
	text = append(text, abi.ImageMagic...)
	text = le.AppendUint32(text, abi.ImageVersion)
	text = append(text, code...)
	if len(text) > 4096 {
		panic("testguest: more than a page of code")
	}
	segments := []struct {
		addr  uint64
		bytes []byte
		mem   uint64
		flags image.Flags
	}{
		{Text, text, uint64(len(text)), image.Readable | image.Executable},
		{ROData, []byte("constant"), 8, image.Readable},
		{Data, []byte("variable"), DataSize, image.Readable | image.Writable},
	}
	file := make([]byte, 64)
	copy(file, "\x7fELF\x02\x01\x01")
	le.PutUint16(file[16:], 2)  // ET_EXEC
	le.PutUint16(file[18:], 62) // EM_X86_64
	le.PutUint32(file[20:], 1)
	le.PutUint64(file[24:], Entry)
	le.PutUint64(file[32:], 64)
	le.PutUint16(file[52:], 64)
	le.PutUint16(file[54:], 56)
	le.PutUint16(file[56:], uint16(len(segments)))
	offset := uint64(4096)
	for _, s := range segments {
		ph := make([]byte, 56)
		le.PutUint32(ph, 1) // PT_LOAD
		le.PutUint32(ph[4:], uint32(s.flags))
		for i, v := range []uint64{offset, s.addr, s.addr, uint64(len(s.bytes)), s.mem, 4096} {
			le.PutUint64(ph[8+8*i:], v)
		}
		file = append(file, ph...)
		offset += pageUp(len(s.bytes))
	}
	for _, s := range segments {
		file = append(file, make([]byte, pageUp(len(file))-uint64(len(file)))...)
		file = append(file, s.bytes...)
	}
	return file
}

func pageUp(n int) uint64 { return (uint64(n) + abi.PageSize - 1) / abi.PageSize * abi.PageSize }
