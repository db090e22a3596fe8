package netstack

import (
	"io"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/waiter"
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// loan is a piece of the receive queue that the program holds. The queue keeps it,
// and gives it up when this loan and all before it have ended.
type loan struct {
	socket *Socket
	n      int
	last   bool // the piece is the last of its datagram
	over   bool
	next   *loan
	free   func() // its release, made once
}

// loans is a list of loans in the order of the queue.
type loans struct{ first, last, spare *loan }

func (l *loans) empty() bool { return l.first == nil }

// peeker is the writer that takes a piece instead of copying it.
type peeker struct {
	skip int // bytes that are lent already
	b    []byte
	more bool // something follows
	pkt  *stack.PacketBuffer
}

// Keep takes a reference of a datagram that has left its queue. It is what a
// gVisor calls that can lend more than the first of the queue.
func (p *peeker) Keep(pkt *stack.PacketBuffer) { p.pkt = pkt }

// Write implements io.Writer.
func (p *peeker) Write(b []byte) (int, error) {
	if p.b != nil {
		p.more = true
		return 0, io.ErrShortWrite
	}
	if p.skip >= len(b) {
		p.skip -= len(b)
		return len(b), nil
	}
	p.b = b[p.skip:]
	return len(b), nil
}

// RecvBuffer implements inet.ZeroCopy. At the end of a stream b is nil.
func (s *Socket) RecvBuffer(info *inet.Info) (b []byte, more bool, release func(), e linux.Errno) {
	r := &s.reading
	r.mu.Lock()
	defer r.mu.Unlock()
	datagram := s.kind != inet.Stream
	if r.kept.pkt != nil {
		return s.recvKept(info)
	}
	if datagram && !r.loans.empty() {
		r.short = true
		return nil, false, nil, linux.EAGAIN
	}
	if !datagram && r.loans.empty() && !s.stack.peeks.Load() {
		if b, release, e, ok := s.take(); ok {
			return b, false, release, e
		}
	}
	p := peeker{skip: r.lent}
	res, err := s.ep.Read(&p, tcpip.ReadOptions{Peek: true, NeedRemoteAddr: info != nil})
	if _, bad := err.(*tcpip.ErrBadBuffer); err != nil && !bad {
		return nil, false, nil, s.failure(err)
	}
	if p.pkt != nil {
		r.kept = keptDatagram{pkt: p.pkt, res: res}
		return s.recvKept(info)
	}
	if p.b == nil && !datagram {
		r.short = true
		return nil, false, nil, linux.EAGAIN
	}
	if datagram {
		s.describe(info, &res)
		more = p.more
	}
	l := s.lend(len(p.b))
	l.last = datagram && !p.more
	return p.b, more, l.free, 0
}

// lend adds a loan of the next n bytes. The lock is held.
func (s *Socket) lend(n int) *loan {
	r := &s.reading
	l := r.loans.spare
	if l == nil {
		l = &loan{socket: s}
		l.free = l.release
	} else {
		r.loans.spare = l.next
	}
	l.n, l.last, l.over, l.next = n, false, false, nil
	if r.loans.last == nil {
		r.loans.first = l
	} else {
		r.loans.last.next = l
	}
	r.loans.last = l
	r.lent += n
	return l
}

// release ends a loan.
func (l *loan) release() {
	s := l.socket
	r := &s.reading
	r.mu.Lock()
	wake := l.end()
	if r.closing && r.loans.empty() {
		s.end()
		wake = false
	}
	r.mu.Unlock()
	if wake && s.notify != nil {
		s.notify(inet.Readable)
	}
}

// end ends a loan with the lock held, and takes from the queue what is free now.
// It reports whether somebody waits for that.
func (l *loan) end() (wake bool) {
	s := l.socket
	r := &s.reading
	l.over = true
	n := 0
	for f := r.loans.first; f != nil && f.over; f = r.loans.first {
		r.loans.first = f.next
		if n += f.n; f.last {
			s.consume(0)
			r.lent = 0
		}
		f.next, r.loans.spare = r.loans.spare, f
	}
	if r.loans.first == nil {
		r.loans.last = nil
	}
	if s.kind == inet.Stream && n > 0 {
		s.consume(n)
		r.lent -= n
		s.moderate(n)
	}
	wake = r.short && s.ep.Readiness(waiter.EventIn)&waiter.EventIn != 0
	r.short = false
	return wake
}

// consume takes n bytes of the stream, or a datagram, from the queue.
func (s *Socket) consume(n int) {
	r := &s.reading
	r.out = sliceWriter{discard: n}
	// An error does not take what is queued: the next call tells it.
	_, _ = s.ep.Read(&r.out, tcpip.ReadOptions{})
}

// SendBuffer implements inet.ZeroCopy.
func (s *Socket) SendBuffer(b []byte, to *inet.Addr, done func()) (int, linux.Errno) {
	p := s.stack.payloads.Get().(*payload)
	p.one[0] = b
	p.rest, p.n = p.one[:], len(b)
	l := &sendLoan{done: done}
	l.open.Store(1)
	p.loan = l
	n, e := s.send(p, 0, to)
	if e != 0 || n == 0 && len(b) > 0 {
		l.done = nil
	}
	l.free()
	return n, e
}

// sendLoan is memory of the program that the stack reads from. It counts the
// pieces that gVisor holds, and the call to SendBuffer.
type sendLoan struct {
	open atomic.Int32
	done func()
}

func (l *sendLoan) free() {
	if l.open.Add(-1) == 0 && l.done != nil {
		l.done()
	}
}

// Lend gives up to n of the next bytes to the stack, in place of Read: data is
// left alone until free is called, from any goroutine. It answers nil if the bytes
// must be copied. It is what a gVisor that sends without copies calls.
func (p *payload) Lend(n int) (data []byte, free func()) {
	if p.loan == nil || len(p.rest) == 0 {
		return nil, nil
	}
	data = p.rest[0][p.off:]
	data = data[:min(n, len(data))]
	p.n -= len(data)
	if p.off += len(data); p.off == len(p.rest[0]) {
		p.rest, p.off = p.rest[1:], 0
	}
	p.loan.open.Add(1)
	return data, p.loan.free
}
