package posix

import (
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
		{"shared", []any{0, 4096, linux.ProtRead, linux.MapShared, fd, 0}, linux.ENODEV},
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
