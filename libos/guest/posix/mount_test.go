package posix

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"unibench/libos/guest/linux"
	"unibench/libos/initrd"
)

// archive packs a folder made of the given files.
func archive(t *testing.T, files map[string]string) []byte {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Link(filepath.Join(dir, "etc/hostname"), filepath.Join(dir, "zlink")); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := initrd.Pack(&out, dir); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func readAll(t *testing.T, p *Process, path string) string {
	t.Helper()
	fd, errno := sys(p, linux.SysOpen, path, linux.ORdonly, 0)
	if errno != 0 {
		t.Errorf("open(%s) = %d", path, errno)
		return ""
	}
	defer sys(p, linux.SysClose, fd)
	b := make([]byte, 4096)
	n, errno := sys(p, linux.SysRead, fd, b, len(b))
	if errno != 0 {
		t.Errorf("read(%s) = %d", path, errno)
	}
	return string(b[:n])
}

func TestMount(t *testing.T) {
	h := newFake()
	h.initrd = archive(t, map[string]string{"etc/hostname": "from archive\n", "data/x": "x"})
	saved := bytes.Clone(h.initrd)
	p := New(h)
	for _, c := range []struct{ path, want string }{
		{"/etc/hostname", "from archive\n"},
		{"/zlink", "from archive\n"},
		{"/data/x", "x"},
		{"/etc/hosts", "127.0.0.1\tlocalhost fake\n::1\tlocalhost fake\n"},
	} {
		if got := readAll(t, p, c.path); got != c.want {
			t.Errorf("%s holds %q, want %q", c.path, got, c.want)
		}
	}
	var st linux.Stat
	if sys(p, linux.SysStat, "/zlink", &st); st.Nlink != 2 || st.Mode != linux.ModeRegular|0o600 {
		t.Errorf("linked file has %d links, mode %o", st.Nlink, st.Mode)
	}
	fd, _ := sys(p, linux.SysOpen, "/zlink", linux.OWronly, 0)
	sys(p, linux.SysWrite, fd, []byte("changed"), 7)
	if got := readAll(t, p, "/etc/hostname"); got != "changedchive\n" {
		t.Errorf("after a write through the other link the file holds %q", got)
	}
	if !bytes.Equal(h.initrd, saved) {
		t.Error("the archive was written")
	}
}

// TestBadArchive: a broken archive ends the program and says why.
func TestBadArchive(t *testing.T) {
	good := archive(t, map[string]string{"etc/hostname": "x"})
	for name, bad := range map[string][]byte{
		"cut short": good[:200],
		"not one":   []byte(strings.Repeat("no archive ", 20)),
	} {
		h := newFake()
		h.initrd = bad
		status := -1
		h.exit = func(code int) { status = code }
		sys(New(h), linux.SysStat, "/", &linux.Stat{})
		if status != badArchive || !strings.Contains(h.output[2].String(), "initial files") {
			t.Errorf("%s: status %d, output %q, want %d and a reason", name, status, h.output[2].String(), badArchive)
		}
	}
}

func TestSkeleton(t *testing.T) {
	p := New(newFake())
	zone, err := time.LoadLocationFromTZData("Local", []byte(readAll(t, p, "/etc/localtime")))
	if err != nil {
		t.Fatalf("time zone: %v", err)
	}
	name, offset := time.Now().In(zone).Zone()
	if name != "UTC" || offset != 0 {
		t.Errorf("time zone = %s, %d, want UTC, 0", name, offset)
	}
	var st linux.Stat
	if sys(p, linux.SysStat, "/tmp", &st); st.Mode != linux.ModeDir|0o1777 {
		t.Errorf("mode of /tmp = %o, want %o", st.Mode, linux.ModeDir|0o1777)
	}
	for _, dev := range []string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"} {
		var want linux.Stat
		if _, errno := host(linux.SysStat, dev, &want); errno != 0 {
			t.Logf("the host has no %s", dev)
			continue
		}
		if sys(p, linux.SysStat, dev, &st); st.Rdev != want.Rdev || st.Mode&linux.ModeType != want.Mode&linux.ModeType {
			t.Errorf("%s is %o, %x, want %o, %x", dev, st.Mode, st.Rdev, want.Mode, want.Rdev)
		}
	}
	a, b := make([]byte, 32), make([]byte, 32)
	fd, _ := sys(p, linux.SysOpen, "/dev/urandom", linux.ORdonly, 0)
	sys(p, linux.SysRead, fd, a, 32)
	sys(p, linux.SysRead, fd, b, 32)
	if bytes.Equal(a, b) {
		t.Error("/dev/urandom repeats itself")
	}
}

// TestReopen opens descriptors by their names.
func TestReopen(t *testing.T) {
	p := New(newFake())
	fd, _ := sys(p, linux.SysOpen, "/tmp/f", linux.OCreat|linux.ORdwr, 0o644)
	sys(p, linux.SysWrite, fd, []byte("hello"), 5)
	if got := readAll(t, p, "/proc/self/fd/"+decimal(fd)); got != "hello" {
		t.Errorf("reopened file holds %q, want %q from its start", got, "hello")
	}
	for _, name := range []string{"/dev/fd/77", "/dev/fd/x", "/proc/self/fd/99999999"} {
		if _, errno := sys(p, linux.SysOpen, name, linux.ORdonly, 0); errno != linux.ENOENT {
			t.Errorf("open(%s) = %d, want ENOENT", name, errno)
		}
	}
	r, w := openPipe(t, p, 0)
	again, errno := sys(p, linux.SysOpen, "/dev/fd/"+decimal(r), linux.OWronly, 0)
	if errno != 0 {
		t.Fatalf("open of a pipe = %d", errno)
	}
	sys(p, linux.SysClose, w)
	sys(p, linux.SysWrite, again, []byte("x"), 1)
	b := make([]byte, 2)
	if n, errno := sys(p, linux.SysRead, r, b, 2); n != 1 || errno != 0 {
		t.Errorf("read = %d, %d, want 1, 0", n, errno)
	}
}
