package symbol_test

import (
	"bytes"
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"unibench/libos/image/symbol"
)

// program builds a small Go program.
func program(t testing.TB, flags ...string) string {
	t.Helper()
	dir := t.TempDir()
	source := filepath.Join(dir, "main.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() { println(1) }\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "main")
	cmd := exec.Command("go", append(append([]string{"build", "-o", out}, flags...), source)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("no Go program to read: %v\n%s", err, text)
	}
	return out
}

// TestFind compares with debug/elf, for every function and the bytes around it.
func TestFind(t *testing.T) {
	file, err := os.Open(program(t))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	table, err := symbol.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	e, err := elf.NewFile(file)
	if err != nil {
		t.Fatal(err)
	}
	symbols, err := e.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, s := range symbols {
		if elf.ST_TYPE(s.Info) != elf.STT_FUNC || s.Size == 0 {
			continue
		}
		found[s.Name] = true
		for _, offset := range []uint64{0, s.Size - 1} {
			if name, at, ok := table.Find(s.Value + offset); !ok || name != s.Name || at != offset {
				t.Fatalf("Find(%#x) = %q, %d, %t; want %q, %d", s.Value+offset, name, at, ok, s.Name, offset)
			}
		}
	}
	if !found["main.main"] {
		t.Error("the program has no main.main")
	}
	for _, addr := range []uint64{0, 0x1000, 1 << 40, ^uint64(0)} {
		if name, _, ok := table.Find(addr); ok {
			t.Errorf("Find(%#x) = %q, want nothing", addr, name)
		}
	}
}

func TestStripped(t *testing.T) {
	file, err := os.Open(program(t, "-ldflags=-s"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := symbol.Read(file); !errors.Is(err, symbol.ErrNone) {
		t.Errorf("Read of a stripped program: %v, want %v", err, symbol.ErrNone)
	}
}

func FuzzRead(f *testing.F) {
	// A file of two sections: symbols, one function at 0x1000, and names.
	file := make([]byte, 64+128+48+16)
	copy(file, "\x7fELF\x02\x01\x01")
	file[40], file[58], file[60] = 64, 64, 2
	file[64+4], file[64+40] = 2, 1
	file[64+24], file[64+32] = 192, 48
	file[128+24], file[128+32] = 240, 16
	entry := file[192+24:]
	entry[0], entry[4], entry[9], entry[16] = 1, 2, 0x10, 32
	copy(file[240:], "\x00main.main\x00")
	table, err := symbol.Read(bytes.NewReader(file))
	if err != nil {
		f.Fatal(err)
	}
	if name, offset, ok := table.Find(0x1008); name != "main.main" || offset != 8 || !ok {
		f.Fatalf("Find in the seed = %q, %d, %t", name, offset, ok)
	}
	f.Add(file, uint64(0x1008))
	f.Fuzz(func(t *testing.T, file []byte, addr uint64) {
		table, err := symbol.Read(bytes.NewReader(file))
		if err != nil {
			return
		}
		if name, _, ok := table.Find(addr); ok == (name == "") {
			t.Errorf("Find(%#x) = %q, %t", addr, name, ok)
		}
	})
}
