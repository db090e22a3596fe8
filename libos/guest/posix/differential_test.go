package posix

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"unibench/libos/guest/linux"
)

// pair is one descriptor of the host and its double.
type pair struct{ host, ours int }

// double makes the same calls on the host and on a Process and compares.
type double struct {
	t    *testing.T
	p    *Process
	dir  pair
	open []pair
	log  []string
	seen map[string]int
}

func newDouble(t *testing.T) *double {
	d := &double{t: t, p: New(newFake()), seen: map[string]int{}}
	var errno linux.Errno
	if d.dir.host, errno = host(syscall.SYS_OPEN, t.TempDir(), linux.ODirectory|linux.OCloexec, 0); errno != 0 {
		t.Fatalf("open = %d", errno)
	}
	if _, errno := sys(d.p, linux.SysMkdir, "/w", 0o755); errno != 0 {
		t.Fatalf("mkdir = %d", errno)
	}
	if d.dir.ours, errno = sys(d.p, linux.SysOpen, "/w", linux.ODirectory, 0); errno != 0 {
		t.Fatalf("open = %d", errno)
	}
	t.Cleanup(func() {
		for _, f := range append(d.open, d.dir) {
			syscall.Close(f.host)
		}
	})
	return d
}

// same compares two answers; what is for the log.
func (d *double) same(what string, got int, errno linux.Errno, want int, wantErrno linux.Errno) bool {
	d.t.Helper()
	d.log = append(d.log, fmt.Sprintf("%s = %d, %d", what, got, errno))
	d.seen[strings.SplitN(what, "(", 2)[0]+fmt.Sprint(" ", errno)]++
	if errno != wantErrno || errno == 0 && got != want {
		d.t.Fatalf("%s = %d, error %d, want %d, error %d as on Linux; before it:\n%s", what, got, errno, want, wantErrno,
			strings.Join(d.log[max(0, len(d.log)-25):], "\n"))
	}
	return errno == 0
}

// both makes call num with the same arguments on descriptor f.
func (d *double) both(what string, num uintptr, f pair, args ...any) {
	d.t.Helper()
	got, errno := sys(d.p, num, append([]any{f.ours}, args...)...)
	want, wantErrno := host(num, append([]any{f.host}, args...)...)
	d.same(fmt.Sprintf("%s(%d, %s)", what, f.ours, show(args)), got, errno, want, wantErrno)
}

// show prints arguments, but of memory only the size.
func show(args []any) string {
	var b strings.Builder
	for _, x := range args {
		switch x := x.(type) {
		case int:
			fmt.Fprint(&b, x, " ")
		case []byte:
			fmt.Fprintf(&b, "[%d]byte ", len(x))
		default:
			fmt.Fprintf(&b, "%T ", x)
		}
	}
	return b.String()
}

// add notes descriptors that a call returned on both sides.
func (d *double) add(what string, ours int, errno linux.Errno, real int, realErrno linux.Errno) {
	d.t.Helper()
	if d.same(what, 0, errno, 0, realErrno) {
		d.open = append(d.open, pair{real, ours})
	}
}

func (d *double) step(r *rand.Rand) {
	f := pair{-1, -1}
	if len(d.open) > 0 && r.IntN(30) > 0 {
		f = d.open[r.IntN(len(d.open))]
	}
	n := []int{0, 1, 7, 100, 4096, 5000, 70000}[r.IntN(7)]
	off := []int{-1, 0, 1, 50, 4095, 65530, 100000}[r.IntN(7)]
	data := bytes.Repeat([]byte{byte('a' + r.IntN(26))}, n)
	switch r.IntN(19) {
	case 0, 1:
		d.openFile(r)
	case 2:
		if i := slices.Index(d.open, f); i >= 0 {
			d.open = slices.Delete(d.open, i, i+1)
		}
		d.both("close", linux.SysClose, f)
	case 3, 4:
		d.read("read", linux.SysRead, f, n)
	case 5:
		d.read("pread", linux.SysPread64, f, n, off)
	case 6, 7:
		if !d.wouldBlock(f) {
			d.both(fmt.Sprintf("write[%d]", n), linux.SysWrite, f, data, n)
		}
	case 8:
		d.both(fmt.Sprintf("pwrite[%d]", n), linux.SysPwrite64, f, data, n, off)
	case 9:
		whence := r.IntN(6)
		if whence == linux.SeekData || whence == linux.SeekHole {
			whence = linux.SeekSet // the host's file system knows of holes
		}
		if whence == linux.SeekEnd && kindOf(f.host) == syscall.S_IFDIR {
			whence = linux.SeekCur // as the file system likes
		}
		d.both("lseek", linux.SysLseek, f, off, whence)
	case 10:
		d.both("ftruncate", linux.SysFtruncate, f, off)
	case 11:
		d.stat(f)
	case 12:
		got, errno := sys(d.p, linux.SysDup, f.ours)
		want, wantErrno := host(syscall.SYS_DUP, f.host)
		d.add("dup", got, errno, want, wantErrno)
	case 13:
		cmd := []int{linux.FGetfd, linux.FGetfl, linux.FSetfd, linux.FGetpipeSz}[r.IntN(4)]
		d.both("fcntl", linux.SysFcntl, f, cmd, r.IntN(2))
	case 14:
		if !d.wouldBlock(f) {
			d.both(fmt.Sprintf("writev[%d]", n), linux.SysWritev, f, vectorArg(data, []byte("0123456789")), 2)
		}
	case 15:
		d.readv(f, n)
	case 16:
		d.pipe(r)
	case 17:
		d.copy(r, f)
	case 18:
		d.both("fsync", linux.SysFsync, f)
	}
}

// wouldBlock reports whether f is a pipe: how much one holds in small writes is
// the host's secret, so pipes are written in TestPipe instead.
func (d *double) wouldBlock(f pair) bool { return kindOf(f.host) == syscall.S_IFIFO }

func (d *double) openFile(r *rand.Rand) {
	name := []string{"a", "b", "c", "a", "b", "/dev/null", "/dev/zero", "/dev/full", ".", "none/x"}[r.IntN(10)]
	flags := []int{linux.ORdonly, linux.OWronly, linux.ORdwr}[r.IntN(3)]
	for _, fl := range []int{linux.OCreat, linux.OCreat, linux.OAppend, linux.OTrunc, linux.OPath, linux.OCloexec} {
		if r.IntN(4) == 0 {
			flags |= fl
		}
	}
	got, errno := sys(d.p, linux.SysOpenat, d.dir.ours, name, flags, 0o600)
	want, wantErrno := host(syscall.SYS_OPENAT, d.dir.host, name, flags, 0o600)
	d.add(fmt.Sprintf("open(%q, %#x)", name, flags), got, errno, want, wantErrno)
}

// read reads on both sides and compares the bytes.
func (d *double) read(what string, num uintptr, f pair, n int, more ...any) {
	d.t.Helper()
	if d.wouldBlock(f) {
		return
	}
	a, b := make([]byte, n), make([]byte, n)
	got, errno := sys(d.p, num, append([]any{f.ours, a, n}, more...)...)
	want, wantErrno := host(num, append([]any{f.host, b, n}, more...)...)
	if d.same(fmt.Sprintf("%s(%d, %d, %v)", what, f.ours, n, more), got, errno, want, wantErrno) && !bytes.Equal(a, b) {
		d.t.Fatalf("%s of %d got other bytes than on Linux from %d on; before it:\n%s", what, f.ours,
			differ(a, b), strings.Join(d.log[max(0, len(d.log)-25):], "\n"))
	}
}

// differ returns where two slices of one length differ.
func differ(a, b []byte) int {
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return -1
}

func (d *double) readv(f pair, n int) {
	if d.wouldBlock(f) {
		return
	}
	a, b := [2][]byte{make([]byte, n), make([]byte, 13)}, [2][]byte{make([]byte, n), make([]byte, 13)}
	got, errno := sys(d.p, linux.SysReadv, f.ours, vectorArg(a[:]...), 2)
	want, wantErrno := host(syscall.SYS_READV, f.host, vectorArg(b[:]...), 2)
	if d.same(fmt.Sprintf("readv(%d, %d)", f.ours, n), got, errno, want, wantErrno) && (!bytes.Equal(a[0], b[0]) || !bytes.Equal(a[1], b[1])) {
		d.t.Fatal("readv got other bytes than on Linux")
	}
}

func (d *double) stat(f pair) {
	var got linux.Stat
	var want syscall.Stat_t
	_, errno := sys(d.p, linux.SysFstat, f.ours, &got)
	wantErrno := linux.Errno(0)
	if err := syscall.Fstat(f.host, &want); err != nil {
		wantErrno = linux.Errno(err.(syscall.Errno))
	}
	if !d.same("fstat", 0, errno, 0, wantErrno) {
		return
	}
	const kind = linux.ModeType
	if got.Mode&kind == linux.ModeDir || got.Mode&kind == linux.ModeChar {
		got.Size, want.Size = 0, 0
	}
	if got.Mode != want.Mode || got.Size != want.Size || got.Rdev != want.Rdev {
		d.t.Fatalf("fstat: mode %o, size %d, rdev %x, want %o, %d, %x", got.Mode, got.Size, got.Rdev, want.Mode, want.Size, want.Rdev)
	}
}

func (d *double) pipe(r *rand.Rand) {
	flags := []int{0, linux.OCloexec, linux.ONonblock, linux.OAppend}[r.IntN(4)]
	var a, b [2]int32
	_, errno := sys(d.p, linux.SysPipe2, &a, flags)
	_, wantErrno := host(syscall.SYS_PIPE2, &b, flags)
	if d.same(fmt.Sprintf("pipe2(%#x)", flags), 0, errno, 0, wantErrno) {
		d.open = append(d.open, pair{int(b[0]), int(a[0])}, pair{int(b[1]), int(a[1])})
	}
}

// copy copies between two files, in one of two ways.
func (d *double) copy(r *rand.Rand, from pair) {
	if len(d.open) == 0 {
		return
	}
	to := d.open[r.IntN(len(d.open))]
	for _, f := range []pair{from, to} {
		if k := kindOf(f.host); k == syscall.S_IFIFO || k == syscall.S_IFCHR {
			return
		}
	}
	n := 1 + r.IntN(9000)
	var a, b syscall.Stat_t
	syscall.Fstat(from.host, &a)
	syscall.Fstat(to.host, &b)
	if r.IntN(2) == 0 && a.Ino != b.Ino { // within one file the order of pages shows
		got, errno := sys(d.p, linux.SysSendfile, to.ours, from.ours, 0, n)
		want, wantErrno := host(syscall.SYS_SENDFILE, to.host, from.host, 0, n)
		d.same(fmt.Sprintf("sendfile(%d, %d, %d)", to.ours, from.ours, n), got, errno, want, wantErrno)
		return
	}
	x, y := int64(r.IntN(5000)), int64(r.IntN(5000))
	u, v := x, y
	got, errno := sys(d.p, linux.SysCopyFileRange, from.ours, &x, to.ours, &y, n, 0)
	want, wantErrno := host(linux.SysCopyFileRange, from.host, &u, to.host, &v, n, 0)
	d.same(fmt.Sprintf("copy_file_range(%d, %d, %d, %d, %d)", from.ours, u, to.ours, v, n), got, errno, want, wantErrno)
	if x != u || y != v {
		d.t.Fatalf("copy_file_range left offsets %d, %d, want %d, %d", x, y, u, v)
	}
}

// kindOf returns the file type bits of what fd has open on the host.
func kindOf(fd int) uint32 {
	var st syscall.Stat_t
	if syscall.Fstat(fd, &st) != nil {
		return 0
	}
	return st.Mode & syscall.S_IFMT
}

// TestAgainstLinux makes the same random calls on descriptors here and on the
// host.
func TestAgainstLinux(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("permissions are not enforced here, so the comparison needs root")
	}
	old := syscall.Umask(0o022)
	defer syscall.Umask(old)
	seen := map[string]int{}
	for seed := range uint64(30) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			d := newDouble(t)
			r := rand.New(rand.NewPCG(seed, 2))
			for range 600 {
				d.step(r)
			}
			for k, n := range d.seen {
				seen[k] += n
			}
		})
	}
	t.Log(seen)
}
