package vmm

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"unibench/libos/abi"
	"unibench/libos/image"
)

func memoryOf(t testing.TB, size uint64) *memory {
	t.Helper()
	m, err := newMemory(size)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.close() })
	return m
}

// The segments of a test image, a page apart so that mistakes show.
const (
	testText   = abi.ImageGPA + 0x1000
	testROData = abi.ImageGPA + 0x3000
	testData   = abi.ImageGPA + 0x5000
	testBSS    = 0x2345 // bytes in memory
	testEntry  = testText + 16
)

// buildImage writes an image whose code, after the header, is code.
func buildImage(t testing.TB, code []byte) string {
	t.Helper()
	le := binary.LittleEndian
	text := make([]byte, 16, 4096) // what is before the entry point
	text = append(text, 0xeb, abi.ImageHeaderLength-2)
	text = append(text, abi.ImageMagic...)
	text = le.AppendUint32(text, abi.ImageVersion)
	text = append(text, code...)
	if len(text) > 4096 {
		t.Fatalf("%d bytes of code are too many", len(code))
	}
	segments := []struct {
		addr  uint64
		bytes []byte
		mem   uint64
		flags image.Flags
	}{
		{testText, text, uint64(len(text)), image.Readable | image.Executable},
		{testROData, []byte("constant"), 8, image.Readable},
		{testData, []byte("variable"), testBSS, image.Readable | image.Writable},
	}
	file := make([]byte, 64)
	copy(file, "\x7fELF\x02\x01\x01")
	le.PutUint16(file[16:], 2)  // ET_EXEC
	le.PutUint16(file[18:], 62) // EM_X86_64
	le.PutUint32(file[20:], 1)
	le.PutUint64(file[24:], testEntry)
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
		offset += pageUp(uint64(len(s.bytes)))
	}
	for _, s := range segments {
		file = append(file, make([]byte, pageUp(uint64(len(file)))-uint64(len(file)))...)
		file = append(file, s.bytes...)
	}
	path := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// openImage returns a descriptor of a test image.
func openImage(t testing.TB, code []byte) int {
	t.Helper()
	f, err := os.Open(buildImage(t, code))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return int(f.Fd())
}
