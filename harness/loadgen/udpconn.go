package loadgen

import (
	"encoding/binary"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// A datagram begins with the number of its slot and its sequence number, then
// comes the pattern from a place that depends on both:
//
//	0       4            12        16                    size
//	| slot  | sequence   | zero    | pattern             |
const (
	udpSeq  = 4
	udpBody = 16
	// udpBatch is how many datagrams one call receives.
	udpBatch = 64
)

// udpSlot is one of the outstanding requests of a socket.
type udpSlot struct {
	flight
	seq  uint64
	used bool
}

// udpConn is a connected socket with up to depth datagrams outstanding, whose
// answers may come in any order. A datagram that is lost, changed or doubled is
// an error.
type udpConn struct {
	w       *worker
	id, fd  int
	pattern *pattern
	slots   []udpSlot
	free    []int32
	seq     uint64
	out, in *mmsg
	pending []int32 // slots of the datagrams in out, from off on
	off     int
	stamped int // of pending
	blocked bool
}

func newUDPConn(w *worker, id, fd, depth, size int, p *pattern) (*udpConn, error) {
	u := &udpConn{w: w, id: id, fd: fd, pattern: p, slots: make([]udpSlot, depth),
		free: make([]int32, depth), pending: make([]int32, 0, depth),
		// One byte more shows a datagram that has become longer.
		out: newMmsg(depth, size), in: newMmsg(min(depth+1, udpBatch), size+1)}
	for i := range u.free {
		u.free[i] = int32(depth - 1 - i)
	}
	return u, w.register(fd, id, unix.EPOLLIN)
}

func (u *udpConn) room() int {
	if u.blocked {
		return 0
	}
	return len(u.free)
}

func (u *udpConn) outstanding() int { return len(u.slots) - len(u.free) }

func (u *udpConn) oldest() int64 {
	var t int64
	for i := range u.slots {
		if s := &u.slots[i]; s.used && (t == 0 || s.sent < t) {
			t = s.sent
		}
	}
	return t
}

// body is the part of a datagram that follows its numbers.
func (u *udpConn) body(slot int, seq uint64, n int) []byte {
	return u.pattern.at(int64(u.id*7919+slot*127)+int64(seq%patternPeriod), n)
}

func (u *udpConn) add(due int64) error {
	slot := u.free[len(u.free)-1]
	u.free = u.free[:len(u.free)-1]
	u.seq++
	s := &u.slots[slot]
	s.seq, s.used, s.due, s.sent = u.seq, true, due, due
	d := u.out.datagram(len(u.pending))
	u.pending = append(u.pending, slot)
	binary.LittleEndian.PutUint32(d, uint32(slot))
	binary.LittleEndian.PutUint64(d[udpSeq:], s.seq)
	copy(d[udpBody:], u.body(int(slot), s.seq, len(d)-udpBody))
	return nil
}

func (u *udpConn) flush(now int64) error {
	for _, slot := range u.pending[u.stamped:] {
		s := &u.slots[slot]
		s.sent = now
		u.w.departed(s.due, now)
	}
	u.stamped = len(u.pending)
	return u.write()
}

// write hands the prepared datagrams to the kernel, as many as it takes.
func (u *udpConn) write() error {
	for u.off < len(u.pending) {
		n, errno := u.out.send(u.fd, u.off, len(u.pending))
		if errno == unix.EAGAIN {
			if !u.blocked {
				u.blocked = true
				return u.w.modify(u.fd, u.id, unix.EPOLLIN|unix.EPOLLOUT)
			}
			return nil
		}
		if errno != 0 {
			return fmt.Errorf("%w with %d requests outstanding", os.NewSyscallError("sendmmsg", errno), u.outstanding())
		}
		u.off += n
		u.w.t.bytesOut += int64(n * u.out.size)
	}
	u.pending, u.off, u.stamped = u.pending[:0], 0, 0
	if u.blocked {
		u.blocked = false
		return u.w.modify(u.fd, u.id, unix.EPOLLIN)
	}
	return nil
}

func (u *udpConn) event(flags uint32) error {
	if u.blocked && flags&unix.EPOLLOUT != 0 {
		if err := u.write(); err != nil {
			return err
		}
		if !u.blocked {
			u.w.roomAgain(u.id, u.w.clock.now())
		}
	}
	for flags&^unix.EPOLLOUT != 0 {
		n, errno := u.in.recv(u.fd)
		if errno == unix.EAGAIN {
			break
		}
		if errno != 0 {
			return fmt.Errorf("%w with %d requests outstanding", os.NewSyscallError("recvmmsg", errno), u.outstanding())
		}
		now := u.w.clock.now()
		for i := range n {
			if err := u.take(u.in.got(i), now); err != nil {
				return err
			}
		}
		if u.w.open {
			u.w.roomAgain(u.id, now)
		} else if err := u.w.refill(u, now); err != nil {
			return err
		}
		if n < len(u.in.hdr) {
			break // epoll tells if more has come
		}
	}
	return nil
}

// take checks one datagram, which came at now.
func (u *udpConn) take(b []byte, now int64) error {
	if len(b) != u.out.size {
		return wrong(UDPEcho, int64(min(len(b), u.out.size)), b, "a datagram of %d bytes, not %d", u.out.size, len(b))
	}
	slot := int(binary.LittleEndian.Uint32(b))
	seq := binary.LittleEndian.Uint64(b[udpSeq:])
	if slot >= len(u.slots) || !u.slots[slot].used || u.slots[slot].seq != seq || binary.LittleEndian.Uint32(b[udpSeq+8:]) != 0 {
		return wrong(UDPEcho, 0, b, "the numbers of an outstanding request")
	}
	if want := u.body(slot, seq, len(b)-udpBody); string(b[udpBody:]) != string(want) {
		return mismatch(UDPEcho, udpBody, b[udpBody:], want)
	}
	u.w.t.bytesIn += int64(len(b))
	s := &u.slots[slot]
	s.used = false
	u.free = append(u.free, int32(slot))
	u.w.answer(s.due, s.sent, now)
	return nil
}

func (u *udpConn) close() { unix.Close(u.fd) }
