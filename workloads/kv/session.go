package main

import (
	"io"
	"time"
)

const (
	bufferBytes = 16 << 10 // input buffer of a connection, and what its output keeps
	flushBytes  = 64 << 10 // output is written at the latest when there is so much
)

// session is one connection.
type session struct {
	service *service
	parser  parser
	in, out []byte
	quit    bool // the client asked for the end, or sent what is no request
	clock   func() int64
	name    [16]byte // of the command, in capitals
}

func newSession(s *service) *session {
	return &session{service: s, in: make([]byte, 0, bufferBytes), out: make([]byte, 0, bufferBytes), clock: s.now}
}

// serve answers requests until the client ends or fails: then nobody is left who
// could be told why.
func (c *session) serve(conn io.ReadWriter) {
	for !c.quit {
		if err := c.fill(conn); err != nil {
			return
		}
		rest := c.in
		for !c.quit {
			size := c.step(rest)
			if size == 0 {
				break
			}
			rest = rest[size:]
			if len(c.out) >= flushBytes && c.flush(conn) != nil {
				return
			}
		}
		if len(c.out) > 0 && c.flush(conn) != nil {
			return
		}
		c.keep(rest)
	}
}

// step answers the first request of b and returns its length, 0 if it is not all
// there.
func (c *session) step(b []byte) int {
	args, size, err := c.parser.next(b)
	if err != nil {
		c.out = appendError(c.out, "ERR Protocol error: "+err.Error())
		c.quit = true
		return 0
	}
	if size > 0 && len(args) > 0 {
		c.execute(args)
	}
	return size
}

// fill reads once, into a buffer with room.
func (c *session) fill(conn io.Reader) error {
	if len(c.in) == cap(c.in) {
		larger := make([]byte, len(c.in), 2*cap(c.in))
		copy(larger, c.in)
		c.in = larger
	}
	n, err := conn.Read(c.in[len(c.in):cap(c.in)])
	c.in = c.in[:len(c.in)+n]
	if n > 0 {
		return nil // an error comes again
	}
	if err == nil {
		err = io.ErrNoProgress
	}
	return err
}

// keep moves what is left of the input to the front of the buffer. After a large
// request, the buffer gets small again.
func (c *session) keep(rest []byte) {
	into := c.in[:0]
	if cap(into) > 4*bufferBytes && len(rest) < bufferBytes {
		into = make([]byte, 0, bufferBytes)
	}
	c.in = append(into, rest...)
}

func (c *session) flush(conn io.Writer) error {
	_, err := conn.Write(c.out)
	if cap(c.out) > 4*flushBytes {
		c.out = make([]byte, 0, bufferBytes)
	}
	c.out = c.out[:0]
	return err
}

// uptime is for INFO.
func (s *service) uptime() time.Duration { return s.clock().Sub(s.started) }
