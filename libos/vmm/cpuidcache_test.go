package vmm

import (
	"os"
	"path/filepath"
	"testing"

	"unibench/libos/vmm/kvm"
)

// TestCPUIDCache: only a whole file of this user and this boot is believed.
func TestCPUIDCache(t *testing.T) {
	boot := [36]byte{1, 2, 3}
	table := cpuidOf(kvm.CPUIDEntry{Function: 7, EBX: 99})
	for _, c := range []struct {
		name  string
		spoil func(path string) error
		boot  [36]byte
		want  bool
	}{
		{"good", nil, boot, true},
		{"another boot", nil, [36]byte{9}, false},
		{"missing", os.Remove, boot, false},
		{"cut short", func(p string) error { return os.Truncate(p, 100) }, boot, false},
		{"empty", func(p string) error { return os.Truncate(p, 0) }, boot, false},
		{"others may write", func(p string) error { return os.Chmod(p, 0o622) }, boot, false},
		{"other content", func(p string) error {
			return os.WriteFile(p, make([]byte, cpuidFileSize), 0o600)
		}, boot, false},
		{"a link", func(p string) error {
			if err := os.Rename(p, p+"2"); err != nil {
				return err
			}
			return os.Symlink(p+"2", p)
		}, boot, false},
		{"a folder", func(p string) error {
			if err := os.Remove(p); err != nil {
				return err
			}
			return os.Mkdir(p, 0o700)
		}, boot, false},
		{"too many entries", func(p string) error {
			f, err := os.OpenFile(p, os.O_RDWR, 0)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = f.WriteAt([]byte{0xff, 0xff, 0xff, 0xff}, 56)
			return err
		}, boot, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "new", "folder")
			path := filepath.Join(dir, "cpuid-test")
			writeCPUID(dir, path, boot, table)
			if c.spoil != nil {
				if err := c.spoil(path); err != nil {
					t.Fatal(err)
				}
			}
			got := readCPUID(path, c.boot)
			if (got != nil) != c.want || got != nil && *got != *table {
				t.Errorf("readCPUID() = %v, want a table %t", got != nil, c.want)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "*.tmp")); left != nil {
				t.Errorf("left behind: %v", left)
			}
		})
	}
	// No folder to write to is no error.
	writeCPUID(os.DevNull, os.DevNull+"/x", boot, table)
}
