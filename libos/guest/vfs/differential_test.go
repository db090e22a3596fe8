package vfs_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// depth is how many folders lie above the one the test works in, so that dots
// do not lead out of it on the host.
const depth = 16

// twins is one folder on the host's file system and its double in memory.
type twins struct {
	host int // descriptor of the folder
	top  string
	fs   *vfs.FS
	base *vfs.Inode
}

func newTwins(t *testing.T) *twins {
	top := t.TempDir()
	deep := strings.Repeat("up/", depth)
	if err := os.MkdirAll(filepath.Join(top, deep), 0o755); err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Open(filepath.Join(top, deep), unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	var tick int64
	fs := vfs.New(func() linux.Timespec { tick++; return linux.Timespec{Sec: tick} }, heap{}, 1<<30)
	base, errno := fs.Plant("/"+strings.TrimSuffix(deep, "/"), vfs.Node{Mode: linux.ModeDir | 0o755})
	if errno != 0 {
		t.Fatalf("Plant = %d", errno)
	}
	return &twins{fd, top, fs, base}
}

// heap is memory like any other.
type heap struct{}

func (heap) Alloc() []byte          { return make([]byte, vfs.ChunkSize) }
func (heap) Reserve(n int64) []byte { return make([]byte, n) }
func (heap) Unreserve([]byte)       {}
func (heap) Commit([]byte) bool     { return true }
func (heap) Decommit([]byte)        {}
func (heap) Free([]byte)            {}

// path draws a path of few names, so that files are met often.
func path(r *rand.Rand) string {
	var b strings.Builder
	for i := range 1 + r.IntN(4) {
		if i > 0 {
			b.WriteString([]string{"/", "/", "/", "//"}[r.IntN(4)])
		}
		b.WriteString([]string{"a", "b", "c", "a", "b", "c", "d", ".", ".."}[r.IntN(9)])
	}
	if r.IntN(8) == 0 {
		b.WriteString("/")
	}
	switch r.IntN(200) {
	case 0:
		return ""
	case 1:
		return b.String() + "/" + strings.Repeat("n", 256)
	case 2:
		return strings.Repeat("n", 255) + "/x"
	case 3:
		return strings.Repeat("./", 2050)
	}
	return b.String()
}

func errnoOf(err error) linux.Errno {
	if err == nil {
		return 0
	}
	return linux.Errno(err.(unix.Errno))
}

// step does one random thing to both twins and returns what it was and the two
// answers.
func (w *twins) step(r *rand.Rand) (what string, got, want linux.Errno) {
	a, b := path(r), path(r)
	perm := uint32(0o700 | r.IntN(0o100))
	switch r.IntN(10) {
	case 0:
		return fmt.Sprintf("mkdir(%q, %#o)", a, perm), w.fs.Mkdir(w.base, a, perm), errnoOf(unix.Mkdirat(w.host, a, perm))
	case 1:
		return fmt.Sprintf("rmdir(%q)", a), w.fs.Rmdir(w.base, a), errnoOf(unix.Unlinkat(w.host, a, unix.AT_REMOVEDIR))
	case 2:
		return fmt.Sprintf("unlink(%q)", a), w.fs.Unlink(w.base, a), errnoOf(unix.Unlinkat(w.host, a, 0))
	case 3:
		flags := []int{0, 0, 0, linux.RenameNoreplace, linux.RenameExchange, linux.RenameExchange | linux.RenameNoreplace}[r.IntN(6)]
		return fmt.Sprintf("rename(%q, %q, %d)", a, b, flags), w.fs.Rename(w.base, a, w.base, b, flags),
			errnoOf(unix.Renameat2(w.host, a, w.host, b, uint(flags)))
	case 4:
		follow := r.IntN(2) == 0
		flags := 0
		if follow {
			flags = unix.AT_SYMLINK_FOLLOW
		}
		return fmt.Sprintf("link(%q, %q, %v)", a, b, follow), w.fs.Link(w.base, a, w.base, b, follow),
			errnoOf(unix.Linkat(w.host, a, w.host, b, flags))
	case 5:
		return fmt.Sprintf("symlink(%q, %q)", a, b), w.fs.Symlink(a, w.base, b), errnoOf(unix.Symlinkat(a, w.host, b))
	case 6:
		follow := r.IntN(2) == 0
		flags := unix.AT_SYMLINK_NOFOLLOW
		if follow {
			flags = 0
		}
		n, got := w.fs.Lookup(w.base, a, follow)
		var st unix.Stat_t
		want := errnoOf(unix.Fstatat(w.host, a, &st, flags))
		if got == 0 && want == 0 && n.Stat().Mode != st.Mode {
			return fmt.Sprintf("mode of %q", a), linux.Errno(n.Stat().Mode), linux.Errno(st.Mode)
		}
		return fmt.Sprintf("stat(%q, %v)", a, follow), got, want
	default:
		return w.open(r, a, perm)
	}
}

// open opens one path in both and writes to a file that it may write to.
func (w *twins) open(r *rand.Rand, path string, perm uint32) (what string, got, want linux.Errno) {
	flags := []int{linux.ORdonly, linux.OWronly, linux.ORdwr}[r.IntN(3)]
	for _, f := range []int{linux.OCreat, linux.OCreat, linux.OExcl, linux.OTrunc, linux.ODirectory, linux.ONofollow, linux.OPath} {
		if r.IntN(4) == 0 {
			flags |= f
		}
	}
	if flags&linux.OExcl != 0 && flags&linux.OCreat == 0 {
		flags &^= linux.OExcl // undefined by open(2)
	}
	what = fmt.Sprintf("open(%q, %#x, %#o)", path, flags, perm)
	n, got := w.fs.Open(w.base, path, flags, perm)
	fd, err := unix.Openat(w.host, path, flags|unix.O_CLOEXEC, perm)
	if got != 0 || err != nil {
		if err == nil {
			unix.Close(fd)
		}
		return what, got, errnoOf(err)
	}
	defer unix.Close(fd)
	defer n.Release()
	if n.Kind() == linux.ModeRegular && flags&linux.OAccmode != linux.ORdonly && flags&linux.OPath == 0 {
		data, off := []byte(what), int64(r.IntN(20))
		_, got = n.WriteAt(data, off)
		_, err = unix.Pwrite(fd, data, off)
	}
	return what, got, errnoOf(err)
}

// TestAgainstLinux does the same random things in memory and on the host and
// expects the same answers and in the end the same tree.
func TestAgainstLinux(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("permissions are not enforced in memory, so the comparison needs root")
	}
	old := unix.Umask(0)
	defer unix.Umask(old)
	seen := map[string]int{}
	defer func() { t.Log(seen) }()
	for seed := range uint64(40) {
		w := newTwins(t)
		r := rand.New(rand.NewPCG(seed, 1))
		var log []string
		for range 400 {
			what, got, want := w.step(r)
			log = append(log, fmt.Sprintf("%s = %d", what, got))
			seen[strings.SplitN(what, "(", 2)[0]+fmt.Sprint(" ", got)]++
			if got != want {
				t.Fatalf("seed %d: %s = %d, want %d as on Linux; before it:\n%s", seed, what, got, want,
					strings.Join(log[max(0, len(log)-30):], "\n"))
			}
		}
		w.compare(t, seed)
	}
}

// compare walks the host's tree and expects each file in memory, and no more.
func (w *twins) compare(t *testing.T, seed uint64) {
	t.Helper()
	err := filepath.WalkDir(w.top, func(p string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := strings.TrimPrefix(p, w.top)
		n, errno := w.fs.Lookup(w.fs.Root(), "/"+rel, false)
		if errno != 0 {
			t.Errorf("seed %d: %s is missing: %d", seed, rel, errno)
			return nil
		}
		var st unix.Stat_t
		if err := unix.Lstat(p, &st); err != nil {
			return err
		}
		got := n.Stat()
		if rel == "" {
			st.Mode = got.Mode // of the temporary folder
		}
		if got.Mode != st.Mode || got.Nlink != uint64(st.Nlink) || !n.IsDir() && got.Size != st.Size {
			t.Errorf("seed %d: %s has mode %o, %d links, %d bytes, want %o, %d, %d", seed, rel,
				got.Mode, got.Nlink, got.Size, st.Mode, st.Nlink, st.Size)
		}
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFREG:
			want, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			data := make([]byte, len(want)+1)
			if data = data[:n.ReadAt(data, 0)]; !bytes.Equal(data, want) {
				t.Errorf("seed %d: %s holds %q, want %q", seed, rel, data, want)
			}
		case unix.S_IFLNK:
			if target, _ := os.Readlink(p); target != n.Target() {
				t.Errorf("seed %d: %s points to %q, want %q", seed, rel, n.Target(), target)
			}
		case unix.S_IFDIR:
			entries, err := os.ReadDir(p)
			if err != nil {
				return err
			}
			if count := list(n); count != len(entries)+2 {
				t.Errorf("seed %d: %s has %d entries, want %d", seed, rel, count, len(entries)+2)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// list returns the number of entries, both dots counted.
func list(d *vfs.Inode) (count int) {
	for cookie := int64(0); ; count++ {
		e, ok, _ := d.NextEntry(cookie)
		if !ok {
			return count
		}
		cookie = e.Cookie
	}
}
