package linux

// Address families of socket(2).
const (
	AfUnspec  = 0
	AfUnix    = 1
	AfInet    = 2
	AfInet6   = 10
	AfNetlink = 16
	AfPacket  = 17
	AfMax     = 46
)

// Types of sockets, and the flags beside them.
const (
	SockStream    = 1
	SockDgram     = 2
	SockRaw       = 3
	SockSeqpacket = 5
	SockMax       = 11
	SockTypeMask  = 0xf
	SockNonblock  = ONonblock
	SockCloexec   = OCloexec
)

// Protocols.
const (
	IPProtoICMP  = 1
	IPProtoMPTCP = 262
	IPProtoMax   = 263
	NetlinkRoute = 0
	NetlinkMax   = 32
)

// Flags of send(2) and recv(2).
const (
	MsgOOB         = 0x1
	MsgPeek        = 0x2
	MsgCtrunc      = 0x8
	MsgTrunc       = 0x20
	MsgDontwait    = 0x40
	MsgEor         = 0x80
	MsgWaitall     = 0x100
	MsgErrqueue    = 0x2000
	MsgNosignal    = 0x4000
	MsgMore        = 0x8000
	MsgWaitforone  = 0x10000
	MsgFastopen    = 0x20000000
	MsgCmsgCloexec = 0x40000000
)

// Sizes of addresses, in bytes.
const (
	SockaddrStorage = 128 // the longest
	SockaddrIn      = 16
	SockaddrIn6     = 28
	SockaddrIn6Old  = 24  // without sin6_scope_id (RFC 2133)
	SockaddrUn      = 110 // with a path that fills sun_path
	SockaddrUnPath  = 2   // where sun_path begins
	SockaddrNl      = 12
	SockaddrLl      = 20
)

// Limits of sockets.
const (
	SomaxConn     = 4096   // /proc/sys/net/core/somaxconn
	BufDefault    = 212992 // SO_SNDBUF and SO_RCVBUF at the start, and half of their most
	SndbufMin     = 4608
	RcvbufMin     = 2304
	UnixDgramQlen = 10 // /proc/sys/net/unix/max_dgram_qlen
)

// Options of SolSocket that are the socket layer's own.
const (
	SoPasscred = 16
	SoPeercred = 17
	SoRcvtimeo = 20
	SoSndtimeo = 21
	SoPeername = 28
)

// Control messages of SolSocket (unix(7)).
const (
	CmsgHeader     = 16 // bytes of struct cmsghdr
	ScmRights      = 1
	ScmCredentials = 2
	ScmMaxFd       = 253
)

// Requests of ioctl(2) on sockets (netdevice(7)).
const (
	Tiocoutq       = 0x5411
	Siocgifname    = 0x8910
	Siocgifconf    = 0x8912
	Siocgifflags   = 0x8913
	Siocgifaddr    = 0x8915
	Siocgifbrdaddr = 0x8919
	Siocgifnetmask = 0x891b
	Siocgifmtu     = 0x8921
	Siocgifhwaddr  = 0x8927
	Siocgifindex   = 0x8933
	Siocgiftxqlen  = 0x8942
	IfreqBytes     = 40
	IfNameSize     = 16
)

// Sigpipe is the signal of a write that nobody will read.
const Sigpipe = 13

// Ucred is struct ucred.
type Ucred struct {
	PID      int32
	UID, GID uint32
}
