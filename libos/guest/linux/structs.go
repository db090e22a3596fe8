package linux

// Timespec is struct timespec: seconds and nanoseconds since the clock's start.
type Timespec struct {
	Sec, Nsec int64
}

// Itimerspec is struct itimerspec.
type Itimerspec struct {
	Interval, Value Timespec
}

// Timeval is struct timeval.
type Timeval struct {
	Sec, Usec int64
}

// Stat is struct stat of x86-64.
type Stat struct {
	Dev, Ino, Nlink  uint64
	Mode, UID, GID   uint32
	_                uint32
	Rdev             uint64
	Size             int64
	Blksize, Blocks  int64 // Blocks counts 512 bytes each
	Atim, Mtim, Ctim Timespec
	_                [3]int64
}

// StatxTimestamp is struct statx_timestamp.
type StatxTimestamp struct {
	Sec  int64
	Nsec uint32
	_    int32
}

// Statx is struct statx.
type Statx struct {
	Mask, Blksize            uint32
	Attributes               uint64
	Nlink, UID, GID          uint32
	Mode                     uint16
	_                        uint16
	Ino, Size, Blocks        uint64
	AttributesMask           uint64
	Atime, Btime             StatxTimestamp
	Ctime, Mtime             StatxTimestamp
	RdevMajor, RdevMinor     uint32
	DevMajor, DevMinor       uint32
	MountID                  uint64
	DioMemAlign, DioOffAlign uint32
	_                        [12]uint64
}

// StatxBasic is the set of Statx fields that struct stat has too.
const StatxBasic = 0x7ff

// Statfs is struct statfs of x86-64.
type Statfs struct {
	Type, Bsize            int64
	Blocks, Bfree, Bavail  uint64
	Files, Ffree           uint64
	Fsid                   [2]int32
	Namelen, Frsize, Flags int64
	_                      [4]int64
}

// Utsname is struct new_utsname; each field ends in a zero.
type Utsname struct {
	Sysname, Nodename, Release, Version, Machine, Domainname [65]byte
}

// Rlimit is struct rlimit64.
type Rlimit struct {
	Cur, Max uint64
}

// Sysinfo is struct sysinfo of x86-64.
type Sysinfo struct {
	Uptime               int64 // seconds
	Loads                [3]uint64
	Totalram, Freeram    uint64 // in units of Unit bytes, as the next four
	Sharedram, Bufferram uint64
	Totalswap, Freeswap  uint64
	Procs                uint16
	_                    [6]byte
	Totalhigh, Freehigh  uint64
	Unit                 uint32
	_                    [4]byte
}

// Rusage is struct rusage; only these are ever filled in.
type Rusage struct {
	Utime, Stime Timeval
	Maxrss       int64 // in KiB
	_            [13]int64
}

// Winsize is struct winsize.
type Winsize struct {
	Row, Col, Xpixel, Ypixel uint16
}

// Termios is the kernel's struct termios.
type Termios struct {
	Iflag, Oflag, Cflag, Lflag uint32
	Line                       uint8
	Cc                         [19]uint8
}
