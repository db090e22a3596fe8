package netstack

import (
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// Socket is an endpoint. It is an inet.Socket and an inet.ZeroCopy.
type Socket struct {
	stack    *Stack
	ep       tcpip.Endpoint
	queue    *waiter.Queue
	entry    waiter.Entry
	notify   func(events uint32) // set once by SetNotify
	family   int
	kind     int
	protocol int // IPPROTO_TCP, ...; of a packet socket the Ethernet type

	shut    atomic.Uint32 // inet.ShutRead, inet.ShutWrite: what Shutdown was called with
	fetched atomic.Bool   // the error that ended the connection has been told
	cork    atomic.Uint32 // corkOption, corkMore
	tuned   atomic.Bool   // a listener whose options connections inherit

	reading reading
}

var (
	_ inet.Stack    = (*Stack)(nil)
	_ inet.Socket   = (*Socket)(nil)
	_ inet.ZeroCopy = (*Socket)(nil)
)

// Socket implements inet.Stack.
func (s *Stack) Socket(family, kind, protocol int) (inet.Socket, linux.Errno) {
	k := &Socket{stack: s, family: family, kind: kind, protocol: protocol, queue: new(waiter.Queue)}
	var err tcpip.Error
	switch family {
	case inet.Family4, inet.Family6:
		n := ipv4.ProtocolNumber
		ping, pingProtocol := int(header.ICMPv4ProtocolNumber), icmp.ProtocolNumber4
		if family == inet.Family6 {
			n, ping, pingProtocol = ipv6.ProtocolNumber, int(header.ICMPv6ProtocolNumber), icmp.ProtocolNumber6
		}
		switch {
		case kind == inet.Stream && (protocol == 0 || protocol == int(header.TCPProtocolNumber)):
			k.protocol = int(header.TCPProtocolNumber)
			k.ep, err = s.net.NewEndpoint(tcp.ProtocolNumber, n, k.queue)
		case kind == inet.Datagram && (protocol == 0 || protocol == int(header.UDPProtocolNumber)):
			k.protocol = int(header.UDPProtocolNumber)
			k.ep, err = s.net.NewEndpoint(udp.ProtocolNumber, n, k.queue)
		case kind == inet.Datagram && protocol == ping:
			k.ep, err = s.net.NewEndpoint(pingProtocol, n, k.queue)
		case kind == inet.Raw && protocol > 0 && protocol < 256:
			associated := protocol != 255 // IPPROTO_RAW sends only, with headers of the program's
			k.ep, err = s.net.NewRawEndpoint(tcpip.TransportProtocolNumber(protocol), n, k.queue, associated)
		case kind == inet.Stream || kind == inet.Datagram || kind == inet.Raw:
			return nil, linux.EPROTONOSUPPORT
		default:
			return nil, linux.ESOCKTNOSUPPORT
		}
	case inet.FamilyPacket:
		if kind != inet.Datagram && kind != inet.Raw {
			return nil, linux.ESOCKTNOSUPPORT
		}
		k.ep, err = s.net.NewPacketEndpoint(kind == inet.Datagram, tcpip.NetworkProtocolNumber(protocol), k.queue)
		if err == nil {
			s.tap.sockets.Add(1)
		}
	default:
		return nil, linux.EAFNOSUPPORT
	}
	if _, ok := err.(*tcpip.ErrUnknownProtocol); ok {
		return nil, linux.EPROTONOSUPPORT
	}
	if err != nil {
		return nil, errno(err)
	}
	if k.kind != inet.Stream && family != inet.FamilyPacket {
		k.describeDatagrams()
	}
	return k, 0
}

// SetNotify implements inet.Socket.
func (s *Socket) SetNotify(f func(events uint32)) {
	s.notify = f
	s.entry.Init(s, waiter.AllEvents)
	s.queue.EventRegister(&s.entry)
}

// NotifyEvent implements waiter.EventListener. gVisor calls it with the queue
// locked and often with the endpoint locked, too.
func (s *Socket) NotifyEvent(mask waiter.EventMask) {
	// gVisor's numbers are those of poll(2).
	s.notify(uint32(mask) & (inet.Readable | inet.Writable | inet.Failed | inet.HungUp | inet.ReadShut))
}

// Ready implements inet.Socket. It takes no lock that gVisor holds when it
// notifies.
func (s *Socket) Ready() uint32 {
	ready := s.ep.Readiness(waiter.EventIn | waiter.EventOut)
	events := uint32(ready) & (inet.Readable | inet.Writable | inet.Failed)
	if s.reading.taken.left.Load() > 0 {
		events |= inet.Readable
	}
	shut := s.shut.Load()
	if ready&waiter.EventRdHUp != 0 {
		// The peer's FIN is notified before the state shows it. Once this side is
		// closed, too, gVisor is silent about it, but then notifies again.
		shut |= inet.ShutRead
	}
	if s.kind == inet.Stream {
		switch tcp.EndpointState(s.ep.State()) {
		case tcp.StateInitial, tcp.StateBound:
			return inet.Writable | inet.HungUp
		case tcp.StateConnecting, tcp.StateSynSent, tcp.StateSynRecv:
			return 0
		case tcp.StateListen:
			return events & inet.Readable
		case tcp.StateError:
			events = inet.Failed
			if s.fetched.Load() {
				events = 0
			}
			shut = inet.ShutRead | inet.ShutWrite
		case tcp.StateClose, tcp.StateTimeWait:
			events = 0
			shut = inet.ShutRead | inet.ShutWrite
		case tcp.StateCloseWait:
			shut |= inet.ShutRead
		case tcp.StateFinWait1, tcp.StateFinWait2:
			shut |= inet.ShutWrite
		case tcp.StateLastAck, tcp.StateClosing:
			shut = inet.ShutRead | inet.ShutWrite
		}
	}
	if shut&inet.ShutRead != 0 {
		events |= inet.Readable | inet.ReadShut
	}
	if shut&inet.ShutWrite != 0 {
		events |= inet.Writable
	}
	if shut == inet.ShutRead|inet.ShutWrite {
		events |= inet.HungUp
	}
	return events
}

// failure is errno, for an error that ends a connection: it is told once.
func (s *Socket) failure(err tcpip.Error) linux.Errno {
	if s.kind == inet.Stream && tcp.EndpointState(s.ep.State()) == tcp.StateError {
		s.fetched.Store(true)
	}
	return errno(err)
}

// Local implements inet.Socket.
func (s *Socket) Local() (inet.Addr, linux.Errno) {
	full, err := s.ep.GetLocalAddress()
	if err != nil {
		return inet.Addr{}, errno(err)
	}
	return address(full, s.family), 0
}

// Remote implements inet.Socket.
func (s *Socket) Remote() (inet.Addr, linux.Errno) {
	full, err := s.ep.GetRemoteAddress()
	if err != nil {
		return inet.Addr{}, linux.ENOTCONN
	}
	return address(full, s.family), 0
}

// Queued implements inet.Socket.
func (s *Socket) Queued() (in, out int) {
	in, err := s.ep.GetSockOptInt(tcpip.ReceiveQueueSizeOption)
	if err != nil {
		in = 0
	}
	out, err = s.ep.GetSockOptInt(tcpip.SendQueueSizeOption)
	if err != nil {
		out = 0
	}
	s.reading.mu.Lock()
	defer s.reading.mu.Unlock()
	return max(in-s.reading.lent, 0), out
}

// reading is the receiving side of a socket.
type reading struct {
	mu sync.Mutex
	// uncounted is what was read since gVisor was told, which sizes the receive
	// buffer by it.
	uncounted int
	out       sliceWriter

	loans   loans
	lent    int  // bytes of the stream that are read, but wait for a loan before them
	short   bool // somebody was refused because of loans
	closing bool // the endpoint is closed when the last loan ends
	kept    keptDatagram
	taken   taken
}
