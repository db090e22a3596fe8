package posix

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// TestFutureWriteAgainstLinux: the seal against future writing leaves mappings as
// they are, and new ones are never writable.
func TestFutureWriteAgainstLinux(t *testing.T) {
	const both = linux.ProtRead | linux.ProtWrite
	d := newDouble(t)
	got, errno := sys(d.p, linux.SysMemfdCreate, "name", 3)
	want, wantErrno := host(linux.SysMemfdCreate, "name", 3)
	d.add("memfd_create", got, errno, want, wantErrno)
	f := d.open[0]
	d.both("ftruncate", linux.SysFtruncate, f, 1<<14)
	page := 0
	mmap := func(prot int) pair { // each its own page: there are no two addresses of one
		got, errno := sys(d.p, linux.SysMmap, 0, 4096, prot, linux.MapShared, f.ours, page)
		want, wantErrno := host(linux.SysMmap, 0, 4096, prot, linux.MapShared, f.host, page)
		page += 4096
		d.same("mmap", 0, errno, 0, wantErrno)
		return pair{want, got}
	}
	old, oldRead := mmap(both), mmap(linux.ProtRead)
	d.both("seal", linux.SysFcntl, f, linux.FAddSeals, vfs.SealFutureWrite)
	d.both("write", linux.SysWrite, f, []byte("x"), 1)
	mmap(both)
	read := mmap(linux.ProtRead)
	d.both("mprotect old", linux.SysMprotect, old, 4096, both)
	d.both("mprotect old, to read", linux.SysMprotect, oldRead, 4096, both)
	d.both("mprotect", linux.SysMprotect, read, 4096, both)
	d.both("mprotect to read", linux.SysMprotect, read, 4096, linux.ProtRead)
	d.both("seal what is mapped", linux.SysFcntl, f, linux.FAddSeals, vfs.SealWrite)
	d.both("munmap old", linux.SysMunmap, old, 4096)
	d.both("munmap old, to read", linux.SysMunmap, oldRead, 4096)
	d.both("mprotect again", linux.SysMprotect, read, 4096, both)
	d.both("munmap", linux.SysMunmap, read, 4096)
	t.Log(d.seen)
}

// TestSealOrMap: a file is sealed against writing, or mapped for it.
func TestSealOrMap(t *testing.T) {
	p := New(newFake())
	for range 2000 {
		fd := must(t, p, linux.SysMemfdCreate, "name", 3)
		must(t, p, linux.SysFtruncate, fd, 4096)
		var begun atomic.Int32
		begin := func() {
			for begun.Add(1); begun.Load() < 2; {
				runtime.Gosched()
			}
		}
		var start int
		var sealed, mapped linux.Errno
		var side sync.WaitGroup
		side.Go(func() {
			begin()
			_, sealed = sys(p, linux.SysFcntl, fd, linux.FAddSeals, vfs.SealWrite)
		})
		begin()
		start, mapped = sys(p, linux.SysMmap, 0, 4096, linux.ProtRead|linux.ProtWrite, linux.MapShared, fd, 0)
		side.Wait()
		if !(mapped == 0 && sealed == linux.EBUSY || mapped == linux.EPERM && sealed == 0) {
			t.Fatalf("mmap = %d, seal = %d, want one of them to be refused", mapped, sealed)
		}
		if mapped == 0 {
			must(t, p, linux.SysMunmap, start, 4096)
		}
		must(t, p, linux.SysClose, fd)
	}
}
