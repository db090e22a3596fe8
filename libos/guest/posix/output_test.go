package posix

import (
	"bytes"
	"os"
	"testing"

	"unibench/libos/abi"
	"unibench/libos/guest/linux"
	"unibench/libos/initrd"
)

// packed returns the archive that build makes.
func packed(t *testing.T, build func(*initrd.Builder)) []byte {
	t.Helper()
	b := initrd.NewBuilder()
	build(b)
	var out bytes.Buffer
	if _, err := b.Archive().WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestOutput(t *testing.T) {
	if outputMajor != abi.OutputMajor {
		t.Fatalf("outputMajor = %d, the monitor's is %d", outputMajor, abi.OutputMajor)
	}
	h := newFake()
	h.initrd = packed(t, func(b *initrd.Builder) { b.Device("some/where/out", outputMajor, 3) })
	p := New(h)
	for _, text := range []string{"one", "two"} {
		fd, errno := sys(p, linux.SysOpen, "/some/where/out", linux.OCreat|linux.OTrunc|linux.OWronly, 0o644)
		if errno != 0 {
			t.Fatalf("open = %d", errno)
		}
		b := []byte(text)
		if n, errno := sys(p, linux.SysWrite, fd, b, len(b)); errno != 0 || int(n) != len(b) {
			t.Errorf("write = %d, %d", n, errno)
		}
		sys(p, linux.SysClose, fd)
	}
	if got := h.outputs[3]; got != "onetwo" {
		t.Errorf("output 3 = %q, want what was written", got)
	}
}

// TestArchives reads one archive behind another, as the monitor places them.
func TestArchives(t *testing.T) {
	dir := t.TempDir()
	file := func(text string) string {
		name := dir + "/" + text
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return name
	}
	first, second := file("first"), file("second")
	h := newFake()
	h.initrd = packed(t, func(b *initrd.Builder) {
		for _, at := range []string{"a/x", "a/y"} {
			if err := b.File(first, at); err != nil {
				t.Fatal(err)
			}
		}
	})
	h.initrd = append(h.initrd, make([]byte, 4096)...)
	h.initrd = append(h.initrd, packed(t, func(b *initrd.Builder) {
		if err := b.File(second, "a/x"); err != nil {
			t.Fatal(err)
		}
		b.Folder("a/empty", 0o700)
	})...)
	h.workDir = "/a"
	p := New(h)
	for path, want := range map[string]string{"/a/x": "second", "y": "first", "x": "second"} {
		if got := readAll(t, p, path); got != want {
			t.Errorf("%s = %q, want %q", path, got, want)
		}
	}
	if fd, errno := sys(p, linux.SysOpen, "empty", linux.ODirectory, 0); errno != 0 {
		t.Errorf("open of a packed folder = %d, %d", fd, errno)
	}
}

// TestWorkDirMissing: a folder to start in that is not there ends the program.
func TestWorkDirMissing(t *testing.T) {
	for _, path := range []string{"/none", "/etc/hosts"} {
		h := newFake()
		h.workDir = path
		code := -1
		h.exit = func(c int) { code = c; panic("exit") }
		func() {
			defer func() { _ = recover() }()
			New(h).fs()
		}()
		if code != badArchive {
			t.Errorf("start in %s: exit status %d, want %d", path, code, badArchive)
		}
	}
}

// TestExe: the archive may have a copy of the program where it was called.
func TestExe(t *testing.T) {
	file := t.TempDir() + "/file"
	if err := os.WriteFile(file, []byte("ELF"), 0o755); err != nil {
		t.Fatal(err)
	}
	h := newFake()
	name := h.Describe().Args[0]
	h.initrd = packed(t, func(b *initrd.Builder) {
		if err := b.File(file, name); err != nil {
			t.Fatal(err)
		}
	})
	p := New(h)
	if got := readAll(t, p, "/proc/self/exe"); got != "ELF" {
		t.Errorf("/proc/self/exe of %s = %q, want the archive's file", name, got)
	}
}
