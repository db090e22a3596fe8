package systrace

// A signature has a letter for each argument of a call:
//
//	d  int                            u  unsigned, size
//	x  hexadecimal                    p  pointer
//	f  descriptor                     a  folder of a path (AT_FDCWD)
//	s  path                           b  data to the call, length in the next
//	m  mode, octal                    r  data from the call, length its result
//	-  none: a call without arguments
//	v  struct iovec to the call, count in the next
//	V  the same from the call
//	t  struct timespec                k  socket address, length in the next
//	q  two descriptors from the call  K  the same from the call, its length behind
//	                                     the next, a pointer
//
// and a capital letter for each set of names in flags.go:
//
//	O  flags of open, and its mode if there is one (takes the next argument)
//	P  protection                     M  flags of mmap
//	A  madvise                        W  whence
//	F  flags of paths (AT_...)        C  command of fcntl
//	S  signal                         H  how of sigprocmask
//	X  operation of futex             L  flags of clone
//	I  clock                          D  socket family
//	T  socket type                    G  flags of messages
//	E  operation of epoll_ctl         U  flags of pipe2 and the like
//	Y  mode of access
var signatures = [...]string{
	0:   "fru",    // read
	1:   "fbu",    // write
	2:   "sO",     // open
	3:   "f",      // close
	4:   "sp",     // stat
	5:   "fp",     // fstat
	6:   "sp",     // lstat
	7:   "pud",    // poll
	8:   "fdW",    // lseek
	9:   "puPMfx", // mmap
	10:  "puP",    // mprotect
	11:  "pu",     // munmap
	12:  "p",      // brk
	13:  "Sppu",   // rt_sigaction
	14:  "Hppu",   // rt_sigprocmask
	15:  "-",      // rt_sigreturn
	16:  "fxx",    // ioctl
	17:  "frud",   // pread64
	18:  "fbud",   // pwrite64
	19:  "fVu",    // readv
	20:  "fvu",    // writev
	21:  "sY",     // access
	22:  "q",      // pipe
	23:  "dpppp",  // select
	24:  "-",      // sched_yield
	27:  "pup",    // mincore
	28:  "puA",    // madvise
	32:  "f",      // dup
	33:  "ff",     // dup2
	35:  "tp",     // nanosleep
	38:  "dpp",    // setitimer
	39:  "-",      // getpid
	40:  "ffpu",   // sendfile
	41:  "DTd",    // socket
	42:  "fku",    // connect
	43:  "fKp",    // accept
	44:  "fbuGku", // sendto
	45:  "fruGKp", // recvfrom
	46:  "fpG",    // sendmsg
	47:  "fpG",    // recvmsg
	48:  "fd",     // shutdown
	49:  "fku",    // bind
	50:  "fd",     // listen
	51:  "fKp",    // getsockname
	52:  "fKp",    // getpeername
	53:  "DTdq",   // socketpair
	54:  "fddpu",  // setsockopt
	55:  "fddpp",  // getsockopt
	56:  "Lpppp",  // clone
	60:  "d",      // exit
	62:  "dS",     // kill
	63:  "p",      // uname
	72:  "fCx",    // fcntl
	73:  "fd",     // flock
	74:  "f",      // fsync
	75:  "f",      // fdatasync
	76:  "sd",     // truncate
	77:  "fd",     // ftruncate
	79:  "su",     // getcwd
	80:  "s",      // chdir
	81:  "f",      // fchdir
	82:  "ss",     // rename
	83:  "sm",     // mkdir
	84:  "s",      // rmdir
	85:  "sm",     // creat
	86:  "ss",     // link
	87:  "s",      // unlink
	88:  "ss",     // symlink
	89:  "sru",    // readlink
	90:  "sm",     // chmod
	91:  "fm",     // fchmod
	92:  "sdd",    // chown
	93:  "fdd",    // fchown
	94:  "sdd",    // lchown
	95:  "m",      // umask
	96:  "pp",     // gettimeofday
	97:  "dp",     // getrlimit
	98:  "dp",     // getrusage
	99:  "p",      // sysinfo
	102: "-",      // getuid
	104: "-",      // getgid
	107: "-",      // geteuid
	108: "-",      // getegid
	110: "-",      // getppid
	131: "pp",     // sigaltstack
	137: "sp",     // statfs
	138: "fp",     // fstatfs
	157: "dxxxx",  // prctl
	158: "xp",     // arch_prctl
	160: "dp",     // setrlimit
	162: "-",      // sync
	186: "-",      // gettid
	202: "pXut",   // futex
	203: "dup",    // sched_setaffinity
	204: "dup",    // sched_getaffinity
	217: "fpu",    // getdents64
	222: "Ipp",    // timer_create
	223: "dxpp",   // timer_settime
	226: "d",      // timer_delete
	228: "Ip",     // clock_gettime
	229: "Ip",     // clock_getres
	230: "Idtp",   // clock_nanosleep
	231: "d",      // exit_group
	232: "fpdd",   // epoll_wait
	233: "fEfp",   // epoll_ctl
	234: "ddS",    // tgkill
	257: "asO",    // openat
	258: "asm",    // mkdirat
	260: "asddF",  // fchownat
	262: "aspF",   // newfstatat
	263: "asF",    // unlinkat
	264: "asas",   // renameat
	265: "asasF",  // linkat
	266: "sas",    // symlinkat
	267: "asru",   // readlinkat
	268: "asm",    // fchmodat
	269: "asY",    // faccessat
	270: "dppptp", // pselect6
	271: "putpu",  // ppoll
	275: "fpfpux", // splice
	280: "aspF",   // utimensat
	281: "fpddpu", // epoll_pwait
	283: "IU",     // timerfd_create
	285: "fxdd",   // fallocate
	286: "fxpp",   // timerfd_settime
	287: "fp",     // timerfd_gettime
	288: "fKpU",   // accept4
	290: "uU",     // eventfd2
	291: "U",      // epoll_create1
	292: "ffU",    // dup3
	293: "qU",     // pipe2
	295: "fVudd",  // preadv
	296: "fvudd",  // pwritev
	299: "fpuGt",  // recvmmsg
	302: "ddpp",   // prlimit64
	306: "f",      // syncfs
	307: "fpuG",   // sendmmsg
	316: "asasx",  // renameat2
	318: "rux",    // getrandom
	326: "fpfpux", // copy_file_range
	332: "asFxp",  // statx
	436: "ffx",    // close_range
	439: "asYF",   // faccessat2
	452: "asmF",   // fchmodat2
}

// signature returns the letters of a call, if it has some.
func signature(number uint64) (letters string, ok bool) {
	if number >= uint64(len(signatures)) || signatures[number] == "" {
		return "", false
	}
	return signatures[number], true
}

// resultIsAddress reports whether a call returns an address.
func resultIsAddress(number uint64) bool {
	const mmap, brk, mremap = 9, 12, 25
	return number == mmap || number == brk || number == mremap
}
