package posix

import (
	"testing"

	"unibench/libos/guest/linux"
)

// FuzzMount makes the file system from any bytes: it ends with a tree that can
// be walked or with the exit status for a broken archive, never otherwise.
func FuzzMount(f *testing.F) {
	f.Add([]byte("070701"))
	f.Fuzz(func(t *testing.T, archive []byte) {
		h := newFake()
		h.initrd = archive
		exited := false
		h.exit = func(int) { exited = true }
		p := New(h)
		if _, errno := sys(p, linux.SysStat, "/", &linux.Stat{}); errno != 0 && !exited {
			t.Errorf("stat of the root = %d", errno)
		}
	})
}

// TestMountDamaged changes every byte of an archive in turn.
func TestMountDamaged(t *testing.T) {
	good := archive(t, map[string]string{"etc/hostname": "x", "d/f": "contents"})
	for i := range good {
		h := newFake()
		h.initrd = append([]byte(nil), good...)
		h.initrd[i] ^= 0x11
		exited := false
		h.exit = func(int) { exited = true }
		if _, errno := sys(New(h), linux.SysStat, "/", &linux.Stat{}); errno != 0 && !exited {
			t.Errorf("byte %d changed: stat of the root = %d", i, errno)
		}
	}
}
