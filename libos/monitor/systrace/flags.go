package systrace

// A flag is one name of a set: value within the bits of mask. A mask that equals
// the value is a single flag.
type flag struct {
	mask, value uint64
	name        string
}

// names of values that exclude each other, all bits of the argument compared.
const exact = ^uint64(0)

var protections = []flag{
	{exact, 0, "PROT_NONE"}, {1, 1, "PROT_READ"}, {2, 2, "PROT_WRITE"}, {4, 4, "PROT_EXEC"},
}

var mappings = []flag{
	{0xf, 1, "MAP_SHARED"}, {0xf, 2, "MAP_PRIVATE"}, {0xf, 3, "MAP_SHARED_VALIDATE"},
	{0x10, 0x10, "MAP_FIXED"}, {0x20, 0x20, "MAP_ANONYMOUS"}, {0x4000, 0x4000, "MAP_NORESERVE"}, {0x8000, 0x8000, "MAP_POPULATE"},
	{0x100000, 0x100000, "MAP_FIXED_NOREPLACE"},
}

// The last three are no advice of Linux: what the heap tells the library OS.
var advices = []flag{
	{exact, 0, "MADV_NORMAL"}, {exact, 4, "MADV_DONTNEED"}, {exact, 8, "MADV_FREE"},
	{exact, 14, "MADV_HUGEPAGE"}, {exact, 15, "MADV_NOHUGEPAGE"}, {exact, 25, "MADV_COLLAPSE"},
	{exact, 999, "LIBOS_PREPARE"}, {exact, 1000, "LIBOS_RELEASE"}, {exact, 1001, "LIBOS_REUSE"},
}

var whences = []flag{
	{exact, 0, "SEEK_SET"}, {exact, 1, "SEEK_CUR"}, {exact, 2, "SEEK_END"}, {exact, 3, "SEEK_DATA"}, {exact, 4, "SEEK_HOLE"},
}

// openFlags are in strace's order.
var openFlags = []flag{
	{3, 0, "O_RDONLY"}, {3, 1, "O_WRONLY"}, {3, 2, "O_RDWR"},
	{0x40, 0x40, "O_CREAT"}, {0x80, 0x80, "O_EXCL"}, {0x100, 0x100, "O_NOCTTY"}, {0x200, 0x200, "O_TRUNC"},
	{0x400, 0x400, "O_APPEND"}, {0x800, 0x800, "O_NONBLOCK"}, {0x101000, 0x101000, "O_SYNC"}, {0x101000, 0x1000, "O_DSYNC"},
	{0x4000, 0x4000, "O_DIRECT"}, {0x8000, 0x8000, "O_LARGEFILE"}, {0x20000, 0x20000, "O_NOFOLLOW"}, {0x40000, 0x40000, "O_NOATIME"},
	{0x80000, 0x80000, "O_CLOEXEC"}, {0x200000, 0x200000, "O_PATH"}, {0x410000, 0x410000, "O_TMPFILE"}, {0x410000, 0x10000, "O_DIRECTORY"},
}

var pathFlags = []flag{
	{exact, 0, "0"}, {0x100, 0x100, "AT_SYMLINK_NOFOLLOW"}, {0x200, 0x200, "AT_REMOVEDIR"}, {0x400, 0x400, "AT_SYMLINK_FOLLOW"},
	{0x800, 0x800, "AT_NO_AUTOMOUNT"}, {0x1000, 0x1000, "AT_EMPTY_PATH"},
}

var fcntlCommands = []flag{
	{exact, 0, "F_DUPFD"}, {exact, 1, "F_GETFD"}, {exact, 2, "F_SETFD"}, {exact, 3, "F_GETFL"}, {exact, 4, "F_SETFL"},
	{exact, 5, "F_GETLK"}, {exact, 6, "F_SETLK"}, {exact, 7, "F_SETLKW"}, {exact, 1030, "F_DUPFD_CLOEXEC"},
	{exact, 1031, "F_SETPIPE_SZ"}, {exact, 1032, "F_GETPIPE_SZ"}, {exact, 1033, "F_ADD_SEALS"}, {exact, 1034, "F_GET_SEALS"},
}

var signals = []flag{
	{exact, 0, "0"}, {exact, 1, "SIGHUP"}, {exact, 2, "SIGINT"}, {exact, 3, "SIGQUIT"}, {exact, 4, "SIGILL"}, {exact, 5, "SIGTRAP"},
	{exact, 6, "SIGABRT"}, {exact, 7, "SIGBUS"}, {exact, 8, "SIGFPE"}, {exact, 9, "SIGKILL"}, {exact, 10, "SIGUSR1"},
	{exact, 11, "SIGSEGV"}, {exact, 12, "SIGUSR2"}, {exact, 13, "SIGPIPE"}, {exact, 14, "SIGALRM"}, {exact, 15, "SIGTERM"},
	{exact, 16, "SIGSTKFLT"}, {exact, 17, "SIGCHLD"}, {exact, 18, "SIGCONT"}, {exact, 19, "SIGSTOP"}, {exact, 20, "SIGTSTP"},
	{exact, 21, "SIGTTIN"}, {exact, 22, "SIGTTOU"}, {exact, 23, "SIGURG"}, {exact, 24, "SIGXCPU"}, {exact, 25, "SIGXFSZ"},
	{exact, 26, "SIGVTALRM"}, {exact, 27, "SIGPROF"}, {exact, 28, "SIGWINCH"}, {exact, 29, "SIGIO"}, {exact, 30, "SIGPWR"}, {exact, 31, "SIGSYS"},
}

var maskHows = []flag{{exact, 0, "SIG_BLOCK"}, {exact, 1, "SIG_UNBLOCK"}, {exact, 2, "SIG_SETMASK"}}

var futexOperations = []flag{
	{exact, 0, "FUTEX_WAIT"}, {exact, 1, "FUTEX_WAKE"}, {exact, 128, "FUTEX_WAIT_PRIVATE"}, {exact, 129, "FUTEX_WAKE_PRIVATE"},
}

var cloneFlags = []flag{
	{0x100, 0x100, "CLONE_VM"}, {0x200, 0x200, "CLONE_FS"}, {0x400, 0x400, "CLONE_FILES"}, {0x800, 0x800, "CLONE_SIGHAND"},
	{0x4000, 0x4000, "CLONE_VFORK"}, {0x10000, 0x10000, "CLONE_THREAD"}, {0x40000, 0x40000, "CLONE_SYSVSEM"}, {0x80000, 0x80000, "CLONE_SETTLS"},
}

var clocks = []flag{
	{exact, 0, "CLOCK_REALTIME"}, {exact, 1, "CLOCK_MONOTONIC"}, {exact, 2, "CLOCK_PROCESS_CPUTIME_ID"}, {exact, 3, "CLOCK_THREAD_CPUTIME_ID"},
	{exact, 4, "CLOCK_MONOTONIC_RAW"}, {exact, 5, "CLOCK_REALTIME_COARSE"}, {exact, 6, "CLOCK_MONOTONIC_COARSE"}, {exact, 7, "CLOCK_BOOTTIME"},
}

var families = []flag{
	{exact, 0, "AF_UNSPEC"}, {exact, 1, "AF_UNIX"}, {exact, 2, "AF_INET"}, {exact, 10, "AF_INET6"}, {exact, 16, "AF_NETLINK"}, {exact, 17, "AF_PACKET"},
}

var socketTypes = []flag{
	{0xf, 1, "SOCK_STREAM"}, {0xf, 2, "SOCK_DGRAM"}, {0xf, 3, "SOCK_RAW"}, {0xf, 5, "SOCK_SEQPACKET"},
	{0x800, 0x800, "SOCK_NONBLOCK"}, {0x80000, 0x80000, "SOCK_CLOEXEC"},
}

var messageFlags = []flag{
	{exact, 0, "0"}, {1, 1, "MSG_OOB"}, {2, 2, "MSG_PEEK"}, {0x20, 0x20, "MSG_TRUNC"}, {0x40, 0x40, "MSG_DONTWAIT"},
	{0x100, 0x100, "MSG_WAITALL"}, {0x4000, 0x4000, "MSG_NOSIGNAL"}, {0x8000, 0x8000, "MSG_MORE"}, {0x40000000, 0x40000000, "MSG_CMSG_CLOEXEC"},
}

var epollOperations = []flag{{exact, 1, "EPOLL_CTL_ADD"}, {exact, 2, "EPOLL_CTL_DEL"}, {exact, 3, "EPOLL_CTL_MOD"}}

// creationFlags are those of calls that make a descriptor: the same bits under
// other names.
var creationFlags = []flag{
	{exact, 0, "0"}, {1, 1, "EFD_SEMAPHORE"}, {0x800, 0x800, "O_NONBLOCK"}, {0x4000, 0x4000, "O_DIRECT"}, {0x80000, 0x80000, "O_CLOEXEC"},
}

var accessModes = []flag{{exact, 0, "F_OK"}, {4, 4, "R_OK"}, {2, 2, "W_OK"}, {1, 1, "X_OK"}}

// flagSet returns the set for a letter of a signature, nil for none.
func flagSet(letter byte) []flag {
	switch letter {
	case 'O':
		return openFlags
	case 'P':
		return protections
	case 'M':
		return mappings
	case 'A':
		return advices
	case 'W':
		return whences
	case 'F':
		return pathFlags
	case 'C':
		return fcntlCommands
	case 'S':
		return signals
	case 'H':
		return maskHows
	case 'X':
		return futexOperations
	case 'L':
		return cloneFlags
	case 'I':
		return clocks
	case 'D':
		return families
	case 'T':
		return socketTypes
	case 'G':
		return messageFlags
	case 'E':
		return epollOperations
	case 'U':
		return creationFlags
	case 'Y':
		return accessModes
	}
	return nil
}

// flags appends the names of the flags in v, a C int, and what has none as a
// number.
func (p *printer) flags(v uint64, set []flag) {
	v = uint64(uint32(v))
	start := len(p.b)
	left := v
	for _, f := range set {
		if f.mask == exact {
			if v == f.value {
				p.text(f.name)
				return
			}
			continue
		}
		if v&f.mask == f.value && (left&f.mask != 0 || f.value == 0) {
			if len(p.b) > start {
				p.text("|")
			}
			p.text(f.name)
			left &^= f.mask
		}
	}
	if left != 0 || len(p.b) == start {
		if len(p.b) > start {
			p.text("|")
		}
		p.hex(left)
	}
}
