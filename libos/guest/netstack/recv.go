package netstack

import (
	"io"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// moderateBytes is how many bytes are read before gVisor is told, which looks at
// the clock and takes the endpoint's lock for it.
const moderateBytes = 16 << 10

// sliceWriter is what gVisor writes received bytes to. It says ErrShortWrite when
// a slice does not fit, which ends the reading.
type sliceWriter struct {
	b       []byte
	n       int
	skip    int // bytes to pass over first
	discard int // instead of filling b, how many bytes to count
}

// Write implements io.Writer.
func (w *sliceWriter) Write(p []byte) (int, error) {
	passed := min(w.skip, len(p))
	w.skip -= passed
	rest := p[passed:]
	n := copy(w.b[min(w.n, len(w.b)):], rest)
	if w.discard > 0 {
		n = min(len(rest), w.discard-w.n)
	}
	w.n += n
	if n < len(rest) {
		return passed + n, io.ErrShortWrite
	}
	return passed + n, nil
}

// Recv implements inet.Socket.
func (s *Socket) Recv(b []byte, flags int, info *inet.Info) (int, linux.Errno) {
	s.reading.mu.Lock()
	defer s.reading.mu.Unlock()
	if s.kind == inet.Stream {
		return s.recvStream(b, flags)
	}
	return s.recvDatagram(b, flags, info)
}

func (s *Socket) recvStream(b []byte, flags int) (int, linux.Errno) {
	if len(b) == 0 {
		return 0, 0
	}
	r := &s.reading
	if len(r.taken.views) > 0 {
		return s.recvTaken(b, flags), 0
	}
	peek := flags&inet.Peek != 0
	// Bytes behind a loan cannot leave the queue before it.
	r.out = sliceWriter{b: b, skip: r.lent}
	discard := flags&inet.Truncate != 0
	if discard {
		r.out.b, r.out.discard = nil, len(b)
	}
	_, err := s.ep.Read(&r.out, tcpip.ReadOptions{Peek: peek || r.lent > 0})
	n := r.out.n
	r.out.b = nil
	if _, bad := err.(*tcpip.ErrBadBuffer); err != nil && !bad {
		return 0, s.failure(err)
	}
	if n == 0 {
		// There is something, but all of it is lent.
		r.short = true
		return 0, linux.EAGAIN
	}
	if !discard {
		atomic.AddUint64(&s.stack.stats.CopiedIn, uint64(n))
	}
	if !peek {
		if r.lent > 0 {
			s.lend(n).end()
		} else {
			s.moderate(n)
		}
	}
	return n, 0
}

// moderate tells gVisor that the program has read n bytes.
func (s *Socket) moderate(n int) {
	r := &s.reading
	if r.uncounted += n; r.uncounted >= moderateBytes {
		s.ep.ModerateRecvBuf(r.uncounted)
		r.uncounted = 0
	}
}

func (s *Socket) recvDatagram(b []byte, flags int, info *inet.Info) (int, linux.Errno) {
	r := &s.reading
	if !r.loans.empty() {
		r.short = true
		return 0, linux.EAGAIN
	}
	r.kept.drop() // a datagram is read in one way
	// What RecvBuffer has given out of this datagram is passed over.
	r.out = sliceWriter{b: b, skip: r.lent}
	res, err := s.ep.Read(&r.out, tcpip.ReadOptions{
		Peek: flags&inet.Peek != 0, NeedRemoteAddr: info != nil,
		NeedLinkPacketInfo: info != nil && s.family == inet.FamilyPacket,
	})
	n := r.out.n
	r.out.b = nil
	if _, bad := err.(*tcpip.ErrBadBuffer); err != nil && !bad {
		return 0, errno(err)
	}
	atomic.AddUint64(&s.stack.stats.CopiedIn, uint64(n))
	s.describe(info, &res)
	if info != nil {
		info.Truncated = r.lent+n < res.Total
	}
	if flags&inet.Truncate != 0 {
		n = res.Total
	}
	if flags&inet.Peek == 0 {
		r.lent = 0
	}
	return n, 0
}

// describe fills in what came with a datagram.
func (s *Socket) describe(info *inet.Info, res *tcpip.ReadResult) {
	if info == nil {
		return
	}
	*info = inet.Info{From: address(res.RemoteAddr, s.family), Size: res.Total}
	if s.family == inet.FamilyPacket {
		info.From.Port = uint16(res.LinkPacketInfo.Protocol)
		info.Interface = int(res.RemoteAddr.NIC)
		return
	}
	c := &res.ControlMessages
	switch {
	case c.HasIPPacketInfo:
		info.Local = address(tcpip.FullAddress{NIC: c.PacketInfo.NIC, Addr: c.PacketInfo.DestinationAddr}, s.family)
		info.Interface = int(c.PacketInfo.NIC)
	case c.HasIPv6PacketInfo:
		info.Local = address(tcpip.FullAddress{NIC: c.IPv6PacketInfo.NIC, Addr: c.IPv6PacketInfo.Addr}, s.family)
		info.Interface = int(c.IPv6PacketInfo.NIC)
	}
	switch {
	case c.HasTTL:
		info.TTL = c.TTL
	case c.HasHopLimit:
		info.TTL = c.HopLimit
	}
	switch {
	case c.HasTOS:
		info.TOS = c.TOS
	case c.HasTClass:
		info.TOS = uint8(c.TClass)
	}
}
