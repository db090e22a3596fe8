package posix

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"unibench/libos/guest/linux"
)

func TestMmap(t *testing.T) {
	p := New(newFake())
	fd, _ := sys(p, linux.SysOpen, "/tmp/f", linux.OCreat|linux.ORdwr, 0o644)
	sys(p, linux.SysPwrite64, fd, []byte("mapped"), 6, 4096)
	start, errno := sys(p, linux.SysMmap, 0, 8192, linux.ProtRead, linux.MapPrivate, fd, 4096)
	if errno != 0 {
		t.Fatalf("mmap = %d", errno)
	}
	at := uintptr(start)
	got := unsafe.Slice(*(**byte)(unsafe.Pointer(&at)), 8192)
	if string(got[:6]) != "mapped" || got[6] != 0 || got[8191] != 0 {
		t.Errorf("mapping holds %q", got[:10])
	}
	if _, errno := sys(p, linux.SysMunmap, start, 8192); errno != 0 {
		t.Errorf("munmap = %d", errno)
	}
	for _, c := range []struct {
		name string
		args []any
		want linux.Errno
	}{
		{"shared at a fixed address", []any{start, 4096, linux.ProtRead, linux.MapShared | linux.MapFixed, fd, 0}, linux.ENOMEM},
		{"to execute", []any{0, 4096, linux.ProtRead | linux.ProtExec, linux.MapPrivate, fd, 0}, linux.EACCES},
		{"no kind", []any{0, 4096, linux.ProtRead, 0, fd, 0}, linux.EINVAL},
		{"too long", []any{0, ^uintptr(4095), linux.ProtRead, linux.MapPrivate, fd, 0}, linux.ENOMEM},
		{"around the end", []any{0, 8192, linux.ProtRead, linux.MapPrivate, fd, 1<<63 - 4096}, linux.EOVERFLOW},
		{"empty", []any{0, 0, linux.ProtRead, linux.MapPrivate, fd, 0}, linux.EINVAL},
		{"offset", []any{0, 4096, linux.ProtRead, linux.MapPrivate, fd, 1}, linux.EINVAL},
		{"bad descriptor", []any{0, 4096, linux.ProtRead, linux.MapPrivate, 99, 0}, linux.EBADF},
		{"console", []any{0, 4096, linux.ProtRead, linux.MapPrivate, 0, 0}, linux.ENODEV},
		{"output", []any{0, 4096, linux.ProtRead, linux.MapPrivate, 1, 0}, linux.EACCES},
	} {
		if _, errno := sys(p, linux.SysMmap, c.args...); errno != c.want {
			t.Errorf("%s: mmap = %d, want %d", c.name, errno, c.want)
		}
	}
}

// mapDouble compares a file and its mappings with the host.
type mapDouble struct {
	*double
	r    *rand.Rand
	file pair
	maps []mapPair
}

// mapPair is a mapping of n bytes at off here and on the host.
type mapPair struct {
	ours, host uintptr
	off, n     int
	prot       int
}

func at(addr uintptr, n int) []byte { return unsafe.Slice(*(**byte)(unsafe.Pointer(&addr)), n) }

func (d *mapDouble) step(size int) {
	const page = 4096
	off := d.r.IntN(50) * page
	n := (1 + d.r.IntN(60)) * page
	switch d.r.IntN(9) {
	case 0:
		prot := []int{linux.ProtRead, linux.ProtRead | linux.ProtWrite}[d.r.IntN(2)]
		kind := []int{linux.MapShared, linux.MapShared, linux.MapSharedValidate, linux.MapPrivate}[d.r.IntN(4)]
		if kind == linux.MapPrivate {
			d.private(off, n, size)
			return
		}
		if len(d.maps) > 5 {
			return
		}
		got, errno := sys(d.p, linux.SysMmap, 0, n, prot, kind, d.file.ours, off)
		want, wantErrno := host(linux.SysMmap, 0, n, prot, kind, d.file.host, off)
		if d.same(fmt.Sprintf("mmap(%d, %d)", n, off), 0, errno, 0, wantErrno) {
			d.maps = append(d.maps, mapPair{uintptr(got), uintptr(want), off, n, prot})
		}
	case 1, 2:
		d.unmap()
	case 3:
		d.both("ftruncate", linux.SysFtruncate, d.file, d.r.IntN(70*page))
	case 4:
		b := bytes.Repeat([]byte{byte(1 + d.r.IntN(255))}, 1+d.r.IntN(3*page))
		d.both("pwrite", linux.SysPwrite64, d.file, b, len(b), d.r.IntN(60*page))
	case 5, 6:
		if len(d.maps) == 0 {
			return
		}
		m := d.maps[d.r.IntN(len(d.maps))]
		if in := min(m.n, size-m.off); in > 0 && m.prot&linux.ProtWrite != 0 {
			i := d.r.IntN(in)
			for k := i; k < min(in, i+5000); k++ {
				at(m.ours, in)[k]++
				at(m.host, in)[k]++
			}
		}
	case 7:
		if len(d.maps) == 0 {
			return
		}
		m := d.maps[d.r.IntN(len(d.maps))]
		for _, c := range []struct {
			num  uintptr
			last any
		}{
			{linux.SysMsync, []int{0, 1, 4, 5, 8, 6}[d.r.IntN(6)]},
			{linux.SysMadvise, []int{0, 4, 3, 7, 14, 999}[d.r.IntN(6)]},
			{linux.SysMprotect, m.prot},
			{linux.SysMlock, 0},
			{linux.SysMunlock, 0}, // what is locked cannot be thrown away
		} {
			odd := []uintptr{0, 0, 0, 0, 1}[d.r.IntN(5)]
			if c.num == linux.SysMlock && m.off+m.n > size {
				continue // there is nothing behind the end to lock
			} else if c.num == linux.SysMlock || c.num == linux.SysMunlock {
				odd = 0
			}
			got, errno := sys(d.p, c.num, m.ours+odd, m.n, c.last)
			want, wantErrno := host(c.num, m.host+odd, m.n, c.last)
			d.same(fmt.Sprintf("call %d (%v)", c.num, c.last), got, errno, want, wantErrno)
		}
	case 8:
		d.remap(n)
	}
}

// private maps a copy and compares it at once.
func (d *mapDouble) private(off, n, size int) {
	got, errno := sys(d.p, linux.SysMmap, 0, n, linux.ProtRead|linux.ProtWrite, linux.MapPrivate, d.file.ours, off)
	want, wantErrno := host(linux.SysMmap, 0, n, linux.ProtRead|linux.ProtWrite, linux.MapPrivate, d.file.host, off)
	if !d.same("mmap private", 0, errno, 0, wantErrno) {
		return
	}
	if in := min(n, size-off); in > 0 {
		a, b := at(uintptr(got), in), at(uintptr(want), in)
		if !bytes.Equal(a, b) {
			d.t.Fatal("a private mapping differs")
		}
		a[0]++
		b[0]++
		if sys(d.p, linux.SysMadvise, got, n, adviseDontNeed); true {
			host(linux.SysMadvise, want, n, adviseDontNeed)
		}
		if a[0] != b[0] {
			d.t.Fatal("a private mapping keeps what it should not")
		}
	}
	_, errno = sys(d.p, linux.SysMunmap, got, n)
	_, wantErrno = host(linux.SysMunmap, want, n)
	d.same("munmap private", 0, errno, 0, wantErrno)
}

// unmap takes a piece out of a mapping.
func (d *mapDouble) unmap() {
	if len(d.maps) == 0 {
		return
	}
	const page = 4096
	i := d.r.IntN(len(d.maps))
	m := d.maps[i]
	from := d.r.IntN(m.n/page) * page * d.r.IntN(2)
	n := min(m.n-from, (1+d.r.IntN(40))*page)
	_, errno := sys(d.p, linux.SysMunmap, m.ours+uintptr(from), n)
	_, wantErrno := host(linux.SysMunmap, m.host+uintptr(from), n)
	d.same(fmt.Sprintf("munmap(%d + %d)", from, n), 0, errno, 0, wantErrno)
	d.maps = slices.Delete(d.maps, i, i+1)
	if from > 0 {
		d.maps = append(d.maps, mapPair{m.ours, m.host, m.off, from, m.prot})
	}
	if from+n < m.n {
		d.maps = append(d.maps, mapPair{m.ours + uintptr(from+n), m.host + uintptr(from+n), m.off + from + n, m.n - from - n, m.prot})
	}
}

// remap changes the size of a mapping, when it is the only one.
func (d *mapDouble) remap(n int) {
	if len(d.maps) != 1 {
		return
	}
	m := &d.maps[0]
	got, errno := sys(d.p, linux.SysMremap, m.ours, m.n, n, 1)
	want, wantErrno := host(linux.SysMremap, m.host, m.n, n, 1)
	if d.same(fmt.Sprintf("mremap(%d to %d)", m.n, n), 0, errno, 0, wantErrno) {
		m.ours, m.host, m.n = uintptr(got), uintptr(want), n
	}
}

// TestMappingsAgainstLinux makes random calls on a file and its mappings here
// and on the host, and compares all of it after each.
func TestMappingsAgainstLinux(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			d := &mapDouble{double: newDouble(t), r: rand.New(rand.NewPCG(seed, 5))}
			d.file.ours = must(t, d.p, linux.SysOpenat, d.dir.ours, "f", linux.OCreat|linux.ORdwr, 0o644)
			fd, errno := host(linux.SysOpenat, d.dir.host, "f", linux.OCreat|linux.ORdwr, 0o644)
			if errno != 0 {
				t.Fatal(errno)
			}
			defer syscall.Close(fd)
			d.file.host = fd
			for range 300 {
				var st linux.Stat
				sys(d.p, linux.SysFstat, d.file.ours, &st)
				d.step(int(st.Size))
				d.compare()
			}
			for len(d.maps) > 0 {
				d.unmap()
			}
			d.both("close", linux.SysClose, d.file)
			d.file.host = -1
			if len(d.p.maps.list) != 0 {
				t.Errorf("%d mappings left", len(d.p.maps.list))
			}
			must(t, d.p, linux.SysUnlinkat, d.dir.ours, "f", 0)
			if len(d.p.maps.extents) != 0 {
				t.Errorf("extents left: %v", d.p.maps.extents)
			}
			t.Log(d.seen)
		})
	}
}

func (d *mapDouble) compare() {
	d.t.Helper()
	var st linux.Stat
	sys(d.p, linux.SysFstat, d.file.ours, &st)
	size := int(st.Size)
	d.read("pread", linux.SysPread64, d.file, size+1, 0)
	for _, m := range d.maps {
		if in := min(m.n, size-m.off); in > 0 && !bytes.Equal(at(m.ours, in), at(m.host, in)) {
			d.t.Fatalf("a mapping at %d of %d differs from %d on; before it:\n%s", m.off, m.n,
				differ(at(m.ours, in), at(m.host, in)), strings.Join(d.log[max(0, len(d.log)-25):], "\n"))
		}
	}
}

// TestMappingKeepsFile: a mapping outlives descriptor and name, and grows while
// it is mapped.
func TestMappingKeepsFile(t *testing.T) {
	p := New(newFake())
	fd := must(t, p, linux.SysOpen, "/tmp/f", linux.OCreat|linux.ORdwr, 0o644)
	must(t, p, linux.SysFtruncate, fd, 32<<10)
	first := uintptr(must(t, p, linux.SysMmap, 0, 32<<10, linux.ProtRead|linux.ProtWrite, linux.MapShared, fd, 0))
	// The next piece, as SQLite maps the index of its log.
	must(t, p, linux.SysFtruncate, fd, 64<<10)
	second := uintptr(must(t, p, linux.SysMmap, 0, 32<<10, linux.ProtRead|linux.ProtWrite, linux.MapShared, fd, 32<<10))
	at(first, 1)[0], at(second, 1)[0] = 1, 2
	must(t, p, linux.SysClose, fd)
	must(t, p, linux.SysUnlink, "/tmp/f")
	if at(first, 1)[0] != 1 || at(second, 1)[0] != 2 {
		t.Error("a mapping lost its file")
	}
	must(t, p, linux.SysMunmap, first, 32<<10)
	if at(second, 1)[0] != 2 {
		t.Error("a mapping lost its file with another one")
	}
	must(t, p, linux.SysMunmap, second, 32<<10)
	if len(p.maps.extents) != 0 {
		t.Error("the file is still there")
	}
	if _, errno := sys(p, linux.SysMsync, second, 4096, 4); errno != linux.ENOMEM {
		t.Errorf("msync of nothing = %d, want ENOMEM", errno)
	}
}

// TestProtect: addresses without memory get some, and what cannot be is refused.
func TestProtect(t *testing.T) {
	p := New(newFake())
	start := uintptr(must(t, p, linux.SysMmap, 0, 1<<20, linux.ProtNone, linux.MapPrivate|linux.MapAnonymous, -1, 0))
	must(t, p, linux.SysMprotect, start, 4096, linux.ProtRead|linux.ProtWrite)
	at(start, 1)[0] = 1
	moved := uintptr(must(t, p, linux.SysMremap, start, 4096, 8192, 1))
	if at(moved, 8192)[0] != 1 || at(moved, 8192)[8191] != 0 {
		t.Error("mremap lost bytes")
	}
	vec := make([]byte, 2)
	if must(t, p, linux.SysMincore, moved, 8192, vec); vec[0] != 1 || vec[1] != 1 {
		t.Errorf("mincore = %v", vec)
	}
	for _, c := range []struct {
		name string
		num  uintptr
		args []any
		want linux.Errno
	}{
		{"execute", linux.SysMprotect, []any{moved, 4096, linux.ProtExec}, linux.EACCES},
		{"odd address", linux.SysMprotect, []any{moved + 1, 4096, linux.ProtRead}, linux.EINVAL},
		{"unknown protection", linux.SysMprotect, []any{moved, 4096, 8}, linux.EINVAL},
		{"mlockall of nothing", linux.SysMlockall, []any{0}, linux.EINVAL},
		{"mlockall", linux.SysMlockall, []any{3}, 0},
		{"munlockall", linux.SysMunlockall, nil, 0},
		{"mlock2 flags", linux.SysMlock2, []any{moved, 4096, 2}, linux.EINVAL},
		{"mremap without moving", linux.SysMremap, []any{moved, 8192, 1 << 30, 0}, linux.ENOMEM},
		{"mremap to an address", linux.SysMremap, []any{moved, 8192, 4096, 3, 1 << 20}, linux.EINVAL},
		{"munmap of nothing", linux.SysMunmap, []any{moved, 0}, linux.EINVAL},
	} {
		if _, errno := sys(p, c.num, c.args...); errno != c.want {
			t.Errorf("%s = %d, want %d", c.name, errno, c.want)
		}
	}
}

// TestMappingFarOff: a shared mapping further into a file than there are
// addresses cannot be.
func TestMappingFarOff(t *testing.T) {
	p := New(newFake())
	fd := must(t, p, linux.SysOpen, "/tmp/f", linux.OCreat|linux.ORdwr, 0o644)
	for _, off := range []int{1 << 47, 1 << 62, 3 << 61, 1<<63 - 1<<16, 1<<63 - 8192} {
		if got, errno := sys(p, linux.SysMmap, 0, 4096, linux.ProtRead, linux.MapShared, fd, off); errno != linux.ENOMEM {
			t.Errorf("mmap at %#x = %#x, %d, want ENOMEM", off, got, errno)
		}
	}
	if _, errno := sys(p, linux.SysMmap, 0, 8192, linux.ProtRead, linux.MapShared, fd, 1<<63-4096); errno != linux.EOVERFLOW {
		t.Errorf("mmap beyond all offsets = %d, want EOVERFLOW", errno)
	}
	start := uintptr(must(t, p, linux.SysMmap, 0, 4096, linux.ProtRead, linux.MapPrivate, fd, 1<<62))
	if at(start, 1)[0] != 0 {
		t.Error("a copy of nothing is not zero")
	}
}

// TestMappingsConcurrently maps, changes and unmaps one file from all sides.
func TestMappingsConcurrently(t *testing.T) {
	p := New(newFake())
	fd := must(t, p, linux.SysOpen, "/tmp/f", linux.OCreat|linux.ORdwr, 0o644)
	must(t, p, linux.SysFtruncate, fd, 1<<18)
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			for i := range 100 {
				n := (1 + (g+i)%4) << 16
				start, errno := sys(p, linux.SysMmap, 0, n, linux.ProtRead|linux.ProtWrite, linux.MapShared, fd, 0)
				if errno != 0 {
					t.Errorf("mmap = %d", errno)
					return
				}
				sys(p, linux.SysPwrite64, fd, []byte{byte(g)}, 1, g*4096)
				if got := at(uintptr(start), 1<<16)[g*4096]; got != byte(g) && g < 16 {
					t.Errorf("mapping holds %d, want %d", got, g)
				}
				sys(p, linux.SysMsync, start, n, 4)
				sys(p, linux.SysMunmap, start, n)
			}
		})
	}
	wait.Wait()
	if len(p.maps.list) != 0 {
		t.Errorf("%d mappings left", len(p.maps.list))
	}
}
