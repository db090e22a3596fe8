package vmm

import (
	"os"
	"path/filepath"
	"testing"

	"unibench/libos/vmm/testguest"
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

// The segments of test images.
const (
	testText   = testguest.Text
	testROData = testguest.ROData
	testData   = testguest.Data
	testBSS    = testguest.DataSize
	testEntry  = testguest.Entry
)

// openImage returns a descriptor of a test image.
func openImage(t testing.TB, code []byte) int {
	t.Helper()
	path := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(path, testguest.Image(code), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return int(f.Fd())
}
