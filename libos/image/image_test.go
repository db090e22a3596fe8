package image_test

import (
	"encoding/binary"
	"errors"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"unibench/libos/abi"
	"unibench/libos/image"
)

var limits = image.Limits{Low: 0x200000, High: 0x40000000}

// spec describes a made-up executable; the zero values of its last fields
// stand for a well-formed one.
type spec struct {
	segs  []image.Segment
	types []uint32 // of the program headers; missing means PT_LOAD
	entry uint64
	size  int
}

func goodSpec() spec {
	return spec{
		segs: []image.Segment{
			{VAddr: 0x400000, Offset: 0, FileSz: 0x1800, MemSz: 0x1800, Flags: image.Readable | image.Executable},
			{VAddr: 0x402000, Offset: 0x2000, FileSz: 0x1000, MemSz: 0x1000, Flags: image.Readable},
			{VAddr: 0x403100, Offset: 0x3100, FileSz: 0x200, MemSz: 0x9000, Flags: image.Readable | image.Writable},
		},
		entry: 0x401000,
		size:  0x3300,
	}
}

// file writes the executable, by encoding/binary: a second opinion.
func (s spec) file() []byte {
	b := make([]byte, s.size)
	copy(b, "\x7fELF\x02\x01\x01")
	le := binary.LittleEndian
	le.PutUint16(b[16:], 2)
	le.PutUint16(b[18:], 62)
	le.PutUint32(b[20:], 1)
	le.PutUint64(b[24:], s.entry)
	le.PutUint64(b[32:], 64)
	le.PutUint16(b[54:], 56)
	le.PutUint16(b[56:], uint16(len(s.segs)))
	for i, seg := range s.segs {
		p := b[64+56*i:]
		typ := uint32(1)
		if i < len(s.types) {
			typ = s.types[i]
		}
		le.PutUint32(p, typ)
		le.PutUint32(p[4:], uint32(seg.Flags))
		le.PutUint64(p[8:], seg.Offset)
		le.PutUint64(p[16:], seg.VAddr)
		le.PutUint64(p[24:], seg.VAddr)
		le.PutUint64(p[32:], seg.FileSz)
		le.PutUint64(p[40:], seg.MemSz)
	}
	at := s.entry - 0x400000
	copy(b[at:], "\xeb\x0c"+abi.ImageMagic)
	le.PutUint32(b[at+10:], abi.ImageVersion)
	return b
}

func TestRead(t *testing.T) {
	s := goodSpec()
	got, err := image.Read(s.file(), limits)
	if err != nil {
		t.Fatalf("Read(good image) = %v", err)
	}
	if diff := cmp.Diff(image.Image{Entry: s.entry, Segments: s.segs}, got); diff != "" {
		t.Errorf("Read(good image) differs (-want +got):\n%s", diff)
	}
	if got := got.EntryOffset(); got != 0x1000 {
		t.Errorf("EntryOffset() = %#x, want 0x1000", got)
	}
	// The first page alone, as a monitor reads it.
	if _, err := image.Parse(s.file()[:image.PageSize], uint64(s.size), limits); err != nil {
		t.Errorf("Parse(first page) = %v", err)
	}
}

func TestReadSkips(t *testing.T) {
	s := goodSpec()
	s.segs = append([]image.Segment{{VAddr: 1, MemSz: 1}, {VAddr: 0x400000}}, s.segs...)
	s.types = []uint32{6, 1} // PT_PHDR; an empty PT_LOAD
	got, err := image.Read(s.file(), limits)
	if err != nil || len(got.Segments) != 3 {
		t.Errorf("Read = %d segments, %v, want 3, nil", len(got.Segments), err)
	}
}

func TestReadErrors(t *testing.T) {
	segment := &image.SegmentError{}
	version := &image.VersionError{}
	tests := []struct {
		name string
		spec func(*spec)
		raw  func([]byte) []byte
		want error
	}{
		{name: "empty", raw: func(b []byte) []byte { return nil }, want: image.ErrNotELF},
		{name: "script", raw: func(b []byte) []byte { return []byte("#!/bin/sh\nexit 0\n") }, want: image.ErrNotELF},
		{name: "short", raw: func(b []byte) []byte { return b[:63] }, want: image.ErrTruncated},
		{name: "headers cut", raw: func(b []byte) []byte { return b[:100] }, want: image.ErrTruncated},
		{name: "segment cut", raw: func(b []byte) []byte { return b[:0x3200] }, want: segment},
		{name: "32 bit", raw: set(4, 1), want: image.ErrMachine},
		{name: "big endian", raw: set(5, 2), want: image.ErrMachine},
		{name: "arm64", raw: set(18, 183), want: image.ErrMachine},
		{name: "object", raw: set(16, 1), want: image.ErrType},
		{name: "pie", raw: set(16, 3), want: image.ErrDynamic},
		{name: "interp", spec: func(s *spec) { s.types = []uint32{3} }, want: image.ErrDynamic},
		{name: "dynamic", spec: func(s *spec) { s.types = []uint32{1, 1, 2} }, want: image.ErrDynamic},
		{name: "phentsize", raw: set(54, 32), want: image.ErrHeaders},
		{name: "no headers", raw: set(56, 0), want: image.ErrHeaders},
		{name: "many headers", raw: set(56, 17), want: image.ErrHeaders},
		{name: "phoff in header", raw: set(32, 63), want: image.ErrTruncated},
		{name: "phoff overflow", raw: fill(32, 8, 0xff), want: image.ErrTruncated},
		{name: "filesz over memsz", spec: func(s *spec) { s.segs[1].MemSz = 0xfff }, want: segment},
		{name: "offset overflow", spec: func(s *spec) { s.segs[2].Offset = ^uint64(0xeff) }, want: segment},
		{name: "filesz overflow", spec: func(s *spec) { s.segs[2].FileSz = ^uint64(0); s.segs[2].MemSz = ^uint64(0) }, want: segment},
		{name: "memsz overflow", spec: func(s *spec) { s.segs[2].MemSz = ^uint64(0x403100) + 2 }, want: segment},
		{name: "vaddr overflow", spec: func(s *spec) { s.segs[2].VAddr = ^uint64(0xeff) }, want: segment},
		{name: "not congruent", spec: func(s *spec) { s.segs[2].VAddr += 0x10 }, want: segment},
		{name: "too low", spec: func(s *spec) { s.segs[0].VAddr = 0x1ff000 }, want: segment},
		{name: "too high", spec: func(s *spec) { s.segs[2].MemSz = 0x40000001 - 0x403100 }, want: segment},
		{name: "overlap", spec: func(s *spec) { s.segs[0].MemSz = 0x2001 }, want: segment},
		{name: "shared page", spec: func(s *spec) { s.segs[1].MemSz = 0x1001 }, want: segment},
		{name: "out of order", spec: func(s *spec) { s.segs[0], s.segs[1] = s.segs[1], s.segs[0] }, want: segment},
		{name: "writable code", spec: func(s *spec) { s.segs[0].Flags |= image.Writable }, want: segment},
		{name: "entry in rodata", raw: set(25, 0x20), want: image.ErrEntry},
		{name: "entry in bss", spec: func(s *spec) { s.segs[0].FileSz = 0x800 }, want: image.ErrEntry},
		{name: "entry 0", raw: fill(24, 8, 0), want: image.ErrEntry},
		{name: "no magic", raw: set(0x1002, 'u'), want: image.ErrNotImage},
		{name: "no jump", raw: set(0x1000, 0xE9), want: image.ErrNotImage},
		{name: "version", raw: set(0x100a, abi.ImageVersion+1), want: version},
		{name: "magic cut", raw: func(b []byte) []byte { return b[:0x1010] }, spec: func(s *spec) {
			s.segs = s.segs[:1]
			s.segs[0].FileSz, s.segs[0].MemSz = 0x1010, 0x1010
			s.entry = 0x401008
		}, want: image.ErrNotImage},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := goodSpec()
			if tt.spec != nil {
				tt.spec(&s)
			}
			b := s.file()
			if tt.raw != nil {
				b = tt.raw(b)
			}
			_, err := image.Read(b, limits)
			switch tt.want.(type) {
			case *image.SegmentError, *image.VersionError:
				if reflect.TypeOf(err) != reflect.TypeOf(tt.want) {
					t.Errorf("Read = %v, want a %T", err, tt.want)
				}
			default:
				if !errors.Is(err, tt.want) {
					t.Errorf("Read = %v, want %v", err, tt.want)
				}
			}
			if err != nil && err.Error() == "" {
				t.Error("empty message")
			}
		})
	}
}

// set and fill return functions that change bytes of a file.
func set(at int, v byte) func([]byte) []byte { return fill(at, 1, v) }

func fill(at, n int, v byte) func([]byte) []byte {
	return func(b []byte) []byte {
		for i := range n {
			b[at+i] = v
		}
		return b
	}
}

func TestReadAllocates(t *testing.T) {
	b := goodSpec().file()
	if n := testing.AllocsPerRun(100, func() {
		if _, err := image.Read(b, limits); err != nil {
			t.Fatal(err)
		}
	}); n > 1 {
		t.Errorf("Read allocates %v times, want 1", n)
	}
}

func TestFlagsString(t *testing.T) {
	for f, want := range map[image.Flags]string{0: "---", image.Readable | image.Executable: "r-x", image.Readable | image.Writable: "rw-"} {
		if got := f.String(); got != want {
			t.Errorf("Flags(%d).String() = %q, want %q", f, got, want)
		}
	}
}

// TestImports holds the package to the imports that its doc promises.
func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{join .Imports \" \"}}", ".").Output()
	if err != nil {
		t.Skipf("no go command: %v", err)
	}
	if got, want := string(out), "errors strconv unibench/libos/abi\n"; got != want {
		t.Errorf("imports = %q, want %q", got, want)
	}
}

// TestReadGo reads an ordinary executable of the Go linker: a good ELF file
// that is not an image.
func TestReadGo(t *testing.T) {
	dir := t.TempDir()
	b := buildPlain(t, filepath.Join(dir, "plain"))
	if _, err := image.Parse(b, uint64(len(b)), limits); err != nil {
		t.Errorf("Parse(executable) = %v", err)
	}
	if _, err := image.Read(b, limits); !errors.Is(err, image.ErrNotImage) {
		t.Errorf("Read(executable) = %v, want %v", err, image.ErrNotImage)
	}
}
