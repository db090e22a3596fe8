package netstack

import (
	"encoding/binary"
	"math"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// setSocket sets an option of SolSocket.
func (s *Socket) setSocket(name, v int, b []byte) linux.Errno {
	o := s.ep.SocketOptions()
	on := v != 0
	switch name {
	case linux.SoReuseaddr:
		o.SetReuseAddress(on)
	case linux.SoReuseport:
		o.SetReusePort(on)
	case linux.SoBroadcast:
		o.SetBroadcast(on)
	case linux.SoKeepalive:
		o.SetKeepAlive(on)
	case linux.SoNoCheck:
		o.SetNoChecksum(on)
	case linux.SoSndbuf, linux.SoSndbufforce:
		low, high := o.SendBufferLimits()
		o.SetSendBufferSize(bufferSize(v, low, high), true)
	case linux.SoRcvbuf, linux.SoRcvbufforce:
		low, high := o.ReceiveBufferLimits()
		o.SetReceiveBufferSize(bufferSize(v, low, high), true)
	case linux.SoLinger:
		seconds, ok := integer(b[min(4, len(b)):])
		if !ok {
			return linux.EINVAL
		}
		o.SetLinger(tcpip.LingerOption{Enabled: on, Timeout: time.Duration(seconds) * time.Second})
	case linux.SoMark:
		o.SetMark(uint32(v))
	case linux.SoBindtoifidx:
		return errno(o.SetBindToDevice(int32(v)))
	case linux.SoRcvlowat:
		return errno(o.SetRcvlowat(int32(v)))
	case linux.SoOobinline, linux.SoPriority, linux.SoDontroute, linux.SoBusyPoll, linux.SoTimestamp, linux.SoTimestampns:
		// Taken, without an effect: urgent data always is in line, there are no
		// queues to choose from, and the socket layer stamps.
	default:
		return linux.ENOPROTOOPT
	}
	return 0
}

// socketOption gets an option of SolSocket that is an int.
func (s *Socket) socketOption(name int) (int, linux.Errno) {
	o := s.ep.SocketOptions()
	switch name {
	case linux.SoReuseaddr:
		return number(o.GetReuseAddress()), 0
	case linux.SoReuseport:
		return number(o.GetReusePort()), 0
	case linux.SoBroadcast:
		return number(o.GetBroadcast()), 0
	case linux.SoKeepalive:
		return number(o.GetKeepAlive()), 0
	case linux.SoNoCheck:
		return number(o.GetNoChecksum()), 0
	case linux.SoSndbuf:
		return int(o.GetSendBufferSize()), 0
	case linux.SoRcvbuf:
		return int(o.GetReceiveBufferSize()), 0
	case linux.SoMark:
		return int(o.GetMark()), 0
	case linux.SoBindtoifidx:
		return int(o.GetBindToDevice()), 0
	case linux.SoRcvlowat, linux.SoSndlowat, linux.SoOobinline:
		return 1, 0
	case linux.SoPriority, linux.SoDontroute, linux.SoBusyPoll, linux.SoTimestamp, linux.SoTimestampns:
		return 0, 0
	case linux.SoType:
		return s.kind, 0
	case linux.SoDomain:
		return s.family, 0
	case linux.SoProtocol:
		return s.protocol, 0
	case linux.SoAcceptconn:
		return number(s.kind == inet.Stream && tcp.EndpointState(s.ep.State()) == tcp.StateListen), 0
	case linux.SoError:
		err := s.ep.LastError()
		if err == nil {
			return 0, 0
		}
		_ = s.ep.LastError() // gVisor keeps what ended a connection twice
		return int(s.failure(err)), 0
	}
	return 0, linux.ENOPROTOOPT
}

// bufferSize is what Linux makes of the size that a program asks for: twice as
// much, for what the kernel needs itself, which is gVisor's view of a buffer, too.
func bufferSize(v int, low, high int64) int64 {
	size := min(int64(max(v, 0)), high)
	return max(min(2*size, math.MaxInt32), low)
}

// linger gets SO_LINGER: on, and seconds.
func (s *Socket) linger(b []byte) (int, linux.Errno) {
	l := s.ep.SocketOptions().GetLinger()
	var v [8]byte
	binary.LittleEndian.PutUint32(v[:], uint32(number(l.Enabled)))
	binary.LittleEndian.PutUint32(v[4:], uint32(l.Timeout/time.Second))
	return copy(b, v[:]), 0
}

// bindToDevice sets SO_BINDTODEVICE, the name of an interface.
func (s *Socket) bindToDevice(b []byte) linux.Errno {
	name := cString(b)
	var id tcpip.NICID
	if name != "" {
		for _, i := range s.stack.Interfaces() {
			if i.Name == name {
				id = tcpip.NICID(i.Index)
			}
		}
		if id == 0 {
			return linux.ENODEV
		}
	}
	return errno(s.ep.SocketOptions().SetBindToDevice(int32(id)))
}

// device gets SO_BINDTODEVICE.
func (s *Socket) device(b []byte) (int, linux.Errno) {
	id := s.ep.SocketOptions().GetBindToDevice()
	if id == 0 {
		return 0, 0
	}
	return copy(b, s.stack.net.FindNICNameFromID(tcpip.NICID(id))+"\x00"), 0
}

// cString is the text before the first zero.
func cString(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}
