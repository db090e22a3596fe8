package netstack

import (
	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// keptDatagram is a datagram that has left the queue, while RecvBuffer gives it
// out piece by piece.
type keptDatagram struct {
	pkt *stack.PacketBuffer // a reference
	at  int                 // bytes that have been given out
	res tcpip.ReadResult
}

// drop ends it.
func (k *keptDatagram) drop() {
	if k.pkt != nil {
		k.pkt.DecRef()
	}
	*k = keptDatagram{}
}

// recvKept is RecvBuffer for the next piece of the kept datagram. The piece has a
// reference of its own, so any number may be out at once, in any order, and may
// outlive the socket.
func (s *Socket) recvKept(info *inet.Info) (b []byte, more bool, release func(), e linux.Errno) {
	k := &s.reading.kept
	p := peeker{skip: k.at}
	_, _ = k.pkt.Data().ReadTo(&p, true) // an error means that more follows
	s.describe(info, &k.res)
	k.at += len(p.b)
	l := s.stack.keptLoans.Get().(*keptLoan)
	l.pkt = k.pkt.IncRef()
	if !p.more {
		k.drop()
	}
	return p.b, p.more, l.free, 0
}

// keptLoan is a piece that the program holds. They are used again.
type keptLoan struct {
	stack *Stack
	pkt   *stack.PacketBuffer
	free  func() // its release, made once
}

func (s *Stack) newKeptLoan() any {
	l := &keptLoan{stack: s}
	l.free = l.release
	return l
}

func (l *keptLoan) release() {
	l.pkt.DecRef()
	l.pkt = nil
	l.stack.keptLoans.Put(l)
}
