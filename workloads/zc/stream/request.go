package main

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"

	"unibench/libos/zerocopy"
)

const (
	maxLine    = 64
	period     = 65521     // bytes after which the pattern repeats
	chunkBytes = 128 << 10 // most that is sent or compared at once
)

// pattern is one period and a chunk of the bytes that are sent.
type pattern []byte

func newPattern(seed uint64) pattern {
	p := make(pattern, period+chunkBytes)
	rng := rand.New(rand.NewPCG(seed, period))
	for i := range period {
		p[i] = byte(rng.Uint32())
	}
	for i := period; i < len(p); i++ {
		p[i] = p[i-period]
	}
	return p
}

// at returns the n bytes at position pos, n up to chunkBytes, to be read only.
func (p pattern) at(pos int64, n int) []byte {
	off := int(pos % period)
	return p[off : off+n]
}

// request is the first line of a connection.
type request struct {
	sends bool
	seed  uint64
	bytes int64 // that the server sends; 0: until the client ends its side
	check bool
}

var errRequest = errors.New("the request is not MODE SEED BYTES [check]")

func parse(line string) (q request, err error) {
	f := strings.Split(line, " ")
	if len(f) != 3 && len(f) != 4 || len(f) == 4 && f[3] != "check" {
		return q, errRequest
	}
	switch f[0] {
	case "sink":
	case "source", "both":
		q.sends = true
	default:
		return q, errRequest
	}
	q.check = len(f) == 4
	var err1, err2 error
	q.seed, err1 = strconv.ParseUint(f[1], 10, 64)
	q.bytes, err2 = strconv.ParseInt(f[2], 10, 64)
	return q, errors.Join(err1, err2)
}

// readLine takes the first line, without its end, and what came with it.
func readLine(conn *zerocopy.Conn) (line string, rest []byte, err error) {
	ms := make([]zerocopy.Message, 1)
	var all []byte
	for {
		if _, err := conn.Recv(ms); err != nil {
			return "", nil, err
		}
		all = append(all, ms[0].Data...)
		ms[0].Release()
		before, after, ok := bytes.Cut(all, []byte("\n"))
		switch {
		case ok:
			return string(before), after, nil
		case len(all) > maxLine:
			return "", nil, errRequest
		}
	}
}
