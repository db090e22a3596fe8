package linux_test

import (
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
	"unibench/libos/guest/linux"
)

// TestSizes compares the structures with those that the standard library and
// x/sys generated from the kernel's headers.
func TestSizes(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want uintptr
	}{
		{"Stat", unsafe.Sizeof(linux.Stat{}), unsafe.Sizeof(syscall.Stat_t{})},
		{"Stat.Mode", unsafe.Offsetof(linux.Stat{}.Mode), unsafe.Offsetof(syscall.Stat_t{}.Mode)},
		{"Stat.Size", unsafe.Offsetof(linux.Stat{}.Size), unsafe.Offsetof(syscall.Stat_t{}.Size)},
		{"Stat.Ctim", unsafe.Offsetof(linux.Stat{}.Ctim), unsafe.Offsetof(syscall.Stat_t{}.Ctim)},
		{"Statx", unsafe.Sizeof(linux.Statx{}), unsafe.Sizeof(unix.Statx_t{})},
		{"Statx.Mode", unsafe.Offsetof(linux.Statx{}.Mode), unsafe.Offsetof(unix.Statx_t{}.Mode)},
		{"Statx.Ctime", unsafe.Offsetof(linux.Statx{}.Ctime), unsafe.Offsetof(unix.Statx_t{}.Ctime)},
		{"Statx.MountID", unsafe.Offsetof(linux.Statx{}.MountID), unsafe.Offsetof(unix.Statx_t{}.Mnt_id)},
		{"Statfs", unsafe.Sizeof(linux.Statfs{}), unsafe.Sizeof(syscall.Statfs_t{})},
		{"Statfs.Namelen", unsafe.Offsetof(linux.Statfs{}.Namelen), unsafe.Offsetof(syscall.Statfs_t{}.Namelen)},
		{"Utsname", unsafe.Sizeof(linux.Utsname{}), unsafe.Sizeof(syscall.Utsname{})},
		{"Rlimit", unsafe.Sizeof(linux.Rlimit{}), unsafe.Sizeof(syscall.Rlimit{})},
		{"Sysinfo", unsafe.Sizeof(linux.Sysinfo{}), unsafe.Sizeof(syscall.Sysinfo_t{})},
		{"Sysinfo.Unit", unsafe.Offsetof(linux.Sysinfo{}.Unit), unsafe.Offsetof(syscall.Sysinfo_t{}.Unit)},
		{"Rusage", unsafe.Sizeof(linux.Rusage{}), unsafe.Sizeof(syscall.Rusage{})},
		{"Itimerspec", unsafe.Sizeof(linux.Itimerspec{}), unsafe.Sizeof(unix.ItimerSpec{})},
		{"Winsize", unsafe.Sizeof(linux.Winsize{}), unsafe.Sizeof(unix.Winsize{})},
		{"Pollfd", unsafe.Sizeof(linux.Pollfd{}), unsafe.Sizeof(unix.PollFd{})},
		{"EpollEvent", unsafe.Sizeof(linux.EpollEvent{}), unsafe.Sizeof(unix.EpollEvent{})},
		{"Ucred", unsafe.Sizeof(linux.Ucred{}), unsafe.Sizeof(unix.Ucred{})},
		{"ZcAddr", unsafe.Sizeof(linux.ZcAddr{}), 24},
		{"ZcBuffer", unsafe.Sizeof(linux.ZcBuffer{}), 56},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", c.name, c.got, c.want)
		}
	}
}

// TestNumbers compares constants of each group with the standard library's.
func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want uint64
	}{
		{"ELOOP", uint64(linux.ELOOP), uint64(syscall.ELOOP)},
		{"ENOTEMPTY", uint64(linux.ENOTEMPTY), uint64(syscall.ENOTEMPTY)},
		{"EOPNOTSUPP", uint64(linux.EOPNOTSUPP), uint64(syscall.EOPNOTSUPP)},
		{"EOVERFLOW", uint64(linux.EOVERFLOW), uint64(syscall.EOVERFLOW)},
		{"ESPIPE", uint64(linux.ESPIPE), uint64(syscall.ESPIPE)},
		{"EMFILE", uint64(linux.EMFILE), uint64(syscall.EMFILE)},
		{"ENAMETOOLONG", uint64(linux.ENAMETOOLONG), uint64(syscall.ENAMETOOLONG)},
		{"OCreat", linux.OCreat, syscall.O_CREAT},
		{"OExcl", linux.OExcl, syscall.O_EXCL},
		{"OTrunc", linux.OTrunc, syscall.O_TRUNC},
		{"OAppend", linux.OAppend, syscall.O_APPEND},
		{"ONonblock", linux.ONonblock, syscall.O_NONBLOCK},
		{"ODirectory", linux.ODirectory, syscall.O_DIRECTORY},
		{"ONofollow", linux.ONofollow, syscall.O_NOFOLLOW},
		{"OCloexec", linux.OCloexec, syscall.O_CLOEXEC},
		{"OSync", linux.OSync, syscall.O_SYNC},
		{"OPath", linux.OPath, unix.O_PATH},
		{"OTmpfile", linux.OTmpfile | linux.ODirectory, unix.O_TMPFILE},
		{"AtEmptyPath", linux.AtEmptyPath, unix.AT_EMPTY_PATH},
		{"AtSymlinkFollow", linux.AtSymlinkFollow, unix.AT_SYMLINK_FOLLOW},
		{"AtRemovedir", linux.AtRemovedir, unix.AT_REMOVEDIR},
		{"AtEaccess", linux.AtEaccess, unix.AT_EACCESS},
		{"RenameExchange", linux.RenameExchange, unix.RENAME_EXCHANGE},
		{"ModeDir", linux.ModeDir, syscall.S_IFDIR},
		{"ModeFifo", linux.ModeFifo, syscall.S_IFIFO},
		{"ModeSymlink", linux.ModeSymlink, syscall.S_IFLNK},
		{"FDupfdCloexec", linux.FDupfdCloexec, syscall.F_DUPFD_CLOEXEC},
		{"FGetpipeSz", linux.FGetpipeSz, unix.F_GETPIPE_SZ},
		{"FSetlkw", linux.FSetlkw, syscall.F_SETLKW},
		{"FOfdSetlkw", linux.FOfdSetlkw, unix.F_OFD_SETLKW},
		{"UtimeNow", linux.UtimeNow, unix.UTIME_NOW},
		{"UtimeOmit", linux.UtimeOmit, unix.UTIME_OMIT},
		{"Tcgets", linux.Tcgets, syscall.TCGETS},
		{"Tiocgwinsz", linux.Tiocgwinsz, syscall.TIOCGWINSZ},
		{"Fionread", linux.Fionread, unix.TIOCINQ},
		{"TmpfsMagic", linux.TmpfsMagic, unix.TMPFS_MAGIC},
		{"RlimitNofile", linux.RlimitNofile, syscall.RLIMIT_NOFILE},
		{"StatxBasic", linux.StatxBasic, unix.STATX_BASIC_STATS},
		{"SysFchmodat2", linux.SysFchmodat2, unix.SYS_FCHMODAT2},
		{"SysFaccessat2", linux.SysFaccessat2, unix.SYS_FACCESSAT2},
		{"SysCloseRange", linux.SysCloseRange, unix.SYS_CLOSE_RANGE},
		{"SysStatx", linux.SysStatx, unix.SYS_STATX},
		{"SysCopyFileRange", linux.SysCopyFileRange, unix.SYS_COPY_FILE_RANGE},
		{"SysGetrandom", linux.SysGetrandom, unix.SYS_GETRANDOM},
		{"SysRenameat2", linux.SysRenameat2, unix.SYS_RENAMEAT2},
		{"SysPipe2", linux.SysPipe2, unix.SYS_PIPE2},
		{"SysGetdents64", linux.SysGetdents64, unix.SYS_GETDENTS64},
		{"SysSocket", linux.SysSocket, unix.SYS_SOCKET},
		{"SysGetsockopt", linux.SysGetsockopt, unix.SYS_GETSOCKOPT},
		{"SysAccept4", linux.SysAccept4, unix.SYS_ACCEPT4},
		{"SysRecvmmsg", linux.SysRecvmmsg, unix.SYS_RECVMMSG},
		{"SysSendmmsg", linux.SysSendmmsg, unix.SYS_SENDMMSG},
		{"SysPselect6", linux.SysPselect6, unix.SYS_PSELECT6},
		{"SysPpoll", linux.SysPpoll, unix.SYS_PPOLL},
		{"SysEpollCtl", linux.SysEpollCtl, unix.SYS_EPOLL_CTL},
		{"SysEpollPwait2", linux.SysEpollPwait2, unix.SYS_EPOLL_PWAIT2},
		{"SysEventfd2", linux.SysEventfd2, unix.SYS_EVENTFD2},
		{"ENOTSOCK", uint64(linux.ENOTSOCK), uint64(syscall.ENOTSOCK)},
		{"EINPROGRESS", uint64(linux.EINPROGRESS), uint64(syscall.EINPROGRESS)},
		{"ETOOMANYREFS", uint64(linux.ETOOMANYREFS), uint64(syscall.ETOOMANYREFS)},
		{"EDOM", uint64(linux.EDOM), uint64(syscall.EDOM)},
		{"MsgWaitforone", linux.MsgWaitforone, unix.MSG_WAITFORONE},
		{"MsgCmsgCloexec", linux.MsgCmsgCloexec, unix.MSG_CMSG_CLOEXEC},
		{"MsgNosignal", linux.MsgNosignal, unix.MSG_NOSIGNAL},
		{"MsgFastopen", linux.MsgFastopen, unix.MSG_FASTOPEN},
		{"SoPasscred", linux.SoPasscred, unix.SO_PASSCRED},
		{"SoRcvtimeo", linux.SoRcvtimeo, unix.SO_RCVTIMEO},
		{"SoPeername", linux.SoPeername, unix.SO_PEERNAME},
		{"IPPktinfo", linux.IPPktinfo, unix.IP_PKTINFO},
		{"IPv6Recvhoplimit", linux.IPv6Recvhoplimit, unix.IPV6_RECVHOPLIMIT},
		{"SockaddrUn", linux.SockaddrUn, unix.SizeofSockaddrUnix},
		{"SockaddrIn6", linux.SockaddrIn6, unix.SizeofSockaddrInet6},
		{"SockaddrNl", linux.SockaddrNl, unix.SizeofSockaddrNetlink},
		{"SockaddrLl", linux.SockaddrLl, unix.SizeofSockaddrLinklayer},
		{"Siocgifconf", linux.Siocgifconf, unix.SIOCGIFCONF},
		{"Siocgifhwaddr", linux.Siocgifhwaddr, unix.SIOCGIFHWADDR},
		{"Siocgifindex", linux.Siocgifindex, unix.SIOCGIFINDEX},
		{"Tiocoutq", linux.Tiocoutq, unix.TIOCOUTQ},
		{"PollRdhup", linux.PollRdhup, unix.POLLRDHUP},
		{"EpollOneshot", linux.EpollOneshot, unix.EPOLLONESHOT},
		{"EpollEt", linux.EpollEt, unix.EPOLLET},
		{"IflaOperstate", linux.IflaOperstate, unix.IFLA_OPERSTATE},
		{"IfaFlags", linux.IfaFlags, unix.IFA_FLAGS},
		{"RtaTable", linux.RtaTable, unix.RTA_TABLE},
		{"RtmGetroute", linux.RtmGetroute, unix.RTM_GETROUTE},
		{"SolNetlink", linux.SolNetlink, unix.SOL_NETLINK},
		{"ArphrdLoopback", linux.ArphrdLoopback, unix.ARPHRD_LOOPBACK},
	} {
		if c.got != c.want {
			t.Errorf("%s = %#x, want %#x", c.name, c.got, c.want)
		}
	}
}
