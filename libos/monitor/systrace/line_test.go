package systrace

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"unibench/libos/abi"
)

// fakeMemory is memory from address 0x1000 on.
type fakeMemory []byte

func (m fakeMemory) Peek(addr, n uint64) []byte {
	if addr < 0x1000 || addr-0x1000 > uint64(len(m)) {
		return nil
	}
	b := m[addr-0x1000:]
	return append([]byte(nil), b[:min(n, uint64(len(b)))]...)
}

// Addresses in memory.
const (
	name    = 0x1000
	other   = 0x1010
	text    = 0x1020
	binData = 0x1060
	vector  = 0x1080
	spec    = 0x10a0
	two     = 0x10b0
	inet    = 0x10c0
	inet6   = 0x10d0
	unix    = 0x1100
	length  = 0x1120
	rest    = 0x1130 // to the end: no zero byte
	beyond  = 0x1140
	wild    = 0xdead0000
)

func memory() fakeMemory {
	m := make(fakeMemory, beyond-0x1000)
	put := func(at int, s string) { copy(m[at-0x1000:], s) }
	word := func(at int, v uint64) { binary.LittleEndian.PutUint64(m[at-0x1000:], v) }
	put(name, "/etc/hosts\x00")
	put(other, "a\"b\\\n\x00")
	put(text, strings.Repeat("0123456789", 5))
	put(binData, "\x7fELF\x02\x01\x001\x1b\xff")
	word(vector, text)
	word(vector+8, 4)
	word(vector+16, binData)
	word(vector+24, 10)
	word(spec, 5)
	word(spec+8, 250_000_000)
	word(two, 3|4<<32)
	put(inet, "\x02\x00\x1f\x90\x7f\x00\x00\x01")
	put(inet6, "\x0a\x00\x00\x50\x00\x00\x00\x00\x20\x01\x0d\xb8")
	put(unix, "\x01\x00/run/socket\x00")
	word(length, 16)
	put(rest, strings.Repeat("x", beyond-rest))
	return m
}

// minus is an error as a result.
func minus(errno uint64) uint64 { return -errno }

func TestLines(t *testing.T) {
	const cwd = uint64(math.MaxUint64 - 99)
	for _, c := range []struct {
		number uint64
		args   []uint64
		result uint64
		want   string
	}{
		{257, []uint64{cwd, name, 0x80000, 0o644}, 3, `openat(AT_FDCWD, "/etc/hosts", O_RDONLY|O_CLOEXEC) = 3`},
		{257, []uint64{cwd, other, 0x80241, 0o644}, 3, `openat(AT_FDCWD, "a\"b\\\n", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0644) = 3`},
		{257, []uint64{5, name, 2}, minus(2), `openat(5, "/etc/hosts", O_RDWR) = -1 ENOENT`},
		{257, []uint64{cwd, wild, 0}, minus(14), `openat(AT_FDCWD, 0xdead0000, O_RDONLY) = -1 EFAULT`},
		{257, []uint64{cwd, rest, 0}, minus(36), `openat(AT_FDCWD, 0x1130, O_RDONLY) = -1 ENAMETOOLONG`},
		{257, []uint64{cwd, 0, 0}, minus(14), `openat(AT_FDCWD, NULL, O_RDONLY) = -1 EFAULT`},
		{2, []uint64{name, 0x410002, 0o600}, 3, `open("/etc/hosts", O_RDWR|O_TMPFILE, 0600) = 3`},
		{2, []uint64{name, 0x30000000}, 3, `open("/etc/hosts", O_RDONLY|0x30000000) = 3`},
		{1, []uint64{1, text, 10}, 10, `write(1, "0123456789", 10) = 10`},
		{1, []uint64{1, text, 50}, 50, `write(1, "01234567890123456789012345678901"..., 50) = 50`},
		{1, []uint64{1, binData, 10}, minus(9), `write(1, "\177ELF\2\1\0001\33\377", 10) = -1 EBADF`},
		{1, []uint64{1, wild, 50}, minus(14), `write(1, 0xdead0000, 50) = -1 EFAULT`},
		{1, []uint64{1, beyond - 4, 50}, minus(14), `write(1, 0x113c, 50) = -1 EFAULT`},
		{1, []uint64{1, text, 0}, 0, `write(1, "", 0) = 0`},
		{0, []uint64{3, text, 4096}, 5, `read(3, "01234", 4096) = 5`},
		{0, []uint64{3, text, 4096}, 0, `read(3, "", 4096) = 0`},
		{0, []uint64{3, text, 4096}, minus(11), `read(3, 0x1020, 4096) = -1 EAGAIN`},
		{17, []uint64{3, text, 4, 1 << 40}, 4, `pread64(3, "0123", 4, 1099511627776) = 4`},
		{8, []uint64{3, ^uint64(0), 1}, minus(22), `lseek(3, -1, SEEK_CUR) = -1 EINVAL`},
		{8, []uint64{3, 0, 77}, minus(22), `lseek(3, 0, 0x4d) = -1 EINVAL`},
		{20, []uint64{1, vector, 2}, 14, `writev(1, ["0123", "\177ELF\2\1\0001\33\377"], 2) = 14`},
		{19, []uint64{1, vector, 2}, 5, `readv(1, ["0123", "\177"], 2) = 5`},
		{19, []uint64{1, wild, 2}, minus(14), `readv(1, 0xdead0000, 2) = -1 EFAULT`},
		{20, []uint64{1, wild, 1 << 40}, minus(22), `writev(1, [?, ...], 1099511627776) = -1 EINVAL`},
		{9, []uint64{0, 4096, 3, 0x22, ^uint64(0), 0}, 0x643000, `mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0x0) = 0x643000`},
		{9, []uint64{0x800000, 1 << 22, 0, 0x32, ^uint64(0), 0}, minus(12), `mmap(0x800000, 4194304, PROT_NONE, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0x0) = -1 ENOMEM`},
		{28, []uint64{0x800000, 4096, 4}, 0, `madvise(0x800000, 4096, MADV_DONTNEED) = 0`},
		{28, []uint64{0x800000, 4096, 1000}, 0, `madvise(0x800000, 4096, LIBOS_RELEASE) = 0`},
		{202, []uint64{0x5000, 128, 7, spec}, minus(110), `futex(0x5000, FUTEX_WAIT_PRIVATE, 7, {5s 250000000ns}) = -1 ETIMEDOUT`},
		{202, []uint64{0x5000, 129, 1, wild}, 1, `futex(0x5000, FUTEX_WAKE_PRIVATE, 1) = 1`},
		{13, []uint64{11, 0, 0x5000, 8}, 0, `rt_sigaction(SIGSEGV, NULL, 0x5000, 8) = 0`},
		{13, []uint64{34, 0, 0x5000, 8}, 0, `rt_sigaction(SIGRT_2, NULL, 0x5000, 8) = 0`},
		{234, []uint64{1, 2, 23}, 0, `tgkill(1, 2, SIGURG) = 0`},
		{293, []uint64{two, 0x80000}, 0, `pipe2([3, 4], O_CLOEXEC) = 0`},
		{293, []uint64{two, 1 << 30}, minus(22), `pipe2(0x10b0, 0x40000000) = -1 EINVAL`},
		{35, []uint64{spec, 0}, 0, `nanosleep({5s 250000000ns}, NULL) = 0`},
		{42, []uint64{5, inet, 16}, 0, `connect(5, {127.0.0.1:8080}, 16) = 0`},
		{42, []uint64{5, inet6, 28}, minus(115), `connect(5, {[2001:0db8:0000:0000:0000:0000:0000:0000]:80}, 28) = -1 EINPROGRESS`},
		{49, []uint64{5, unix, 14}, 0, `bind(5, {AF_UNIX "/run/socket"}, 14) = 0`},
		{49, []uint64{5, wild, 14}, minus(14), `bind(5, 0xdead0000, 14) = -1 EFAULT`},
		{51, []uint64{5, inet, length}, 0, `getsockname(5, {127.0.0.1:8080}, 0x1120) = 0`},
		{41, []uint64{2, 0x80801, 0}, 5, `socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0) = 5`},
		{263, []uint64{cwd, name, 0x200}, 0, `unlinkat(AT_FDCWD, "/etc/hosts", AT_REMOVEDIR) = 0`},
		{258, []uint64{cwd, name, 0o1777}, minus(17), `mkdirat(AT_FDCWD, "/etc/hosts", 01777) = -1 EEXIST`},
		{39, nil, 1, `getpid() = 1`},
		{186, nil, 7, `gettid() = 7`},
		{72, []uint64{3, 1030, 0}, 7, `fcntl(3, F_DUPFD_CLOEXEC, 0x0) = 7`},
		{318, []uint64{binData, 4, 0}, 4, `getrandom("\177ELF", 4, 0x0) = 4`},
		{436, []uint64{3, math.MaxUint32, 4}, 0, `close_range(3, -1, 0x4) = 0`},
		{250, []uint64{1, 2, 3, 4, 5, 6}, minus(38), `keyctl(0x1, 0x2, 0x3, 0x4, 0x5, 0x6) = -1 ENOSYS`},
		{600, []uint64{1}, minus(38), `600(0x1, 0x0, 0x0, 0x0, 0x0, 0x0) = -1 ENOSYS`},
		{math.MaxUint64, nil, minus(4095), `0xffffffffffffffff(0x0, 0x0, 0x0, 0x0, 0x0, 0x0) = -1 errno 4095`},
	} {
		r := &abi.TraceRecord{Number: c.number, Result: c.result, Start: 1_002_003_999, End: 1_002_015_999, Goroutine: 7, Thread: 2}
		copy(r.Args[:], c.args)
		got := string(Append(nil, r, memory(), 1_000_000_000))
		if want := "0.002003 g7 " + c.want + " <0.000012>\n"; got != want {
			t.Errorf("got  %swant %s", got, want)
		}
	}
}

func TestPrefix(t *testing.T) {
	for _, c := range []struct {
		r    abi.TraceRecord
		want string
	}{
		{abi.TraceRecord{Number: 60, Start: 5e9, End: 5e9, Thread: 9, Unfinished: 1}, "5.000000 t9 exit(0) = ? <0.000000>\n"},
		{abi.TraceRecord{Number: 39, Start: -5, End: -9, Thread: 9, Result: 1}, "0.000000 t9 getpid() = 1 <0.000000>\n"}, // no such times
		{abi.TraceRecord{Number: 39, End: 61_500_000_000, Goroutine: 1, Result: 1}, "0.000000 g1 getpid() = 1 <61.500000>\n"},
	} {
		if got := string(Append([]byte("x"), &c.r, memory(), 0)); got != "x"+c.want {
			t.Errorf("Append(%+v) = %q, want %q", c.r, got, c.want)
		}
	}
}

// TestSignatures: every letter of the table means something, and there are no more
// of them than arguments.
func TestSignatures(t *testing.T) {
	for number, letters := range signatures {
		if letters == "-" || letters == "" {
			continue
		}
		if names[number] == "" {
			t.Errorf("call %d has a signature and no name", number)
		}
		if len(letters) > 6 {
			t.Errorf("%s has %d arguments", names[number], len(letters))
		}
		for _, c := range []byte(letters) {
			if !strings.ContainsRune("duxpfasbrmvVtqkK", rune(c)) && flagSet(c) == nil {
				t.Errorf("%s has an argument %q", names[number], c)
			}
		}
	}
}

// FuzzAppend: any record makes one line of bounded length, printable.
func FuzzAppend(f *testing.F) {
	f.Add(uint64(257), uint64(3), uint64(name), uint64(0x80241), uint64(0o644), uint64(0), []byte("/a\x00"), uint64(3))
	f.Add(uint64(20), uint64(1), uint64(vector), uint64(2), uint64(0), uint64(0), []byte{}, uint64(9))
	f.Add(uint64(45), uint64(1), uint64(text), uint64(20), uint64(inet), uint64(length), []byte{}, uint64(16))
	f.Fuzz(func(t *testing.T, number, a, b, c, d, e uint64, data []byte, result uint64) {
		m := memory()
		copy(m, data)
		r := &abi.TraceRecord{Number: number, Args: [6]uint64{a, b, c, d, e, a}, Result: result, Start: int64(a), End: int64(b)}
		line := Append(nil, r, m, int64(c))
		if len(line) > 3*4*maxPath || line[len(line)-1] != '\n' {
			t.Fatalf("a line of %d bytes: %q", len(line), line)
		}
		for _, c := range line[:len(line)-1] {
			if c < ' ' || c > '~' {
				t.Fatalf("not printable: %q", line)
			}
		}
	})
}
