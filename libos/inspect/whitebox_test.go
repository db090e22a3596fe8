package inspect

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPackageOf(t *testing.T) {
	for symbol, want := range map[string]string{
		"main.main":                                                "main",
		"runtime.(*mheap).alloc":                                   "runtime",
		"internal/libos/kern.(*T).f":                               "internal/libos/kern",
		"example.org/a.b/c.F":                                      "example.org/a.b/c",
		"slices.SortFunc[go.shape.[]a/b.T]":                        "slices",
		"internal/libos/vfs.F[a/b.T].func1":                        "internal/libos/vfs",
		"internal/libos/vfs..stmp_12":                              "internal/libos/vfs",
		"type:internal/libos/vfs.T":                                "",
		"go:itab.*internal/libos/vfs.T,io.R":                       "",
		"internal/libos/vendored/example.org/m.(*T).f":             "internal/libos/vendored/example.org/m",
		"internal/libos/vendored/example.org/m.(*T[go.shape.a]).f": "internal/libos/vendored/example.org/m",
		"$f64.3ff0000000000000":                                    "",
		"_rt0_amd64_linux":                                         "",
		"gosave_systemstack_switch":                                "",
	} {
		if got := packageOf(symbol); got != want {
			t.Errorf("packageOf(%q) = %q, want %q", symbol, got, want)
		}
	}
}

func TestPlacedFile(t *testing.T) {
	replaced := []string{"runtime/mem.go", "internal/runtime/mem.go"}
	for file, want := range map[string]string{
		"runtime/mem.go":                        "runtime/mem.go",
		"/opt/go/src/runtime/mem.go":            "runtime/mem.go",
		"/opt/go/src/internal/runtime/mem.go":   "internal/runtime/mem.go",
		"internal/runtime/mem.go":               "internal/runtime/mem.go",
		"example.org/app@v1.2.3/runtime/mem.go": "",
		"/opt/go/src/runtime/mem.go.x":          "",
		"xruntime/mem.go":                       "",
		"":                                      "",
	} {
		if got, ok := placedFile(file, replaced); got != want || ok != (want != "") {
			t.Errorf("placedFile(%q) = %q, %v, want %q", file, got, ok, want)
		}
	}
}

// TestVectorLength has encodings from the Intel SDM, volume 2, and from the Go
// assembler's own tests; a SYSCALL follows each, so that decode must be in step.
func TestVectorLength(t *testing.T) {
	for _, tt := range []struct {
		name string
		code []byte
	}{
		{"vzeroupper", []byte{0xC5, 0xF8, 0x77}},
		{"vpaddd xmm2, xmm1, xmm0", []byte{0xC5, 0xF1, 0xFE, 0xD0}},
		{"vmovdqu ymm0, [rsi]", []byte{0xC5, 0xFE, 0x6F, 0x06}},
		{"vmovdqu ymm0, [rsp]", []byte{0xC5, 0xFE, 0x6F, 0x04, 0x24}},
		{"vmovdqu ymm0, [rsp+8]", []byte{0xC5, 0xFE, 0x6F, 0x44, 0x24, 0x08}},
		{"vmovdqu ymm0, [rsi+0x1000]", []byte{0xC5, 0xFE, 0x6F, 0x86, 0, 0x10, 0, 0}},
		{"vmovdqu ymm0, [rip+0x50f]", []byte{0xC5, 0xFE, 0x6F, 0x05, 0x0F, 0x05, 0, 0}},
		{"vmovdqu ymm0, [rsi*8+0x50f]", []byte{0xC5, 0xFE, 0x6F, 0x04, 0xF5, 0x0F, 0x05, 0, 0}},
		{"vpshufd xmm0, xmm1, 5", []byte{0xC5, 0xF9, 0x70, 0xC1, 0x05}},
		{"vpslldq xmm0, xmm1, 15", []byte{0xC5, 0xF9, 0x73, 0xF9, 0x0F}},
		{"vpbroadcastb ymm0, xmm1", []byte{0xC4, 0xE2, 0x7D, 0x78, 0xC1}},
		{"vextracti128 xmm0, ymm1, 1", []byte{0xC4, 0xE3, 0x7D, 0x39, 0xC8, 0x01}},
		{"shlx rax, rbx, rcx", []byte{0xC4, 0xE2, 0xF1, 0xF7, 0xC3}},
		{"rorx rax, rbx, 5", []byte{0xC4, 0xE3, 0xFB, 0xF0, 0xC3, 0x05}},
		{"vpaddd zmm2, zmm1, zmm0", []byte{0x62, 0xF1, 0x75, 0x48, 0xFE, 0xD0}},
		{"vmovdqu64 zmm0, [rsi+64]", []byte{0x62, 0xF1, 0xFE, 0x48, 0x6F, 0x46, 0x01}},
		{"vpternlogd zmm0, zmm1, zmm2, 5", []byte{0x62, 0xF3, 0x75, 0x48, 0x25, 0xC2, 0x05}},
	} {
		if got := vectorLength(tt.code); got != len(tt.code) {
			t.Errorf("vectorLength(%s) = %d, want %d", tt.name, got, len(tt.code))
		}
		got := decode(append(tt.code[:len(tt.code):len(tt.code)], 0x0F, 0x05, 0xC3))
		if diff := cmp.Diff([]Syscall{{Address: uint64(len(tt.code))}}, got); diff != "" {
			t.Errorf("decode after %s (-want +got):\n%s", tt.name, diff)
		}
		for n := range tt.code {
			if got := vectorLength(tt.code[:n]); got > n {
				t.Errorf("vectorLength of %d bytes of %s = %d", n, tt.name, got)
			}
		}
	}
	// A plain instruction, and one that nobody knows.
	if got := decode([]byte{0x90, 0x0F, 0x05}); len(got) != 1 || got[0].Uncertain {
		t.Errorf("decode(NOP, SYSCALL) = %+v", got)
	}
	if got := decode([]byte{0x06, 0x0F, 0x05}); len(got) != 1 || !got[0].Uncertain {
		t.Errorf("decode(unknown, SYSCALL) = %+v, want one that is uncertain", got)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{0xC5, 0xFE, 0x6F, 0x04, 0xF5, 0x0F, 0x05, 0, 0})
	f.Add([]byte{0x62, 0xF1, 0x75, 0x48, 0xFE, 0xD0, 0x0F, 0x05})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, s := range decode(b) {
			// Prefixes may stand before it, 15 bytes in all (SDM 2.3.11).
			if at := int(s.Address); at > len(b) || !bytes.Contains(b[at:min(at+15, len(b))], []byte{0x0F, 0x05}) {
				t.Errorf("no SYSCALL at %d of %d bytes", at, len(b))
			}
		}
	})
}
