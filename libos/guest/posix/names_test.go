package posix

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"unibench/libos/guest/linux"
)

// call is one call with paths; in its strings, leading "@/" stands for the
// folder of the test.
type call struct {
	name string
	num  uintptr
	args []any
}

// TestNamesAgainstLinux makes calls on paths, in order, here and on the host.
func TestNamesAgainstLinux(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("permissions are not enforced here, so the comparison needs root")
	}
	const cwd, nofollow, empty = linux.AtFdcwd, linux.AtSymlinkNofollow, linux.AtEmptyPath
	times := func(a, b int64) *[4]int64 { return &[4]int64{1, a, 2, b} }
	calls := []call{
		{"mkdir", linux.SysMkdir, []any{"@/d", 0o755}},
		{"mkdirat", linux.SysMkdirat, []any{cwd, "@/d/e", 0o700}},
		{"mkdirat bad descriptor", linux.SysMkdirat, []any{-1, "d/f", 0o700}},
		{"mkdirat descriptor of no folder", linux.SysMkdirat, []any{0, "x", 0o700}},
		{"mkdirat absolute", linux.SysMkdirat, []any{-1, "@/d/abs", 0o700}},
		{"mkdir empty", linux.SysMkdir, []any{"", 0o755}},
		{"mkdir NULL", linux.SysMkdir, []any{0, 0o755}},
		{"mkdir wild pointer", linux.SysMkdir, []any{8, 0o755}},
		{"creat", linux.SysCreat, []any{"@/d/f", 0o644}},
		{"mknod file", linux.SysMknod, []any{"@/d/node", 0o100600, 0}},
		{"mknod again", linux.SysMknod, []any{"@/d/node", 0o100600, 0}},
		{"mknod folder", linux.SysMknod, []any{"@/d/nodedir", 0o40600, 0}},
		{"mknod nonsense", linux.SysMknod, []any{"@/d/nonsense", 0o170600, 0}},
		{"link", linux.SysLink, []any{"@/d/f", "@/d/g"}},
		{"linkat flags", linux.SysLinkat, []any{cwd, "@/d/f", cwd, "@/d/h", 1}},
		{"linkat", linux.SysLinkat, []any{cwd, "@/d/f", cwd, "@/d/h", linux.AtSymlinkFollow}},
		{"symlink", linux.SysSymlink, []any{"f", "@/d/s"}},
		{"symlinkat", linux.SysSymlinkat, []any{"none", cwd, "@/d/dangling"}},
		{"symlink to nothing", linux.SysSymlink, []any{"", "@/d/s2"}},
		{"symlinkat bad descriptor", linux.SysSymlinkat, []any{"x", -1, "y"}},
		{"access", linux.SysAccess, []any{"@/d/f", linux.ROk | linux.WOk}},
		{"access to execute", linux.SysAccess, []any{"@/d/f", linux.XOk}},
		{"access to enter", linux.SysAccess, []any{"@/d", linux.XOk}},
		{"access mode", linux.SysAccess, []any{"@/d/f", 8}},
		{"faccessat", linux.SysFaccessat, []any{cwd, "@/d/dangling", 0}},
		{"faccessat2 flags", linux.SysFaccessat2, []any{cwd, "@/d/f", 0, 1}},
		{"faccessat2 nofollow", linux.SysFaccessat2, []any{cwd, "@/d/dangling", 0, nofollow}},
		{"chmod", linux.SysChmod, []any{"@/d/f", 0o4711}},
		{"access to execute now", linux.SysAccess, []any{"@/d/f", linux.XOk}},
		{"fchmodat", linux.SysFchmodat, []any{cwd, "@/d/s", 0o6755}},
		{"chown clears set-id bits", linux.SysChown, []any{"@/d/f", 5, 6}},
		{"lchown", linux.SysLchown, []any{"@/d/s", 7, -1}},
		{"fchownat", linux.SysFchownat, []any{cwd, "@/d/e", -1, 8, 0}},
		{"fchownat flags", linux.SysFchownat, []any{cwd, "@/d/e", 0, 0, 1}},
		{"truncate", linux.SysTruncate, []any{"@/d/f", 7000}},
		{"truncate negative", linux.SysTruncate, []any{"@/d/f", -1}},
		{"truncate folder", linux.SysTruncate, []any{"@/d", 0}},
		{"truncate device", linux.SysTruncate, []any{"/dev/null", 0}},
		{"utimensat", linux.SysUtimensat, []any{cwd, "@/d/f", times(5, 6), 0}},
		{"utimensat bad time", linux.SysUtimensat, []any{cwd, "@/d/f", times(5, 1_000_000_000), 0}},
		{"utimensat flags", linux.SysUtimensat, []any{cwd, "@/d/f", times(5, 6), 1}},
		{"utimensat omit", linux.SysUtimensat, []any{cwd, "@/d/f", times(linux.UtimeOmit, 9), 0}},
		{"utimensat link itself", linux.SysUtimensat, []any{cwd, "@/d/s", times(3, 4), nofollow}},
		{"utimensat NULL", linux.SysUtimensat, []any{cwd, 0, 0, 0}},
		{"utimes", linux.SysUtimes, []any{"@/d/e", times(7, 8)}},
		{"utimes bad time", linux.SysUtimes, []any{"@/d/e", times(7, 1_000_000)}},
		{"utime", linux.SysUtime, []any{"@/d/g", &[2]int64{11, 12}}},
		{"newfstatat empty", linux.SysNewfstatat, []any{cwd, "", &linux.Stat{}, 0}},
		{"newfstatat empty path", linux.SysNewfstatat, []any{cwd, "", &linux.Stat{}, empty}},
		{"newfstatat flags", linux.SysNewfstatat, []any{cwd, "@/d", &linux.Stat{}, 1}},
		{"stat to NULL", linux.SysStat, []any{"@/d", 0}},
		{"statx flags", linux.SysStatx, []any{cwd, "@/d", linux.AtStatxSyncType, 0, &linux.Statx{}}},
		{"statfs", linux.SysStatfs, []any{"@/none", &linux.Statfs{}}},
		{"readlink of a file", linux.SysReadlink, []any{"@/d/f", make([]byte, 9), 9}},
		{"readlink no room", linux.SysReadlink, []any{"@/d/s", make([]byte, 9), 0}},
		{"readlink short", linux.SysReadlink, []any{"@/d/dangling", make([]byte, 2), 2}},
		{"rename", linux.SysRename, []any{"@/d/h", "@/d/e/h"}},
		{"renameat", linux.SysRenameat, []any{cwd, "@/d/e/h", cwd, "@/d/h"}},
		{"renameat2 flags", linux.SysRenameat2, []any{cwd, "@/d/h", cwd, "@/d/g", 8}},
		{"unlinkat flags", linux.SysUnlinkat, []any{cwd, "@/d/h", 1}},
		{"unlinkat", linux.SysUnlinkat, []any{cwd, "@/d/h", 0}},
		{"unlink folder", linux.SysUnlink, []any{"@/d/e"}},
		{"rmdir", linux.SysUnlinkat, []any{cwd, "@/d/abs", linux.AtRemovedir}},
		{"rmdir full", linux.SysRmdir, []any{"@/d"}},
		{"chdir file", linux.SysChdir, []any{"@/d/f"}},
		{"fchdir", linux.SysFchdir, []any{0}},
		{"getcwd no room", linux.SysGetcwd, []any{make([]byte, 1), 1}},
	}
	dir := t.TempDir()
	p := New(newFake())
	mkdirAll(t, p, dir)
	null, err := os.Open(os.DevNull) // a descriptor 0 that is no folder either
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for _, c := range calls {
		args := make([]any, len(c.args))
		for i, x := range c.args {
			if s, ok := x.(string); ok && len(s) > 1 && s[:2] == "@/" {
				x = filepath.Join(dir, s[2:])
			}
			args[i] = x
		}
		got, errno := sys(p, c.num, args...)
		want, wantErrno := host(c.num, args...)
		if c.num == linux.SysCreat {
			syscall.Close(want)
			sys(p, linux.SysClose, got)
			got, want = 0, 0
		}
		if errno != wantErrno || errno == 0 && got != want {
			t.Errorf("%s = %d, error %d, want %d, error %d", c.name, got, errno, want, wantErrno)
		}
	}
	compareTree(t, p, dir)
}

func mkdirAll(t *testing.T, p *Process, dir string) {
	t.Helper()
	for i := 1; i <= len(dir); i++ {
		if i == len(dir) || dir[i] == '/' {
			if _, errno := sys(p, linux.SysMkdir, dir[:i], 0o755); errno != 0 && errno != linux.EEXIST {
				t.Fatalf("mkdir(%s) = %d", dir[:i], errno)
			}
		}
	}
}

// compareTree compares the attributes of all files below dir.
func compareTree(t *testing.T, p *Process, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		var want syscall.Stat_t
		if err := syscall.Lstat(path, &want); err != nil {
			return err
		}
		var got linux.Stat
		if _, errno := sys(p, linux.SysLstat, path, &got); errno != 0 {
			return fmt.Errorf("lstat(%s) = %d", path, errno)
		}
		if want.Mode&syscall.S_IFMT == syscall.S_IFDIR {
			got.Size = want.Size
		}
		if got.Mode != want.Mode || got.UID != want.Uid || got.GID != want.Gid || got.Size != want.Size || got.Nlink != uint64(want.Nlink) {
			t.Errorf("%s: %o, owner %d %d, %d bytes, %d links, want %o, %d %d, %d, %d", path,
				got.Mode, got.UID, got.GID, got.Size, got.Nlink, want.Mode, want.Uid, want.Gid, want.Size, want.Nlink)
		}
		if want.Mtim.Sec < 1000 && (got.Mtim.Sec != want.Mtim.Sec || got.Mtim.Nsec != want.Mtim.Nsec) {
			t.Errorf("%s: changed at %v, want %v", path, got.Mtim, want.Mtim)
		}
		var x linux.Statx
		if _, errno := sys(p, linux.SysStatx, linux.AtFdcwd, path, linux.AtSymlinkNofollow, linux.StatxBasic, &x); errno != 0 ||
			uint32(x.Mode) != got.Mode || x.Ino != got.Ino || x.Mtime.Sec != got.Mtim.Sec {
			t.Errorf("statx(%s) = %+v, error %d, want as stat says", path, x, errno)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestWorkingFolder covers what cannot be done to the test's own process.
func TestWorkingFolder(t *testing.T) {
	p := New(newFake())
	for _, c := range []struct {
		num  uintptr
		args []any
		want linux.Errno
	}{
		{linux.SysMkdir, []any{"/a", 0o777}, 0},
		{linux.SysMkdir, []any{"a/b", 0o777}, 0},
		{linux.SysChdir, []any{"a/b"}, 0},
		{linux.SysRename, []any{"/a", "/c"}, 0},
		{linux.SysCreat, []any{"../f", 0o666}, 0},
		{linux.SysStat, []any{"/c/f", &linux.Stat{}}, 0},
	} {
		if _, errno := sys(p, c.num, c.args...); errno != c.want {
			t.Fatalf("call %d %v = %d, want %d", c.num, c.args, errno, c.want)
		}
	}
	var st linux.Stat
	sys(p, linux.SysStat, "/c/f", &st)
	if st.Mode != linux.ModeRegular|0o644 {
		t.Errorf("mode under the umask = %o, want %o", st.Mode, linux.ModeRegular|0o644)
	}
	b := make([]byte, 100)
	if n, errno := sys(p, linux.SysGetcwd, b, len(b)); errno != 0 || string(b[:n]) != "/c/b\x00" {
		t.Errorf("getcwd = %q, %d", b[:n], errno)
	}
	sys(p, linux.SysRmdir, "/c/b")
	if _, errno := sys(p, linux.SysGetcwd, b, len(b)); errno != linux.ENOENT {
		t.Errorf("getcwd in a removed folder = %d, want ENOENT", errno)
	}
	if _, errno := sys(p, linux.SysCreat, "x", 0o666); errno != linux.ENOENT {
		t.Errorf("creat in a removed folder = %d, want ENOENT", errno)
	}
	if old, _ := sys(p, linux.SysUmask, 0o77); old != 0o22 {
		t.Errorf("umask = %o, want 22", old)
	}
}
