package zerocopy

import (
	"errors"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// stream is the backend for TCP on Linux. It receives into buffers that are used
// again, and sends large messages with MSG_ZEROCOPY: the kernel then numbers the
// sends and reports ranges of numbers on the socket's error queue when it no
// longer needs the data.
type stream struct {
	conn *net.TCPConn
	raw  syscall.RawConn
	pool pool

	pinning bool // MSG_ZEROCOPY is on
	flights flights
	sent    []int  // numbers in flights of the kernel's sends first, first+1, ...
	first   uint32 // the kernel's number of sent[0]
	control [128]byte
}

// received is the size of the buffers to receive into.
const received = 64 << 10

// worthPinning is from where on the kernel's documentation says that
// MSG_ZEROCOPY pays: about 10 KB.
const worthPinning = 16 << 10

func newStream(c *net.TCPConn, raw syscall.RawConn) *stream {
	s := &stream{conn: c, raw: raw, pool: pool{size: received}}
	raw.Control(func(fd uintptr) {
		s.pinning = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ZEROCOPY, 1) == nil
	})
	return s
}

func (s *stream) copies() bool { return true }

func (s *stream) recv(ms []Message) (int, error) {
	b, token := s.pool.get()
	n, err := s.conn.Read(b)
	if n == 0 {
		s.pool.giveBack(token)
		return 0, err
	}
	ms[0] = Message{Data: b[:n], lent: lease{&s.pool, token}}
	return 1, nil
}

func (s *stream) send(ms []Message) (err error) {
	s.reap()
	for i := range ms {
		m := &ms[i]
		switch {
		case err != nil || len(m.Data) == 0:
			m.drop()
		case s.pinning && len(m.Data) >= worthPinning:
			err = s.sendPinned(m)
		default:
			_, err = s.conn.Write(m.Data)
			m.drop()
		}
	}
	return err
}

// sendPinned sends m in as many parts as the kernel takes it.
func (s *stream) sendPinned(m *Message) error {
	data := m.Data
	number := s.flights.add(m)
	s.flights.all[number].parts = 1
	var failed error
	err := s.raw.Write(func(fd uintptr) bool {
		for len(data) > 0 {
			n, err := unix.SendmsgN(int(fd), data, nil, nil, unix.MSG_ZEROCOPY|unix.MSG_NOSIGNAL)
			switch {
			case errors.Is(err, unix.EINTR):
				continue
			case errors.Is(err, unix.EAGAIN):
				return false
			case errors.Is(err, unix.ENOBUFS): // too much is pinned
				n, err = unix.SendmsgN(int(fd), data, nil, nil, unix.MSG_NOSIGNAL)
				if errors.Is(err, unix.EAGAIN) {
					return false
				}
			case err == nil:
				s.flights.all[number].parts++
				s.sent = append(s.sent, number)
			}
			if err != nil {
				failed = os.NewSyscallError("sendmsg", err)
				return true
			}
			data = data[n:]
		}
		return true
	})
	s.flights.end(number, 1)
	return errors.Join(err, failed)
}

// reap handles the reports on the error queue.
func (s *stream) reap() {
	for len(s.sent) > 0 {
		var n int
		var err error
		s.raw.Control(func(fd uintptr) {
			_, n, _, _, err = unix.Recvmsg(int(fd), nil, s.control[:], unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
		})
		if err != nil {
			return
		}
		s.report(s.control[:n])
	}
}

// wait looks at the error queue as often as the poller reports something: an
// error queue that is not empty counts as an error, which wakes writers.
func (s *stream) wait() error {
	s.reap()
	if len(s.sent) == 0 {
		return nil
	}
	return s.raw.Write(func(fd uintptr) bool {
		for len(s.sent) > 0 {
			_, n, _, _, err := unix.Recvmsg(int(fd), nil, s.control[:], unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
			if errors.Is(err, unix.EAGAIN) {
				return false
			}
			if err != nil {
				return true
			}
			s.report(s.control[:n])
		}
		return true
	})
}

// report ends the sends that a report (struct sock_extended_err of ip(7)) names.
func (s *stream) report(control []byte) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return
	}
	for _, m := range messages {
		r, ok := parseReport(m.Data)
		if !ok {
			continue
		}
		if r.copied {
			s.pinning = false // then it only costs
		}
		for ; len(s.sent) > 0 && r.hi-s.first < 1<<31; s.first++ {
			s.flights.end(s.sent[0], 1)
			s.sent = s.sent[1:]
		}
	}
}

// report is one entry of the error queue: sends lo to hi are done.
type report struct {
	lo, hi uint32
	copied bool
}

// parseReport reads a struct sock_extended_err that is about MSG_ZEROCOPY.
func parseReport(b []byte) (r report, ok bool) {
	const origin, code, info, data, size = 4, 6, 8, 12, 16
	if len(b) < size || b[origin] != unix.SO_EE_ORIGIN_ZEROCOPY {
		return r, false
	}
	r.lo = uint32(b[info]) | uint32(b[info+1])<<8 | uint32(b[info+2])<<16 | uint32(b[info+3])<<24
	r.hi = uint32(b[data]) | uint32(b[data+1])<<8 | uint32(b[data+2])<<16 | uint32(b[data+3])<<24
	r.copied = b[code]&unix.SO_EE_CODE_ZEROCOPY_COPIED != 0
	return r, true
}
