package linux

// Levels of getsockopt(2).
const (
	SolIP     = 0
	SolSocket = 1
	SolTCP    = 6
	SolUDP    = 17
	SolIPv6   = 41
	SolICMPv6 = 58
	SolRaw    = 255
	SolPacket = 263
)

// Options of SolSocket (include/uapi/asm-generic/socket.h).
const (
	SoReuseaddr    = 2
	SoType         = 3
	SoError        = 4
	SoDontroute    = 5
	SoBroadcast    = 6
	SoSndbuf       = 7
	SoRcvbuf       = 8
	SoKeepalive    = 9
	SoOobinline    = 10
	SoNoCheck      = 11
	SoPriority     = 12
	SoLinger       = 13
	SoReuseport    = 15
	SoRcvlowat     = 18
	SoSndlowat     = 19
	SoBindtodevice = 25
	SoTimestamp    = 29
	SoAcceptconn   = 30
	SoSndbufforce  = 32
	SoRcvbufforce  = 33
	SoTimestampns  = 35
	SoMark         = 36
	SoProtocol     = 38
	SoDomain       = 39
	SoBusyPoll     = 46
	SoIncomingCPU  = 49
	SoBindtoifidx  = 62
)

// Options of SolIP (include/uapi/linux/in.h).
const (
	IPTos              = 1
	IPTTL              = 2
	IPHdrincl          = 3
	IPPktinfo          = 8
	IPMtuDiscover      = 10
	IPRecverr          = 11
	IPRecvttl          = 12
	IPRecvtos          = 13
	IPMtu              = 14
	IPFreebind         = 15
	IPBindAddressNoPrt = 24
	IPMulticastIf      = 32
	IPMulticastTTL     = 33
	IPMulticastLoop    = 34
	IPAddMembership    = 35
	IPDropMembership   = 36
	IPMulticastAll     = 49
)

// Options of SolIP and SolIPv6 that take a sockaddr_storage (RFC 3678).
const (
	McastJoinGroup  = 42
	McastLeaveGroup = 45
)

// Options of SolIPv6 (include/uapi/linux/in6.h).
const (
	IPv6Checksum       = 7
	IPv6UnicastHops    = 16
	IPv6MulticastIf    = 17
	IPv6MulticastHops  = 18
	IPv6MulticastLoop  = 19
	IPv6AddMembership  = 20
	IPv6DropMembership = 21
	IPv6MtuDiscover    = 23
	IPv6Mtu            = 24
	IPv6Recverr        = 25
	IPv6V6only         = 26
	IPv6Recvpktinfo    = 49
	IPv6Pktinfo        = 50
	IPv6Recvhoplimit   = 51
	IPv6Hoplimit       = 52
	IPv6Recvtclass     = 66
	IPv6Tclass         = 67
)

// Options of SolTCP (include/uapi/linux/tcp.h).
const (
	TCPNodelay     = 1
	TCPMaxseg      = 2
	TCPCork        = 3
	TCPKeepidle    = 4
	TCPKeepintvl   = 5
	TCPKeepcnt     = 6
	TCPSyncnt      = 7
	TCPLinger2     = 8
	TCPDeferAccept = 9
	TCPWindowClamp = 10
	TCPInfo        = 11
	TCPQuickack    = 12
	TCPCongestion  = 13
	TCPUserTimeout = 18
	TCPFastopen    = 23
	TCPNotsentLow  = 25
	TCPInq         = 36
)

// Options of SolICMPv6 and SolRaw, each the only one of its level.
const (
	ICMPv6Filter = 1
	ICMPFilter   = 1
)
