package zerocopy

import (
	"errors"
	"fmt"
	"net"
	"sync"
)

// Conn receives and sends over a connection of package net. One goroutine at a
// time may receive and one may send.
type Conn struct {
	under net.Conn
	back  backend
}

// backend is one way to move messages.
type backend interface {
	// recv waits for at least one message and fills ms from the start.
	recv(ms []Message) (int, error)
	// send sends all of ms, in order, and takes their leases over.
	send(ms []Message) error
	// wait waits until all that was sent is done with.
	wait() error
	// copies reports whether the processor copies the payload.
	copies() bool
}

// ErrUnsupported is the error for connections other than TCP and UDP ones.
var ErrUnsupported = errors.New("zero-copy needs a *net.TCPConn or a *net.UDPConn")

// NewConn returns a Conn over c, a *net.TCPConn or a *net.UDPConn. c stays the
// caller's: it is closed, and its deadlines are set, as without a Conn. Its own
// Read and Write should not be used meanwhile.
func NewConn(c net.Conn) (*Conn, error) {
	switch c := c.(type) {
	case *net.TCPConn:
		raw, err := c.SyscallConn()
		if err != nil {
			return nil, fmt.Errorf("open a connection for zero-copy: %w", err)
		}
		if b := newLending(raw); b != nil {
			return &Conn{c, b}, nil
		}
		return &Conn{c, newStream(c)}, nil
	case *net.UDPConn:
		raw, err := c.SyscallConn()
		if err != nil {
			return nil, fmt.Errorf("open a connection for zero-copy: %w", err)
		}
		if b := newLending(raw); b != nil {
			return &Conn{c, b}, nil
		}
		return &Conn{c, newDatagrams(c)}, nil
	}
	return nil, fmt.Errorf("open a connection for zero-copy: %T: %w", c, ErrUnsupported)
}

// Recv waits for data and fills ms from its start: one datagram each, or
// consecutive pieces of a stream. It returns how many it filled, at least 1, or
// an error: io.EOF at the end of a stream. What ms held before is overwritten:
// release it first, or send it.
func (c *Conn) Recv(ms []Message) (int, error) {
	if len(ms) == 0 {
		return 0, nil
	}
	return c.back.recv(ms)
}

// Send sends ms in order and returns when all of them are on their way. It takes
// their data over, also if there is an error: of lent messages for good, they
// are released when they have been sent; of others until Done is called.
func (c *Conn) Send(ms []Message) error { return c.back.send(ms) }

// Wait returns when nothing that was sent is in use any more and every Done has
// been called.
func (c *Conn) Wait() error { return c.back.wait() }

// Copies reports whether the platform copies the payload all the same.
func (c *Conn) Copies() bool { return c.back.copies() }

// pool holds buffers of one size for received data.
type pool struct {
	mu   sync.Mutex
	size int
	all  [][]byte
	free []int
}

// get returns a buffer and its number.
func (p *pool) get() ([]byte, uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		i := p.free[n-1]
		p.free = p.free[:n-1]
		return p.all[i], uint64(i)
	}
	p.all = append(p.all, make([]byte, p.size))
	return p.all[len(p.all)-1], uint64(len(p.all) - 1)
}

func (p *pool) giveBack(token uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, int(token))
}
