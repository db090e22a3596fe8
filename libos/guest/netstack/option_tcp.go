package netstack

import (
	"encoding/binary"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"unibench/libos/guest/linux"
)

// setTCP sets an option of SolTCP that is an int.
func (s *Socket) setTCP(name, v int) linux.Errno {
	o := s.ep.SocketOptions()
	switch name {
	case linux.TCPNodelay:
		o.SetDelayOption(v == 0)
	case linux.TCPCork:
		switch {
		case v == 0:
			s.uncork(corkOption)
		case s.cork.Or(corkOption) == 0:
			o.SetCorkOption(true)
		}
	case linux.TCPQuickack:
		o.SetQuickAck(v != 0)
	case linux.TCPMaxseg:
		return errno(s.ep.SetSockOptInt(tcpip.MaxSegOption, v))
	case linux.TCPKeepidle, linux.TCPKeepintvl:
		if v < 1 || v > 32767 {
			return linux.EINVAL
		}
		idle := tcpip.KeepaliveIdleOption(time.Duration(v) * time.Second)
		interval := tcpip.KeepaliveIntervalOption(idle)
		if name == linux.TCPKeepidle {
			return errno(s.ep.SetSockOpt(&idle))
		}
		return errno(s.ep.SetSockOpt(&interval))
	case linux.TCPKeepcnt:
		if v < 1 || v > 127 {
			return linux.EINVAL
		}
		return errno(s.ep.SetSockOptInt(tcpip.KeepaliveCountOption, v))
	case linux.TCPSyncnt:
		return errno(s.ep.SetSockOptInt(tcpip.TCPSynCountOption, v))
	case linux.TCPWindowClamp:
		return errno(s.ep.SetSockOptInt(tcpip.TCPWindowClampOption, v))
	case linux.TCPUserTimeout:
		if v < 0 {
			return linux.EINVAL
		}
		t := tcpip.TCPUserTimeoutOption(time.Duration(v) * time.Millisecond)
		return errno(s.ep.SetSockOpt(&t))
	case linux.TCPLinger2:
		t := tcpip.TCPLingerTimeoutOption(time.Duration(v) * time.Second)
		return errno(s.ep.SetSockOpt(&t))
	case linux.TCPDeferAccept:
		t := tcpip.TCPDeferAcceptOption(time.Duration(max(v, 0)) * time.Second)
		return errno(s.ep.SetSockOpt(&t))
	case linux.TCPNotsentLow, linux.TCPInq:
		// Hints, taken without an effect.
	default:
		return linux.ENOPROTOOPT
	}
	return 0
}

// tcpOption gets an option of SolTCP that is an int.
func (s *Socket) tcpOption(name int) (int, linux.Errno) {
	o := s.ep.SocketOptions()
	var option tcpip.SockOptInt
	switch name {
	case linux.TCPNodelay:
		return number(!o.GetDelayOption()), 0
	case linux.TCPCork:
		return number(s.cork.Load()&corkOption != 0), 0
	case linux.TCPQuickack:
		return number(o.GetQuickAck()), 0
	case linux.TCPKeepidle:
		var t tcpip.KeepaliveIdleOption
		err := s.ep.GetSockOpt(&t)
		return int(time.Duration(t) / time.Second), errno(err)
	case linux.TCPKeepintvl:
		var t tcpip.KeepaliveIntervalOption
		err := s.ep.GetSockOpt(&t)
		return int(time.Duration(t) / time.Second), errno(err)
	case linux.TCPUserTimeout:
		var t tcpip.TCPUserTimeoutOption
		err := s.ep.GetSockOpt(&t)
		return int(time.Duration(t) / time.Millisecond), errno(err)
	case linux.TCPLinger2:
		var t tcpip.TCPLingerTimeoutOption
		err := s.ep.GetSockOpt(&t)
		return int(time.Duration(t) / time.Second), errno(err)
	case linux.TCPDeferAccept:
		var t tcpip.TCPDeferAcceptOption
		err := s.ep.GetSockOpt(&t)
		return int(time.Duration(t) / time.Second), errno(err)
	case linux.TCPMaxseg:
		option = tcpip.MaxSegOption
	case linux.TCPKeepcnt:
		option = tcpip.KeepaliveCountOption
	case linux.TCPSyncnt:
		option = tcpip.TCPSynCountOption
	case linux.TCPWindowClamp:
		option = tcpip.TCPWindowClampOption
	default:
		return 0, linux.ENOPROTOOPT
	}
	v, err := s.ep.GetSockOptInt(option)
	return v, errno(err)
}

// setCongestion sets TCP_CONGESTION, the name of an algorithm.
func (s *Socket) setCongestion(b []byte) linux.Errno {
	name := tcpip.CongestionControlOption(cString(b))
	return errno(s.ep.SetSockOpt(&name))
}

// congestion gets TCP_CONGESTION: 16 bytes.
func (s *Socket) congestion(b []byte) (int, linux.Errno) {
	var name tcpip.CongestionControlOption
	if err := s.ep.GetSockOpt(&name); err != nil {
		return 0, errno(err)
	}
	var v [16]byte
	copy(v[:], name)
	return copy(b, v[:]), 0
}

// Offsets in struct tcp_info (include/uapi/linux/tcp.h), and the length of the
// part that is filled in. Times are in microseconds, sizes in bytes.
const (
	infoState    = 0
	infoCAState  = 1
	infoRTO      = 8
	infoSndMSS   = 16
	infoRcvMSS   = 20
	infoPMTU     = 60
	infoRTT      = 68
	infoRTTVar   = 72
	infoSsthresh = 76
	infoCwnd     = 80
	infoAdvMSS   = 84
	infoReorder  = 88
	infoLen      = 104
)

// tcpInfo gets TCP_INFO.
func (s *Socket) tcpInfo(b []byte) (int, linux.Errno) {
	var info tcpip.TCPInfoOption
	if err := s.ep.GetSockOpt(&info); err != nil {
		return 0, errno(err)
	}
	var v [infoLen]byte
	// gVisor's states of a connection are numbered as Linux's.
	v[infoState] = byte(info.State)
	v[infoCAState] = map[tcpip.CongestionControlState]byte{
		tcpip.Open: 0, tcpip.Disorder: 1, tcpip.FastRecovery: 3, tcpip.SACKRecovery: 3, tcpip.RTORecovery: 4,
	}[info.CcState]
	put := func(offset int, n uint32) { binary.LittleEndian.PutUint32(v[offset:], n) }
	put(infoRTO, uint32(info.RTO/time.Microsecond))
	put(infoRTT, uint32(info.RTT/time.Microsecond))
	put(infoRTTVar, uint32(info.RTTVar/time.Microsecond))
	put(infoSsthresh, info.SndSsthresh)
	put(infoCwnd, info.SndCwnd)
	put(infoReorder, 3)
	if mss, err := s.ep.GetSockOptInt(tcpip.MaxSegOption); err == nil {
		put(infoSndMSS, uint32(mss))
		put(infoRcvMSS, uint32(mss))
		put(infoAdvMSS, uint32(mss))
	}
	put(infoPMTU, s.pathMTU())
	if tcp.EndpointState(s.ep.State()) == tcp.StateError {
		v[infoState] = byte(tcp.StateClose)
	}
	return copy(b, v[:]), 0
}
