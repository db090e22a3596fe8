package main

import (
	"bytes"
	"errors"
	"strconv"
)

// Limits of a request. One that exceeds them ends its connection.
const (
	maxArgs         = 1 << 16
	maxBulkBytes    = 4 << 20
	maxRequestBytes = 16 << 20
	maxLineBytes    = 64 << 10 // of an inline request
)

// The messages are those of Redis, after "Protocol error: ".
var (
	errMultiBulk = errors.New("invalid multibulk length")
	errBulk      = errors.New("invalid bulk length")
	errDollar    = errors.New("expected '$'")
	errNewline   = errors.New("expected a line feed after the data")
	errLine      = errors.New("too big inline request")
	errSize      = errors.New("request too large")
)

// parser takes requests apart that arrive in pieces, at each byte once. It keeps
// places within the request and no data:
//
//	*2\r\n $3\r\nGET\r\n $3\r\nkey\r\n        or, inline,   GET key\r\n
type parser struct {
	pos   int    // what is before was understood
	left  int    // arguments still to come
	begun bool   // the line with the number of arguments was read
	spans []span // the arguments so far
	args  [][]byte
}

// span is a piece of the request.
type span struct{ from, to int }

// next looks at what has come of a request. It returns the arguments, which are
// pieces of b and valid until the next call, and the length of the request; a
// length of 0 means that more must come, to be given together with b. A request
// may have no arguments.
func (p *parser) next(b []byte) (args [][]byte, size int, err error) {
	if !p.begun {
		if len(b) == 0 {
			return nil, 0, nil
		}
		if b[0] != '*' {
			return p.inline(b)
		}
		n, ok, err := p.number(b, maxArgs, errMultiBulk)
		if !ok || err != nil {
			return nil, 0, err
		}
		p.begun, p.left = true, max(n, 0)
	}
	for p.left > 0 {
		start := p.pos
		if start < len(b) && b[start] != '$' {
			return nil, 0, errDollar
		}
		n, ok, err := p.number(b, maxBulkBytes, errBulk)
		if err == nil && ok && n < 0 {
			err = errBulk
		}
		if !ok || err != nil {
			return nil, 0, err
		}
		if p.pos+n+2 > maxRequestBytes {
			return nil, 0, errSize
		}
		if len(b) < p.pos+n+2 {
			p.pos = start // the line is short, so read it again
			return nil, 0, nil
		}
		p.spans = append(p.spans, span{p.pos, p.pos + n})
		p.pos += n + 2
		if b[p.pos-2] != '\r' || b[p.pos-1] != '\n' {
			return nil, 0, errNewline
		}
		p.left--
	}
	for _, s := range p.spans {
		p.args = append(p.args, b[s.from:s.to:s.to])
	}
	return p.done(p.pos)
}

// done returns the request of that size and makes ready for the next.
func (p *parser) done(size int) ([][]byte, int, error) {
	args := p.args
	*p = parser{spans: p.spans[:0], args: p.args[:0]}
	if cap(p.spans) > 1024 { // after an unusual request
		p.spans, p.args = nil, nil
	}
	return args, size, nil
}

// number reads a line of one type byte and a number of at most limit, and moves
// pos behind it. A number below -1 is wrong, as in Redis.
func (p *parser) number(b []byte, limit int, wrong error) (n int, ok bool, err error) {
	const longest = 1 + 20 + 2
	line := b[p.pos:min(len(b), p.pos+longest)]
	end := bytes.IndexByte(line, '\n')
	if end < 0 {
		if len(line) == longest {
			return 0, false, wrong
		}
		return 0, false, nil
	}
	if end < 2 || line[end-1] != '\r' {
		return 0, false, wrong
	}
	v, err := strconv.ParseInt(string(line[1:end-1]), 10, 64)
	if err != nil || v > int64(limit) || v < -1 {
		return 0, false, wrong
	}
	p.pos += end + 1
	return int(v), true, nil
}

// inline reads a request of words in a line, as people type them.
func (p *parser) inline(b []byte) ([][]byte, int, error) {
	end := bytes.IndexByte(b[p.pos:], '\n')
	if end < 0 {
		if len(b) > maxLineBytes {
			return nil, 0, errLine
		}
		p.pos = len(b)
		return nil, 0, nil
	}
	size := p.pos + end + 1
	if size > maxLineBytes {
		return nil, 0, errLine
	}
	p.args = append(p.args, bytes.Fields(b[:size])...)
	return p.done(size)
}
