package posix

import (
	"sync"
	"sync/atomic"

	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// unixSocket is a socket of unix(7). What is sent to it lies in its own queue,
// so a call that moves data takes one lock, the receiver's.
//
// Lock order: network.names.linking, then one socket's mu; never two of these.
//
// Descriptors in flight that can only be received through each other are never
// closed: there is no collector for such rings, as Linux has.
type unixSocket struct {
	sockets
	settings

	to        atomic.Pointer[unixSocket] // where sends go
	shut      atomic.Uint32              // inet.ShutRead and ShutWrite, by either side
	connected atomic.Bool                // to was set by connect, accept or socketpair; stays set
	failure   atomic.Uint32              // an errno to report once
	addr      atomic.Pointer[[]byte]     // struct sockaddr_un that the socket is bound to

	mu      sync.Mutex // guards what follows
	ended   bool
	bytes   byteQueue // of a stream
	packets []packet  // of the others, first come first
	load    int       // of packets
	pending []*file   // connections that accept has not returned yet
	backlog int
	starved []*unixSocket // that found no room for a packet, sending or polling

	node *vfs.Inode // that the address names; set before addr
}

// Shutdown bits.
const (
	shutRead  = 1
	shutWrite = 2
	shutBoth  = 3
)

func (n *network) newUnix(kind, protocol int) (*unixSocket, linux.Errno) {
	if protocol != 0 && protocol != linux.AfUnix {
		return nil, linux.EPROTONOSUPPORT
	}
	switch kind {
	case linux.SockRaw:
		kind = linux.SockDgram // for old programs
	case linux.SockStream, linux.SockDgram, linux.SockSeqpacket:
	default:
		return nil, linux.ESOCKTNOSUPPORT
	}
	s := &unixSocket{}
	s.sockets.init(n, linux.AfUnix, kind, 0)
	s.settings.init()
	return s, 0
}

// join connects two new sockets.
func join(x, y *unixSocket) {
	x.to.Store(y)
	y.to.Store(x)
	x.connected.Store(true)
	y.connected.Store(true)
}

// paired reports whether the socket is of a kind that is connected both ways.
func (s *unixSocket) paired() bool { return s.kind != linux.SockDgram }

func (s *unixSocket) tell(events uint32) { s.notes.notify(s.n.p.hal, events) }

// ready follows unix_poll and unix_dgram_poll of Linux.
func (s *unixSocket) ready() (events uint32) {
	s.mu.Lock()
	some := len(s.pending) > 0 || s.bytes.used > 0 || len(s.packets) > 0
	s.mu.Unlock()
	shut := s.shut.Load()
	if some || shut&shutRead != 0 {
		events |= linux.PollIn | linux.PollRdnorm
	}
	if shut&shutRead != 0 {
		events |= linux.PollRdhup
	}
	if shut == shutBoth || s.paired() && !s.connected.Load() && !s.listening.Load() {
		events |= linux.PollHup
	}
	if s.failure.Load() != 0 {
		events |= linux.PollErr
	}
	if to := s.to.Load(); !s.listening.Load() && (to == nil || to.roomy(s)) {
		events |= linux.PollOut | linux.PollWrnorm | linux.PollWrband
	}
	return events
}

// roomy reports whether from should be told that it may send: while half of
// the queue is free, so that a sender is not woken for each byte. If not, from
// will be told once that may have changed.
func (s *unixSocket) roomy(from *unixSocket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return true
	}
	if s.kind == linux.SockStream {
		return s.bytes.used <= linux.BufDefault/2
	}
	if s.load <= linux.BufDefault/2 && (s.to.Load() == from || len(s.packets) <= linux.UnixDgramQlen) {
		return true
	}
	s.starve(from)
	return false
}

// starve has w told once a packet was received or the socket closed. mu is held.
func (s *unixSocket) starve(w *unixSocket) {
	for _, known := range s.starved {
		if known == w {
			return
		}
	}
	s.starved = append(s.starved, w)
}

// leave takes back that s waits for room at to.
func (s *unixSocket) leave(to *unixSocket) {
	to.mu.Lock()
	defer to.mu.Unlock()
	for i, w := range to.starved {
		if w == s {
			to.starved = append(to.starved[:i], to.starved[i+1:]...)
			return
		}
	}
}

// fail makes errno what the next call reports.
func (s *unixSocket) fail(errno linux.Errno) { s.failure.Store(uint32(errno)) }

// failed returns and clears the error to report.
func (s *unixSocket) failed() linux.Errno {
	if s.failure.Load() == 0 {
		return 0
	}
	return linux.Errno(s.failure.Swap(0))
}

func (s *unixSocket) shutdown(how int) linux.Errno {
	s.shut.Or(uint32(how))
	if to := s.to.Load(); to != nil && s.paired() {
		// What one side will not send the other cannot receive, and so on.
		to.shut.Or(uint32(how&shutRead)<<1 | uint32(how&shutWrite)>>1)
		to.tell(shutEvents(to.shut.Load()))
	}
	s.tell(shutEvents(s.shut.Load()))
	return 0
}

func shutEvents(shut uint32) uint32 {
	events := uint32(linux.PollOut)
	if shut&shutRead != 0 {
		events |= linux.PollIn | linux.PollRdhup
	}
	if shut == shutBoth {
		events |= linux.PollHup
	}
	return events
}

func (s *unixSocket) close() {
	s.n.names.unbind(s)
	s.shut.Store(shutBoth)
	s.mu.Lock()
	s.ended = true
	// As on Linux, an empty packet alone is not worth an error.
	unread := s.bytes.used > 0 || len(s.packets) > 1 || len(s.packets) == 1 && len(s.packets[0].data) > 0
	pending, packets, marks, starved := s.pending, s.packets, s.bytes.marks, s.starved
	s.pending, s.packets, s.starved, s.bytes = nil, nil, nil, byteQueue{}
	s.mu.Unlock()
	if to := s.to.Load(); to != nil && s.paired() {
		if unread {
			to.fail(linux.ECONNRESET)
		}
		to.shut.Store(shutBoth)
		to.tell(linux.PollIn | linux.PollOut | linux.PollHup | linux.PollRdhup)
	}
	if to := s.to.Load(); to != nil && !s.paired() {
		s.leave(to)
	}
	for _, f := range pending {
		if to := f.stream.(*unixSocket).to.Load(); to != nil {
			to.fail(linux.ECONNRESET)
		}
		f.put()
	}
	for _, p := range packets {
		p.drop()
	}
	for _, m := range marks {
		m.drop()
	}
	for _, w := range starved {
		w.tell(linux.PollOut)
	}
}

func (s *unixSocket) queued() (in, out int, errno linux.Errno) {
	if s.listening.Load() {
		return 0, 0, linux.EINVAL
	}
	if to := s.to.Load(); to != nil && s.kind == linux.SockStream {
		to.mu.Lock()
		out = to.bytes.used
		to.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.kind == linux.SockStream:
		in = s.bytes.used
	case s.kind == linux.SockSeqpacket:
		for _, p := range s.packets {
			in += len(p.data)
		}
	case len(s.packets) > 0:
		in = len(s.packets[0].data)
	}
	return in, out, 0
}

func (s *unixSocket) option(level, name int, b []byte) (int, linux.Errno) {
	if level == linux.SolSocket {
		switch name {
		case linux.SoError:
			return putInt(b, int(s.failed())), 0
		case linux.SoPeercred:
			c := linux.Ucred{UID: ^uint32(0), GID: ^uint32(0)}
			if s.connected.Load() || s.listening.Load() {
				c = linux.Ucred{PID: pid}
			}
			return copy(b, ucredBytes(&c)), 0
		}
	}
	return s.settings.option(level, name, b)
}

func (s *unixSocket) setOption(level, name int, b []byte) linux.Errno {
	return s.settings.setOption(level, name, b)
}
