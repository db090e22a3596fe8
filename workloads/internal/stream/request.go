package stream

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A Request is the first line of a connection.
type Request struct {
	Mode  string
	Seed  uint64
	Bytes int64 // that the server sends; 0: until the client ends its side
	Check bool  // whether the server compares what it gets with the pattern
}

// The modes, seen from the client: what the server is.
const (
	Sink   = "sink"
	Source = "source"
	Both   = "both"
)

// Sizes of the messages.
const (
	MaxLine      = 64 // bytes of a request
	TrailerBytes = 24 // at the end of what the server sends
)

// ErrRequest is for what is no request.
var ErrRequest = errors.New("the request is not MODE SEED BYTES [check]")

// Receives reports whether the server gets data.
func (q Request) Receives() bool { return q.Mode == Sink || q.Mode == Both }

// Sends reports whether the server sends data.
func (q Request) Sends() bool { return q.Mode == Source || q.Mode == Both }

func (q Request) String() string {
	line := fmt.Sprintf("%s %d %d", q.Mode, q.Seed, q.Bytes)
	if q.Check {
		line += " check"
	}
	return line + "\n"
}

// ParseRequest takes a line with its end.
func ParseRequest(line string) (q Request, err error) {
	line, ended := strings.CutSuffix(line, "\n")
	f := strings.Split(line, " ")
	if !ended || len(line) >= MaxLine || len(f) != 3 && len(f) != 4 || len(f) == 4 && f[3] != "check" {
		return Request{}, ErrRequest
	}
	seed, err1 := strconv.ParseUint(f[1], 10, 64)
	n, err2 := strconv.ParseUint(f[2], 10, 63)
	q = Request{Mode: f[0], Seed: seed, Bytes: int64(n), Check: len(f) == 4}
	if err := errors.Join(err1, err2); err != nil {
		return Request{}, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	if !q.Receives() && !q.Sends() || q.Mode == Sink && q.Bytes != 0 {
		return Request{}, ErrRequest
	}
	return q, nil
}

// Trailer is what the server sends last.
func Trailer(ok bool, n int64) string {
	word := "no"
	if ok {
		word = "ok"
	}
	return fmt.Sprintf("%s %020d\n", word, n)
}

// ParseTrailer returns the number in a trailer and whether it is that of bytes
// which were right.
func ParseTrailer(b []byte) (n int64, ok bool, err error) {
	s := string(b)
	ok = strings.HasPrefix(s, "ok ")
	if len(s) != TrailerBytes || !ok && !strings.HasPrefix(s, "no ") || s[TrailerBytes-1] != '\n' {
		return 0, false, fmt.Errorf("the connection ends with %q and not with a count", s)
	}
	n, err = strconv.ParseInt(s[3:TrailerBytes-1], 10, 64)
	return n, ok, err
}
