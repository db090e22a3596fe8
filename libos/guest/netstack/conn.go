package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// Bind implements inet.Socket.
func (s *Socket) Bind(a inet.Addr) linux.Errno {
	full, e := fullAddress(a, s.family)
	if e != 0 {
		return e
	}
	if scoped(full.Addr) && full.NIC == 0 && header.IsV6LinkLocalUnicastAddress(full.Addr) {
		return linux.EINVAL
	}
	if err := s.ep.Bind(full); err != nil {
		if _, ok := err.(*tcpip.ErrNoPortAvailable); ok {
			return linux.EADDRINUSE
		}
		return errno(err)
	}
	return 0
}

// Listen implements inet.Socket.
func (s *Socket) Listen(backlog int) linux.Errno {
	if s.kind != inet.Stream {
		return linux.EOPNOTSUPP
	}
	// gVisor's queue holds one more than the backlog, as Linux's does.
	backlog = max(0, min(backlog, maxBacklog)) + 1
	return errno(s.ep.Listen(backlog))
}

// Accept implements inet.Socket.
func (s *Socket) Accept() (inet.Socket, inet.Addr, linux.Errno) {
	if s.kind != inet.Stream {
		return nil, inet.Addr{}, linux.EOPNOTSUPP
	}
	var peer tcpip.FullAddress
	ep, queue, err := s.ep.Accept(&peer)
	if err != nil {
		return nil, inet.Addr{}, errno(err)
	}
	k := &Socket{stack: s.stack, ep: ep, queue: queue, family: s.family, kind: s.kind, protocol: s.protocol}
	if s.tuned.Load() {
		inherit(ep, s.ep)
	}
	return k, address(peer, s.family), 0
}

// Connect implements inet.Socket.
func (s *Socket) Connect(a inet.Addr) linux.Errno {
	if a.Family == inet.FamilyUnspec {
		if s.kind == inet.Stream {
			return linux.EOPNOTSUPP
		}
		return errno(s.ep.Disconnect())
	}
	full, e := s.destination(a)
	if e != 0 {
		return e
	}
	if scoped(full.Addr) && full.NIC == 0 && s.ep.SocketOptions().GetBindToDevice() == 0 {
		return linux.EINVAL
	}
	err := s.ep.Connect(full)
	if _, ok := err.(*tcpip.ErrNoPortAvailable); ok {
		return linux.EADDRNOTAVAIL
	}
	if err != nil {
		return s.failure(err)
	}
	return 0
}

// destination converts an address that a datagram or a connection goes to. An
// IPv6 datagram socket also takes IPv4 addresses.
func (s *Socket) destination(a inet.Addr) (tcpip.FullAddress, linux.Errno) {
	if s.family == inet.Family6 && a.Family == inet.Family4 && s.kind == inet.Datagram {
		full, e := fullAddress(a, inet.Family4)
		return full, e
	}
	return fullAddress(a, s.family)
}

// Shutdown implements inet.Socket.
func (s *Socket) Shutdown(how int) linux.Errno {
	if how&^(inet.ShutRead|inet.ShutWrite) != 0 || how == 0 {
		return linux.EINVAL
	}
	// inet's numbers are those of tcpip.ShutdownFlags.
	err := s.ep.Shutdown(tcpip.ShutdownFlags(how))
	if err != nil {
		return errno(err)
	}
	if s.kind != inet.Stream || tcp.EndpointState(s.ep.State()) != tcp.StateListen {
		s.shut.Or(uint32(how))
	}
	return 0
}

// Close implements inet.Socket.
func (s *Socket) Close() {
	if s.notify != nil {
		s.queue.EventUnregister(&s.entry)
	}
	r := &s.reading
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closing {
		return
	}
	r.closing = true
	r.kept.drop()
	r.taken.drop()
	if r.loans.empty() {
		s.end()
	} else {
		// What is lent must stay until it comes back.
		s.ep.Shutdown(tcpip.ShutdownWrite)
	}
}

// end closes the endpoint.
func (s *Socket) end() {
	s.ep.Close()
	switch {
	case s.family == inet.FamilyPacket:
		s.stack.tap.sockets.Add(-1)
	case s.kind == inet.Stream:
		s.stack.closing.add(s.ep.(*tcp.Endpoint))
	}
}

// inherit gives a new connection the options of its listener that gVisor does not
// give it, but Linux does.
func inherit(to, from tcpip.Endpoint) {
	o, l := to.SocketOptions(), from.SocketOptions()
	o.SetDelayOption(l.GetDelayOption())
	o.SetLinger(l.GetLinger())
	o.SetReuseAddress(l.GetReuseAddress())
	o.SetReusePort(l.GetReusePort())
	for _, option := range []tcpip.SockOptInt{
		tcpip.KeepaliveCountOption, tcpip.IPv4TOSOption, tcpip.IPv6TrafficClassOption,
		tcpip.IPv4TTLOption, tcpip.IPv6HopLimitOption,
	} {
		if v, err := from.GetSockOptInt(option); err == nil {
			_ = to.SetSockOptInt(option, v) // the listener took the same value
		}
	}
	var idle tcpip.KeepaliveIdleOption
	if from.GetSockOpt(&idle) == nil {
		_ = to.SetSockOpt(&idle)
	}
	var interval tcpip.KeepaliveIntervalOption
	if from.GetSockOpt(&interval) == nil {
		_ = to.SetSockOpt(&interval)
	}
	if l.GetKeepAlive() {
		o.SetKeepAlive(true)
	}
}
