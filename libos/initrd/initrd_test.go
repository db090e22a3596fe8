package initrd_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"unibench/libos/guest/cpio"
	"unibench/libos/initrd"
)

// tree makes a folder with one of each kind of file.
func tree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	big := bytes.Repeat([]byte("0123456789abcdef"), 5000)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Join(dir, "sub/empty"), 0o755))
	must(os.WriteFile(filepath.Join(dir, "a"), []byte("hello"), 0o640))
	must(os.WriteFile(filepath.Join(dir, "sub/big"), big, 0o755))
	must(os.WriteFile(filepath.Join(dir, "nothing"), nil, 0o600))
	must(os.Link(filepath.Join(dir, "a"), filepath.Join(dir, "sub/link")))
	must(os.Symlink("../a", filepath.Join(dir, "sub/symlink")))
	must(os.Chmod(filepath.Join(dir, "sub/empty"), 0o700|os.ModeSticky))
	must(os.Chmod(dir, 0o755))
	must(filepath.Walk(dir, func(p string, info os.FileInfo, err error) error {
		if err != nil || info.Mode()&os.ModeSymlink != 0 {
			return err
		}
		return os.Chtimes(p, time.Time{}, time.Unix(1_000_000_000, 5))
	}))
	return dir
}

type file struct {
	Name  string
	Mode  uint32
	Nlink uint32
	Ino   uint32
	Size  int
	Mtime uint32
}

func list(t *testing.T, archive []byte) (all []file) {
	t.Helper()
	r := cpio.NewReader(archive)
	for {
		e, ok, err := r.Next()
		if err != nil {
			t.Fatalf("Next: %v", err)
		}
		if !ok {
			return all
		}
		if e.Mode&syscall.S_IFMT == syscall.S_IFLNK {
			e.Mtime = 0
		}
		all = append(all, file{e.Name, e.Mode, e.Nlink, e.Ino, len(e.Data), e.Mtime})
	}
}

func TestPack(t *testing.T) {
	dir := tree(t)
	var out bytes.Buffer
	if err := initrd.Pack(&out, dir); err != nil {
		t.Fatal(err)
	}
	const then = 1_000_000_000
	want := []file{
		{".", 0o40755, 2, 1, 0, then},
		{"a", 0o100640, 2, 2, 5, then},
		{"nothing", 0o100600, 1, 3, 0, then},
		{"sub", 0o40755, 2, 4, 0, then},
		{"sub/big", 0o100755, 1, 5, 80000, then},
		{"sub/empty", 0o41700, 2, 6, 0, then},
		{"sub/link", 0o100640, 2, 2, 0, then},
		{"sub/symlink", 0o120777, 1, 8, 4, 0},
	}
	if diff := cmp.Diff(want, list(t, out.Bytes())); diff != "" {
		t.Errorf("archive differs (-want +got):\n%s", diff)
	}
	if at := bytes.Index(out.Bytes(), []byte("0123456789abcdef")); at%4096 != 0 {
		t.Errorf("big file starts at %d, want a page boundary", at)
	}
	var again bytes.Buffer
	if err := initrd.Pack(&again, dir); err != nil || !bytes.Equal(out.Bytes(), again.Bytes()) {
		t.Errorf("second archive differs from the first, error %v", err)
	}
	a, err := initrd.Scan(dir)
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, a.Size())
	if err := a.Read(p); err != nil || !bytes.Equal(p, out.Bytes()) {
		t.Errorf("Read differs from Pack, error %v", err)
	}
	for i, at := 0, int64(0); i < len(a.Segments); i++ {
		if a.Segments[i].Offset != at {
			t.Errorf("segment %d starts at %d, want %d", i, a.Segments[i].Offset, at)
		}
		at += a.Segments[i].Size
	}
}

// TestCpio lets the tool that defines the format list the archive.
func TestCpio(t *testing.T) {
	tool, err := exec.LookPath("cpio")
	if err != nil {
		t.Skip("no cpio command to compare with")
	}
	var archive bytes.Buffer
	if err := initrd.Pack(&archive, tree(t)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(tool, "-t", "--quiet")
	cmd.Stdin = &archive
	out, err := cmd.CombinedOutput()
	want := ".\na\nnothing\nsub\nsub/big\nsub/empty\nsub/link\nsub/symlink\n"
	if err != nil || string(out) != want {
		t.Errorf("cpio -t = %q, %v, want %q", out, err, want)
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	if err := initrd.Pack(io.Discard, filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Pack of nothing = %v, want %v", err, os.ErrNotExist)
	}
	f := filepath.Join(dir, "f")
	if err := os.WriteFile(f, []byte("12345"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := initrd.Pack(io.Discard, f); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("Pack of a file = %v, want %v", err, syscall.ENOTDIR)
	}
	a, err := initrd.Scan(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(f, []byte("1234"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := a.WriteTo(io.Discard); !errors.Is(err, initrd.ErrChanged) {
		t.Errorf("WriteTo after a change = %v, want %v", err, initrd.ErrChanged)
	}
	if err := a.Read(make([]byte, a.Size())); !errors.Is(err, initrd.ErrChanged) {
		t.Errorf("Read after a change = %v, want %v", err, initrd.ErrChanged)
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := initrd.Scan(dir); !errors.Is(err, initrd.ErrKind) || !strings.Contains(err.Error(), "pipe") {
		t.Errorf("Scan of a named pipe = %v, want %v and its name", err, initrd.ErrKind)
	}
}
