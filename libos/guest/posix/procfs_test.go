package posix

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"unibench/libos/guest/linux"
)

// list returns the names in a folder, without the dots.
func list(t *testing.T, p *Process, path string) (names []string) {
	t.Helper()
	fd := must(t, p, linux.SysOpen, path, linux.ODirectory, 0)
	defer sys(p, linux.SysClose, fd)
	b := make([]byte, 300) // little, so that positions matter
	for {
		n := must(t, p, linux.SysGetdents64, fd, b, len(b))
		if n == 0 {
			return names
		}
		for d := b[:n]; len(d) > 0; d = d[int(d[16])|int(d[17])<<8:] {
			name, _, _ := strings.Cut(string(d[19:]), "\x00")
			if name != "." && name != ".." {
				names = append(names, name)
			}
		}
	}
}

// TestProcAgainstLinux: what is in /proc and /sys is on the host too, of the
// same type and with the same permissions, and shows no size.
func TestProcAgainstLinux(t *testing.T) {
	p := New(newFake())
	seen := 0
	var walk func(ours, host string)
	walk = func(ours, host string) {
		for _, name := range list(t, p, ours) {
			var st linux.Stat
			var want syscall.Stat_t
			must(t, p, linux.SysLstat, ours+"/"+name, &st)
			if err := syscall.Lstat(host+"/"+name, &want); err != nil {
				t.Logf("%s/%s: the host has none: %v", ours, name, err)
				continue
			}
			// Random numbers can be asked for by all on some kernels.
			if st.Mode != want.Mode && name != "1" || st.Mode&linux.ModeType == linux.ModeRegular && st.Size != 0 {
				t.Errorf("%s/%s: mode %o, size %d, want mode %o", ours, name, st.Mode, st.Size, want.Mode)
			}
			seen++
			if st.Mode&linux.ModeType == linux.ModeDir && name != "fd" && name != "fdinfo" {
				next := host + "/" + name
				if name == "1" {
					next = host + "/self"
				} else if filepath.Base(ours) == "task" {
					continue
				}
				walk(ours+"/"+name, next)
			}
		}
	}
	walk("/proc", "/proc")
	if seen < 50 {
		t.Errorf("only %d files", seen)
	}
	var st linux.Stat
	must(t, p, linux.SysStat, "/sys/devices/system/cpu/online", &st)
	if st.Mode != linux.ModeRegular|0o444 {
		t.Errorf("mode of a file in /sys = %o", st.Mode)
	}
}

// keys returns what stands before the colons of lines.
func keys(text string) map[string]bool {
	found := map[string]bool{}
	for line := range strings.Lines(text) {
		if name, _, ok := strings.Cut(line, ":"); ok {
			found[strings.TrimSpace(name)] = true
		}
	}
	return found
}

// TestProcFDInfo: a file that shows offsets may show its own.
func TestProcFDInfo(t *testing.T) {
	p := New(newFake())
	b := make([]byte, 100)
	fd := must(t, p, linux.SysOpen, "/proc/self/fdinfo/2", linux.ORdonly, 0)
	must(t, p, linux.SysDup2, fd, 2)
	must(t, p, linux.SysRead, fd, b, 7)
	if n := must(t, p, linux.SysPread64, 2, b, len(b), 0); !strings.HasPrefix(string(b[:n]), "pos:\t7\n") {
		t.Errorf("fdinfo after 7 bytes of it: %q", b[:n])
	}
}

// TestProcFormats: the files have the fields that Linux has, and true values.
func TestProcFormats(t *testing.T) {
	p := New(newFake())
	for _, file := range []string{"meminfo", "self/status", "cpuinfo", "self/fdinfo/1"} {
		b, err := os.ReadFile("/proc/" + file)
		if err != nil {
			t.Fatal(err)
		}
		want := keys(string(b))
		for key := range keys(readAll(t, p, "/proc/"+file)) {
			if !want[key] && key != "fpu_exception" {
				t.Errorf("%s has %q, which the host has not", file, key)
			}
		}
	}
	if fields := strings.Fields(readAll(t, p, "/proc/self/stat")); len(fields) != 52 || fields[1] != "(app)" || fields[19] != "2" {
		t.Errorf("stat has %d fields: %q", len(fields), fields)
	}
	for _, c := range []struct{ file, want string }{
		{"meminfo", "MemTotal:         262144 kB\n"},
		{"self/status", "Threads:\t2\n"},
		{"cpuinfo", "model name\t: Fake CPU\n"},
		{"cpuinfo", "flags\t\t: fpu lm pni\n"},
		{"cpuinfo", "cpu MHz\t\t: 2600.000\n"},
		{"cpuinfo", "processor\t: 2\n"},
		{"cpuinfo", "address sizes\t: 40 bits physical, 48 bits virtual\n"},
		{"self/cmdline", "/app\x00-x\x00"},
		{"self/environ", "A=1\x00"},
		{"self/maps", "00400000-00500000 r-xp 00000000 00:01 0                                  /app\n"},
		{"self/maps", "rw-p 00000000 00:01 0                                  [heap]\n"},
		{"self/limits", "Max open files            1048576              1048576              files\n"},
		{"stat", "cpu  150 0 0 "},
		{"1/comm", "app\n"},
		{"thread-self/comm", "app\n"},
		{"self/task/3/cgroup", "0::/\n"},
		{"sys/kernel/hostname", "fake\n"},
		{"sys/net/core/somaxconn", "4096\n"},
		{"sys/fs/pipe-max-size", "1048576\n"},
	} {
		if got := readAll(t, p, "/proc/"+c.file); !strings.Contains(got, c.want) {
			t.Errorf("/proc/%s has no %q:\n%s", c.file, c.want, got)
		}
	}
	if a, b := readAll(t, p, "/proc/sys/kernel/random/boot_id"), readAll(t, p, "/proc/sys/kernel/random/boot_id"); a != b || len(a) != 37 {
		t.Errorf("boot ids %q, %q", a, b)
	}
	if a, b := readAll(t, p, "/proc/sys/kernel/random/uuid"), readAll(t, p, "/proc/sys/kernel/random/uuid"); a == b || a[14] != '4' {
		t.Errorf("uuids %q, %q", a, b)
	}
	if got := readAll(t, p, "/sys/devices/system/cpu/online"); got != "0-2\n" {
		t.Errorf("processors %q", got)
	}
	seen := map[string]bool{}
	for _, f := range cpuFlags {
		for _, name := range strings.Fields(f.names) {
			if name != "-" && seen[name] {
				t.Errorf("flag %s is there twice", name)
			}
			seen[name] = true
		}
		if n := len(strings.Fields(f.names)); n > 32 {
			t.Errorf("leaf %#x has %d names", f.leaf, n)
		}
	}
}

// TestProcFiles: files that are made up are read like others, from any place,
// and can neither be changed nor have neighbours.
func TestProcFiles(t *testing.T) {
	p := New(newFake())
	fd := must(t, p, linux.SysOpen, "/proc/uptime", linux.ORdwr, 0)
	b := make([]byte, 3)
	if n := must(t, p, linux.SysRead, fd, b, 3); n != 3 {
		t.Errorf("read = %d", n)
	}
	rest := make([]byte, 100)
	n := must(t, p, linux.SysRead, fd, rest, 100)
	all := make([]byte, 100)
	if m := must(t, p, linux.SysPread64, fd, all, 100, 0); m < 3+n || all[0] == 0 {
		t.Errorf("pread = %d, want %d", m, 3+n)
	}
	for _, c := range []struct {
		name string
		num  uintptr
		args []any
		want linux.Errno
	}{
		{"write", linux.SysWrite, []any{fd, []byte("x"), 1}, linux.EIO},
		{"pwrite", linux.SysPwrite64, []any{fd, []byte("x"), 1, 0}, linux.EIO},
		{"seek to the end", linux.SysLseek, []any{fd, 0, 2}, linux.EINVAL},
		{"seek back", linux.SysLseek, []any{fd, 0, 0}, 0},
		{"mmap", linux.SysMmap, []any{0, 4096, 1, 1, fd, 0}, linux.ENODEV},
		{"fchmod", linux.SysFchmod, []any{fd, 0o777}, linux.EPERM},
		{"fchown", linux.SysFchown, []any{fd, 1, 1}, linux.EPERM},
		{"ftruncate", linux.SysFtruncate, []any{fd, 0}, linux.EINVAL},
		{"sendfile", linux.SysSendfile, []any{1, fd, 0, 10}, linux.EINVAL},
		{"creat", linux.SysOpen, []any{"/proc/new", linux.OCreat | linux.OWronly, 0o644}, linux.ENOENT},
		{"mkdir", linux.SysMkdir, []any{"/proc/self/new", 0o755}, linux.ENOENT},
		{"link", linux.SysLink, []any{"/proc/uptime", "/tmp/new"}, linux.EXDEV},
		{"unlink", linux.SysUnlink, []any{"/proc/uptime"}, linux.EPERM},
		{"rmdir", linux.SysRmdir, []any{"/proc/self/net"}, linux.EPERM},
		{"rmdir of it all", linux.SysRmdir, []any{"/proc"}, linux.EBUSY},
		{"rename in", linux.SysRename, []any{"/tmp", "/proc/tmp"}, linux.EXDEV},
		{"rename out", linux.SysRename, []any{"/proc/uptime", "/tmp/uptime"}, linux.EXDEV},
		{"rename within", linux.SysRename, []any{"/proc/uptime", "/proc/stat"}, linux.EPERM},
		{"rename of it all", linux.SysRename, []any{"/proc", "/tmp/proc"}, linux.EBUSY},
		{"a thread that is not", linux.SysStat, []any{"/proc/self/task/2/comm", &linux.Stat{}}, linux.ENOENT},
		{"another process", linux.SysStat, []any{"/proc/2", &linux.Stat{}}, linux.ENOENT},
		{"a number in disguise", linux.SysStat, []any{"/proc/self/task/01", &linux.Stat{}}, linux.ENOENT},
	} {
		if _, errno := sys(p, c.num, c.args...); errno != c.want {
			t.Errorf("%s = %d, want %d", c.name, errno, c.want)
		}
	}
	var fs linux.Statfs
	if must(t, p, linux.SysFstatfs, fd, &fs); fs.Type != procMagic {
		t.Errorf("fstatfs = %#x", fs.Type)
	}
}

// TestProcDescriptors: the links of descriptors show names, as they are now.
func TestProcDescriptors(t *testing.T) {
	p := New(newFake())
	p.EnablePolling()
	link := func(fd int) string {
		b := make([]byte, 100)
		return string(b[:must(t, p, linux.SysReadlink, "/proc/self/fd/"+decimal(fd), b, len(b))])
	}
	must(t, p, linux.SysMkdir, "/tmp/d", 0o755)
	file := must(t, p, linux.SysOpen, "/tmp/d/f", linux.OCreat|linux.ORdwr, 0o644)
	dir := must(t, p, linux.SysOpen, "/tmp/d", linux.ORdonly, 0)
	var ends [2]int32
	must(t, p, linux.SysPipe2, &ends, 0)
	event := must(t, p, linux.SysEventfd2, 0, 0)
	if got := link(file); got != "/tmp/d/f" {
		t.Errorf("file: %q", got)
	}
	must(t, p, linux.SysRename, "/tmp/d/f", "/tmp/g")
	if got := link(file); got != "/tmp/g" {
		t.Errorf("file with a new name: %q", got)
	}
	must(t, p, linux.SysUnlink, "/tmp/g")
	if got := link(file); got != "/tmp/g (deleted)" {
		t.Errorf("file without a name: %q", got)
	}
	if got := link(dir); got != "/tmp/d" {
		t.Errorf("folder: %q", got)
	}
	if got := link(int(ends[0])); !strings.HasPrefix(got, "pipe:[") {
		t.Errorf("pipe: %q", got)
	}
	if got := link(event); got != "anon_inode:[eventfd]" {
		t.Errorf("eventfd: %q", got)
	}
	must(t, p, linux.SysChdir, "/tmp/d")
	b := make([]byte, 100)
	if n := must(t, p, linux.SysReadlink, "/proc/self/cwd", b, len(b)); string(b[:n]) != "/tmp/d" {
		t.Errorf("cwd: %q", b[:n])
	}
	if n := must(t, p, linux.SysReadlink, "/proc/self/exe", b, len(b)); string(b[:n]) != "/app" {
		t.Errorf("exe: %q", b[:n])
	}
	names := list(t, p, "/proc/self/fd")
	if len(names) != 9 || names[0] != "0" {
		t.Errorf("descriptors: %q", names)
	}
}

// TestProcConcurrently reads what changes meanwhile.
func TestProcConcurrently(t *testing.T) {
	p := New(newFake())
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 100 {
				fd := must(t, p, linux.SysOpen, "/tmp/f", linux.OCreat|linux.ORdwr, 0o644)
				for _, name := range list(t, p, "/proc/self/fd") {
					sys(p, linux.SysReadlink, "/proc/self/fd/"+name, make([]byte, 100), 100)
				}
				readAll(t, p, "/proc/self/status")
				readAll(t, p, "/proc/self/maps")
				sys(p, linux.SysClose, fd)
			}
		})
	}
	wait.Wait()
}

// TestIdentities: the numbers follow the rules of credentials(7).
func TestIdentities(t *testing.T) {
	p := New(newFake())
	get := func(num uintptr) [3]uint32 {
		var r, e, s uint32
		must(t, p, num, &r, &e, &s)
		return [3]uint32{r, e, s}
	}
	none := uintptr(0xffffffff)
	for _, c := range []struct {
		name string
		num  uintptr
		args []any
		want linux.Errno
		uid  [3]uint32
	}{
		{"setgid", linux.SysSetgid, []any{7}, 0, [3]uint32{0, 0, 0}},
		{"setgroups", linux.SysSetgroups, []any{2, &[2]uint32{4, 5}}, 0, [3]uint32{0, 0, 0}},
		{"setresuid effective", linux.SysSetresuid, []any{none, 10, none}, 0, [3]uint32{0, 10, 0}},
		{"setgroups as another", linux.SysSetgroups, []any{0, 0}, linux.EPERM, [3]uint32{0, 10, 0}},
		{"setuid to the saved one", linux.SysSetuid, []any{0}, 0, [3]uint32{0, 0, 0}},
		{"setreuid", linux.SysSetreuid, []any{none, 11}, 0, [3]uint32{0, 11, 11}},
		{"setreuid back to the real one", linux.SysSetreuid, []any{none, 0}, 0, [3]uint32{0, 0, 11}},
		{"setuid for good", linux.SysSetuid, []any{12}, 0, [3]uint32{12, 12, 12}},
		{"setuid back", linux.SysSetuid, []any{0}, linux.EPERM, [3]uint32{12, 12, 12}},
		{"setresuid back", linux.SysSetresuid, []any{none, none, 0}, linux.EPERM, [3]uint32{12, 12, 12}},
		{"setgid as another", linux.SysSetgid, []any{8}, linux.EPERM, [3]uint32{12, 12, 12}},
		{"setuid to nobody", linux.SysSetuid, []any{none}, linux.EINVAL, [3]uint32{12, 12, 12}},
	} {
		if _, errno := sys(p, c.num, c.args...); errno != c.want {
			t.Errorf("%s = %d, want %d", c.name, errno, c.want)
		}
		if got := get(linux.SysGetresuid); got != c.uid {
			t.Errorf("%s: user numbers %v, want %v", c.name, got, c.uid)
		}
	}
	if got := get(linux.SysGetresgid); got != [3]uint32{7, 7, 7} {
		t.Errorf("group numbers %v", got)
	}
	var groups [4]uint32
	if n := must(t, p, linux.SysGetgroups, 4, &groups); n != 2 || groups[1] != 5 {
		t.Errorf("getgroups = %d, %v", n, groups)
	}
	if _, errno := sys(p, linux.SysGetgroups, 1, &groups); errno != linux.EINVAL {
		t.Errorf("getgroups with little room = %d", errno)
	}
	if got := must(t, p, linux.SysSetfsuid, 99); got != 12 {
		t.Errorf("setfsuid = %d, want 12", got)
	}
	if text := readAll(t, p, "/proc/self/status"); !strings.Contains(text, "Uid:\t12\t12\t12\t12\n") || !strings.Contains(text, "Groups:\t4 5 \n") {
		t.Errorf("status: %s", text)
	}
}
