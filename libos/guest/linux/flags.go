package linux

// Limits of names and paths (include/uapi/linux/limits.h), in bytes. PathMax
// counts the final zero.
const (
	NameMax = 255
	PathMax = 4096
	IovMax  = 1024
	// MaxReadWrite is the most that one read or write moves.
	MaxReadWrite = 0x7ffff000
	// MaxSymlinks is how many symbolic links one path may lead through.
	MaxSymlinks = 40
)

// Flags of open(2).
const (
	ORdonly    = 0
	OWronly    = 0x1
	ORdwr      = 0x2
	OAccmode   = 0x3
	OCreat     = 0x40
	OExcl      = 0x80
	ONoctty    = 0x100
	OTrunc     = 0x200
	OAppend    = 0x400
	ONonblock  = 0x800
	ODsync     = 0x1000
	OAsync     = 0x2000
	ODirect    = 0x4000
	OLargefile = 0x8000
	ODirectory = 0x10000
	ONofollow  = 0x20000
	ONoatime   = 0x40000
	OCloexec   = 0x80000
	OSync      = 0x101000
	OPath      = 0x200000
	OTmpfile   = 0x400000 // always beside ODirectory
)

// Flags of the calls whose names end in "at".
const (
	AtFdcwd           = -100
	AtSymlinkNofollow = 0x100
	AtEaccess         = 0x200
	AtRemovedir       = 0x200
	AtSymlinkFollow   = 0x400
	AtNoAutomount     = 0x800
	AtEmptyPath       = 0x1000
	AtStatxSyncType   = 0x6000
)

// Flags of renameat2(2).
const (
	RenameNoreplace = 1
	RenameExchange  = 2
)

// File types and permission bits of st_mode.
const (
	ModeType    = 0xf000
	ModeSocket  = 0xc000
	ModeSymlink = 0xa000
	ModeRegular = 0x8000
	ModeBlock   = 0x6000
	ModeDir     = 0x4000
	ModeChar    = 0x2000
	ModeFifo    = 0x1000

	ModeSetuid = 0o4000
	ModeSetgid = 0o2000
	ModeSticky = 0o1000
	ModePerm   = 0o7777
)

// Whence of lseek(2).
const (
	SeekSet  = 0
	SeekCur  = 1
	SeekEnd  = 2
	SeekData = 3
	SeekHole = 4
)

// Commands of fcntl(2) and its descriptor flag.
const (
	FDupfd        = 0
	FGetfd        = 1
	FSetfd        = 2
	FGetfl        = 3
	FSetfl        = 4
	FGetlk        = 5
	FSetlk        = 6
	FSetlkw       = 7
	FOfdGetlk     = 36
	FOfdSetlk     = 37
	FOfdSetlkw    = 38
	FDupfdCloexec = 1030
	FSetpipeSz    = 1031
	FGetpipeSz    = 1032
	FAddSeals     = 1033
	FGetSeals     = 1034
	FdCloexec     = 1
	FUnlck        = 2
)

// Special values of tv_nsec in utimensat(2).
const (
	UtimeNow  = 1<<30 - 1
	UtimeOmit = 1<<30 - 2
)

// Bits of access(2).
const (
	XOk = 1
	WOk = 2
	ROk = 4
)

// Protection and flags of mmap(2).
const (
	ProtNone          = 0
	ProtRead          = 1
	ProtWrite         = 2
	ProtExec          = 4
	MapShared         = 1
	MapPrivate        = 2
	MapSharedValidate = 3
	MapTypeMask       = 0xf
	MapFixed          = 0x10
	MapAnonymous      = 0x20
	MapNoreserve      = 0x4000
	MapSync           = 0x80000
)

// Clocks of clock_gettime(2).
const (
	ClockRealtime        = 0
	ClockMonotonic       = 1
	ClockProcessCPU      = 2
	ClockThreadCPU       = 3
	ClockMonotonicRaw    = 4
	ClockRealtimeCoarse  = 5
	ClockMonotonicCoarse = 6
	ClockBoottime        = 7
	ClockRealtimeAlarm   = 8
	ClockBoottimeAlarm   = 9
	ClockTAI             = 11
	TimerAbstime         = 1
)

// Resources of getrlimit(2) and the value for "no limit".
const (
	RlimitCore   = 4
	RlimitNofile = 7
	RlimitCount  = 16
	RlimInfinity = ^uint64(0)
)

// Requests of ioctl(2) that terminals answer.
const (
	Tcgets     = 0x5401
	Tiocgwinsz = 0x5413
	Fionread   = 0x541b
	Fionbio    = 0x5421
	Fionclex   = 0x5450
	Fioclex    = 0x5451
)

// TmpfsMagic is f_type of a file system in memory.
const TmpfsMagic = 0x01021994
