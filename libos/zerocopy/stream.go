package zerocopy

import "net"

// stream is the backend for TCP on Linux. It receives into buffers that are used
// again and sends as usual. MSG_ZEROCOPY is not used: the kernel reports the end of
// each send on the socket's error queue, which Go's poller takes for an error of
// the connection (a read then fails with "not pollable"), and between machines
// without a network card, as in all of our measurements, it copies all the same.
type stream struct {
	conn *net.TCPConn
	pool pool
}

// received is the size of the buffers to receive into.
const received = 64 << 10

func newStream(c *net.TCPConn) *stream { return &stream{conn: c, pool: pool{size: received}} }

func (s *stream) copies() bool { return true }
func (s *stream) wait() error  { return nil }

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
	for i := range ms {
		if err == nil {
			_, err = s.conn.Write(ms[i].Data)
		}
		ms[i].drop()
	}
	return err
}
