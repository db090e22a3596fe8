package netstack

import (
	"io"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// Who holds data back until there is a full segment.
const (
	corkOption = 1 // TCP_CORK
	corkMore   = 2 // MSG_MORE of the last Send
)

// payload is the tcpip.Payloader of a call: the concatenation of some buffers. It
// is on the heap, as gVisor keeps it in objects of its own while it reads: no
// pointer in it may lead into a stack, which could move (inet.Socket).
type payload struct {
	one    [1][]byte
	vector [][]byte // of SendVector
	rest   [][]byte // what is still to be read, of one or of vector
	off    int      // of rest[0], how much has been read
	n      int      // bytes still to be read
	copied int      // bytes that Read has copied
	to     tcpip.FullAddress
	loan   *sendLoan

	control tcpip.SendableControlMessages
}

// Len implements tcpip.Payloader.
func (p *payload) Len() int { return p.n }

// Read implements io.Reader.
func (p *payload) Read(b []byte) (int, error) {
	if p.n == 0 {
		return 0, io.EOF
	}
	done := 0
	for done < len(b) && len(p.rest) > 0 {
		n := copy(b[done:], p.rest[0][p.off:])
		done += n
		p.off += n
		if p.off == len(p.rest[0]) {
			p.rest, p.off = p.rest[1:], 0
		}
	}
	p.n -= done
	p.copied += done
	return done, nil
}

// Send implements inet.Socket.
func (s *Socket) Send(b []byte, flags int, to *inet.Addr) (int, linux.Errno) {
	p := s.stack.payloads.Get().(*payload)
	p.one[0] = b
	p.rest, p.n = p.one[:], len(b)
	return s.send(p, flags, to)
}

// SendVector implements inet.Socket.
func (s *Socket) SendVector(v [][]byte, flags int, to *inet.Addr) (int, linux.Errno) {
	return s.send(s.gather(v), flags, to)
}

// gather returns a payload of the pieces in v, which may itself be on the stack.
func (s *Socket) gather(v [][]byte) *payload {
	p := s.stack.payloads.Get().(*payload)
	p.vector = append(p.vector[:0], v...)
	p.rest = p.vector
	for _, b := range v {
		p.n += len(b)
	}
	return p
}

// release gives p back, for another call.
func (s *Socket) release(p *payload) {
	clear(p.vector)
	*p = payload{vector: p.vector[:0]}
	s.stack.payloads.Put(p)
}

// send writes p and gives it back.
func (s *Socket) send(p *payload, flags int, to *inet.Addr) (int, linux.Errno) {
	defer s.release(p)
	// Atomic lets gVisor read while it holds the endpoint's lock, which it then
	// need not take a second time, and which needs no allocation.
	o := tcpip.WriteOptions{Atomic: true, ControlMessages: p.control}
	more := flags&inet.More != 0
	if s.kind != inet.Stream {
		if more {
			return 0, linux.EOPNOTSUPP
		}
		if to != nil {
			var e linux.Errno
			if p.to, e = s.destination(*to); e != 0 {
				return 0, e
			}
			if s.family == inet.FamilyPacket {
				p.to.Port = to.Port
			}
			o.To = &p.to
		}
	} else if more && s.cork.Or(corkMore) == 0 {
		s.ep.SocketOptions().SetCorkOption(true)
	}
	n, err := s.ep.Write(p, o)
	if p.copied > 0 {
		atomic.AddUint64(&s.stack.stats.CopiedOut, uint64(p.copied))
	}
	if s.kind == inet.Stream && !more && s.cork.Load()&corkMore != 0 {
		s.uncork(corkMore)
	}
	if err != nil {
		if n > 0 {
			return int(n), 0
		}
		return 0, s.failure(err)
	}
	return int(n), 0
}

// uncork takes back one reason to hold data, and sends it if it was the last.
func (s *Socket) uncork(reason uint32) {
	if s.cork.And(^reason) == reason {
		s.ep.SocketOptions().SetCorkOption(false)
	}
}
