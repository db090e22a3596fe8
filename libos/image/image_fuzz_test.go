package image_test

import (
	"os"
	"os/exec"
	"testing"

	"unibench/libos/abi"
	"unibench/libos/image"
)

// buildPlain builds an executable with the Go linker.
func buildPlain(t *testing.T, name string) []byte {
	t.Helper()
	src := name + ".go"
	if err := os.WriteFile(src, []byte("package main\n\nfunc main() {}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-o", name, src)
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("go build: %v\n%s", err, out)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// FuzzRead checks the promises that a monitor relies on when it maps what Read
// returns.
func FuzzRead(f *testing.F) {
	good := goodSpec().file()
	f.Add(good)
	f.Add(good[:100])
	f.Add([]byte("\x7fELF"))
	for _, at := range []int{4, 16, 18, 24, 32, 54, 56, 64, 72, 80, 96, 104, 0x1000, 0x1002, 0x100a} {
		b := append([]byte(nil), good...)
		b[at] ^= 0xff
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		img, err := image.Read(b, limits)
		if err != nil {
			return
		}
		if len(img.Segments) == 0 || len(img.Segments) > image.MaxSegments {
			t.Fatalf("%d segments", len(img.Segments))
		}
		end := limits.Low
		for i, s := range img.Segments {
			if s.VAddr < end || s.VAddr/image.PageSize*image.PageSize < end/image.PageSize*image.PageSize {
				t.Errorf("segment %d at %#x, before %#x", i, s.VAddr, end)
			}
			if s.FileSz > s.MemSz || s.Offset+s.FileSz > uint64(len(b)) || s.Offset+s.FileSz < s.Offset {
				t.Errorf("segment %d: %+v of %d bytes", i, s, len(b))
			}
			if s.VAddr%image.PageSize != s.Offset%image.PageSize {
				t.Errorf("segment %d is not congruent: %+v", i, s)
			}
			end = s.VAddr + s.MemSz
			if end > limits.High || end < s.VAddr {
				t.Errorf("segment %d ends at %#x", i, end)
			}
			// The next one must begin on a later page.
			end = (end + image.PageSize - 1) / image.PageSize * image.PageSize
		}
		at := img.EntryOffset()
		if at+abi.ImageHeaderLength > uint64(len(b)) || string(b[at+2:at+10]) != abi.ImageMagic {
			t.Errorf("entry at offset %#x", at)
		}
	})
}
