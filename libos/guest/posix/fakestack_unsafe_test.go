package posix

import (
	"sync"
	"sync/atomic"
	"unsafe"

	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// fakeStack is a TCP/IP stack without a network: sockets of one stack reach
// each other by port, whatever the address.
type fakeStack struct {
	mu     sync.Mutex
	tcp    map[uint16]*fakeSocket
	udp    map[uint16]*fakeSocket
	next   uint16
	waited int
	dns    []inet.Addr

	forbidden func(*byte) bool // memory that must not come here, and how often it did
	offences  atomic.Int32
}

func newFakeStack() *fakeStack {
	return &fakeStack{tcp: map[uint16]*fakeSocket{}, udp: map[uint16]*fakeSocket{}, next: 40000}
}

const fakeQueue = 64 << 10 // bytes that a connection holds in one direction

type fakePacket struct {
	data []byte
	info inet.Info
}

// fakeSocket has the semantics of inet.Socket. The stack's lock guards it.
type fakeSocket struct {
	st      *fakeStack
	notice  sync.Mutex // guards notify, which is set and called without the stack's lock
	notify  func(uint32)
	kind    int
	local   inet.Addr
	remote  inet.Addr
	peer    *fakeSocket
	in      []byte
	packets []fakePacket
	backlog []*fakeSocket
	listens bool
	closed  bool
	readEnd bool // no more will come
	sendEnd bool
	options map[[2]int][]byte
	origin  inet.Origin // of the last SendFrom
	held    int         // buffers that are lent
	later   []func()    // finished sends that were not told yet
}

func (st *fakeStack) Socket(family, kind, protocol int) (inet.Socket, linux.Errno) {
	if protocol != 0 && protocol != linux.SolTCP && protocol != linux.SolUDP {
		return nil, linux.EPROTONOSUPPORT
	}
	return st.make(family, kind), 0
}

func (st *fakeStack) make(family, kind int) *fakeSocket {
	return &fakeSocket{st: st, kind: kind, local: inet.Addr{Family: uint16(family)}, options: map[[2]int][]byte{}}
}

func (st *fakeStack) Interfaces() []inet.Interface {
	v4 := func(a, b, c, d byte) inet.Addr {
		return inet.Addr{Family: inet.Family4, IP: [16]byte{a, b, c, d}}
	}
	return []inet.Interface{
		{Index: 1, Name: "lo", MTU: 65536, Flags: linux.IffUp | linux.IffLoopback | linux.IffRunning, Type: linux.ArphrdLoopback,
			Addrs: []inet.Prefix{{Addr: v4(127, 0, 0, 1), Bits: 8}, {Addr: inet.Addr{Family: inet.Family6, IP: [16]byte{15: 1}}, Bits: 128}}},
		{Index: 2, Name: "eth0", MTU: 1500, Flags: linux.IffUp | linux.IffBroadcast | linux.IffRunning, Type: linux.ArphrdEther,
			MAC: [6]byte{2, 0, 0, 0, 0, 1}, Addrs: []inet.Prefix{{Addr: v4(198, 18, 0, 2), Bits: 24}}},
	}
}

func (st *fakeStack) Routes() []inet.Route {
	r := inet.Route{Interface: 2}
	r.Dest.Addr.Family = inet.Family4
	r.Gateway = inet.Addr{Family: inet.Family4, IP: [16]byte{198, 18, 0, 1}}
	return []inet.Route{r}
}

func (st *fakeStack) WaitConfigured()          { st.waited++ }
func (st *fakeStack) Nameservers() []inet.Addr { return st.dns }

func (s *fakeSocket) SetNotify(f func(uint32)) {
	s.notice.Lock()
	s.notify = f
	s.notice.Unlock()
}

// tell notifies whoever asked to be.
func (s *fakeSocket) tell(events uint32) {
	s.notice.Lock()
	f := s.notify
	s.notice.Unlock()
	if f != nil {
		f(events)
	}
}

func (s *fakeSocket) Ready() (r uint32) {
	s.st.mu.Lock()
	defer s.st.mu.Unlock()
	if len(s.in) > 0 || len(s.packets) > 0 || len(s.backlog) > 0 || s.readEnd {
		r |= inet.Readable
	}
	if s.kind != inet.Stream || s.peer != nil && len(s.peer.in) < fakeQueue {
		r |= inet.Writable
	}
	if s.readEnd && s.sendEnd {
		r |= inet.HungUp
	}
	return r
}

func (s *fakeSocket) Bind(a inet.Addr) linux.Errno {
	s.st.mu.Lock()
	defer s.st.mu.Unlock()
	if s.local.Port != 0 {
		return linux.EINVAL
	}
	return s.bind(a)
}

func (s *fakeSocket) bind(a inet.Addr) linux.Errno {
	if a.Port == 0 {
		s.st.next++
		a.Port = s.st.next
	}
	if s.kind == inet.Datagram {
		if s.st.udp[a.Port] != nil {
			return linux.EADDRINUSE
		}
		s.st.udp[a.Port] = s
	}
	s.local = a
	return 0
}

func (s *fakeSocket) Listen(int) linux.Errno {
	s.st.mu.Lock()
	defer s.st.mu.Unlock()
	if s.st.tcp[s.local.Port] != nil {
		return linux.EADDRINUSE
	}
	s.listens = true
	s.st.tcp[s.local.Port] = s
	return 0
}

func (s *fakeSocket) Accept() (inet.Socket, inet.Addr, linux.Errno) {
	s.st.mu.Lock()
	defer s.st.mu.Unlock()
	switch {
	case !s.listens:
		return nil, inet.Addr{}, linux.EINVAL
	case len(s.backlog) == 0:
		return nil, inet.Addr{}, linux.EAGAIN
	}
	c := s.backlog[0]
	s.backlog = s.backlog[1:]
	return c, c.remote, 0
}

// Connect reaches its peer at once, but says so only by a notification.
func (s *fakeSocket) Connect(a inet.Addr) linux.Errno {
	s.st.mu.Lock()
	if s.local.Port == 0 {
		s.bind(inet.Addr{Family: s.local.Family})
	}
	if s.kind == inet.Datagram {
		s.remote = a
		s.st.mu.Unlock()
		return 0
	}
	l := s.st.tcp[a.Port]
	switch {
	case s.peer != nil:
		s.st.mu.Unlock()
		return linux.EISCONN
	case l == nil:
		s.st.mu.Unlock()
		return linux.ECONNREFUSED
	}
	c := s.st.make(int(s.local.Family), inet.Stream)
	c.local, c.remote, s.remote = a, s.local, a
	c.peer, s.peer = s, c
	l.backlog = append(l.backlog, c)
	s.st.mu.Unlock()
	l.tell(inet.Readable)
	s.tell(inet.Writable)
	return linux.EINPROGRESS
}

func (s *fakeSocket) Shutdown(how int) linux.Errno {
	s.st.mu.Lock()
	p := s.peer
	if p == nil {
		s.st.mu.Unlock()
		return linux.ENOTCONN
	}
	if how&inet.ShutWrite != 0 {
		s.sendEnd, p.readEnd = true, true
	}
	if how&inet.ShutRead != 0 {
		s.readEnd = true
	}
	s.st.mu.Unlock()
	p.tell(inet.Readable | inet.ReadShut)
	return 0
}

func (s *fakeSocket) Close() {
	s.st.mu.Lock()
	s.closed = true
	p := s.peer
	if p != nil {
		p.readEnd = true
	}
	if s.listens {
		delete(s.st.tcp, s.local.Port)
	}
	if s.kind == inet.Datagram && s.local.Port != 0 {
		delete(s.st.udp, s.local.Port)
	}
	s.st.mu.Unlock()
	if p != nil {
		p.tell(inet.Readable | inet.HungUp)
	}
}

func (s *fakeSocket) Recv(b []byte, flags int, info *inet.Info) (int, linux.Errno) {
	s.st.saw(b)
	s.st.mu.Lock()
	if s.kind == inet.Stream {
		n := copy(b, s.in)
		p := s.peer
		switch {
		case s.listens || p == nil:
			s.st.mu.Unlock()
			return 0, linux.ENOTCONN
		case len(s.in) == 0 && s.readEnd:
			s.st.mu.Unlock()
			return 0, 0
		case len(s.in) == 0:
			s.st.mu.Unlock()
			return 0, linux.EAGAIN
		}
		if flags&inet.Peek == 0 {
			s.in = s.in[:copy(s.in, s.in[n:])] // the same memory again
		}
		s.st.mu.Unlock()
		p.tell(inet.Writable)
		return n, 0
	}
	defer s.st.mu.Unlock()
	if len(s.packets) == 0 {
		return 0, linux.EAGAIN
	}
	p := s.packets[0]
	if flags&inet.Peek == 0 {
		n := copy(s.packets, s.packets[1:])
		s.packets[n] = p // its memory is used again
		s.packets = s.packets[:n]
	}
	n := copy(b, p.data)
	if info != nil {
		*info = p.info
		info.Truncated = n < len(p.data)
	}
	if flags&inet.Truncate != 0 {
		n = len(p.data)
	}
	return n, 0
}

func (s *fakeSocket) Send(b []byte, flags int, to *inet.Addr) (int, linux.Errno) {
	return s.SendVector([][]byte{b}, flags, to)
}

func (s *fakeSocket) SendVector(v [][]byte, _ int, to *inet.Addr) (total int, errno linux.Errno) {
	s.st.saw(v...)
	s.st.mu.Lock()
	if s.kind == inet.Stream {
		p := s.peer
		switch {
		case p == nil:
			s.st.mu.Unlock()
			return 0, linux.ENOTCONN
		case s.sendEnd || p.closed:
			s.st.mu.Unlock()
			return 0, linux.EPIPE
		}
		for _, b := range v {
			b = b[:min(len(b), fakeQueue-len(p.in))]
			p.in = append(p.in, b...)
			total += len(b)
		}
		s.st.mu.Unlock()
		if total == 0 && len(v) > 0 && len(v[0]) > 0 {
			return 0, linux.EAGAIN
		}
		p.tell(inet.Readable)
		return total, 0
	}
	if s.local.Port == 0 {
		s.bind(inet.Addr{Family: s.local.Family})
	}
	port := s.remote.Port
	if to != nil {
		port = to.Port
	}
	p := s.st.udp[port]
	if port == 0 || p == nil {
		s.st.mu.Unlock()
		if port == 0 {
			return 0, linux.EDESTADDRREQ
		}
		return 0, linux.ECONNREFUSED
	}
	for _, b := range v {
		total += len(b)
	}
	// Use the memory of packets that were received.
	var data []byte
	if len(p.packets) < cap(p.packets) {
		data = p.packets[:len(p.packets)+1][len(p.packets)].data[:0]
	}
	for _, b := range v {
		data = append(data, b...)
	}
	p.packets = append(p.packets, fakePacket{data, inet.Info{From: s.local, Size: total, Local: p.local, Interface: 2, TTL: 63, TOS: 8}})
	s.st.mu.Unlock()
	p.tell(inet.Readable)
	return total, 0
}

func (s *fakeSocket) SendFrom(v [][]byte, flags int, to *inet.Addr, from *inet.Origin) (int, linux.Errno) {
	s.origin = *from
	return s.SendVector(v, flags, to)
}

func (s *fakeSocket) Local() (inet.Addr, linux.Errno) { return s.local, 0 }

func (s *fakeSocket) Remote() (inet.Addr, linux.Errno) {
	if s.remote.Port == 0 {
		return inet.Addr{}, linux.ENOTCONN
	}
	return s.remote, 0
}

func (s *fakeSocket) SetOption(level, name int, b []byte) linux.Errno {
	if name > 100 {
		return linux.ENOPROTOOPT
	}
	s.options[[2]int{level, name}] = append([]byte(nil), b...)
	return 0
}

func (s *fakeSocket) Option(level, name int, b []byte) (int, linux.Errno) {
	if name > 100 {
		return 0, linux.ENOPROTOOPT
	}
	v := s.options[[2]int{level, name}]
	if v == nil {
		v = make([]byte, 4)
	}
	return copy(b, v), 0
}

func (s *fakeSocket) Queued() (in, out int) { return len(s.in), 0 }

// RecvBuffer lends a copy that is the borrower's alone.
func (s *fakeSocket) RecvBuffer(info *inet.Info) ([]byte, bool, func(), linux.Errno) {
	b := make([]byte, 4096)
	n, errno := s.Recv(b, 0, info)
	if errno != 0 || n == 0 {
		return nil, false, nil, errno
	}
	s.held++
	return b[:n], false, func() { s.held-- }, 0
}

// SendBuffer says that it is done only when finish is called.
func (s *fakeSocket) SendBuffer(b []byte, to *inet.Addr, done func()) (int, linux.Errno) {
	n, errno := s.Send(b, 0, to)
	if errno == 0 {
		s.later = append(s.later, done)
	}
	return n, errno
}

func (s *fakeSocket) finish() {
	for _, f := range s.later {
		f()
	}
	s.later = nil
}

// saw notes that the stack was given buffers that st.forbidden does not allow.
func (st *fakeStack) saw(v ...[]byte) {
	for _, b := range v {
		if len(b) > 0 && st.forbidden != nil && st.forbidden(unsafe.SliceData(b)) {
			st.offences.Add(1)
		}
	}
}
