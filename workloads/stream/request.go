package main

import (
	"bufio"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// A request is the first line of a connection.
type request struct {
	mode  string
	seed  uint64
	bytes int64 // that the server sends; 0: until the client ends its side
	check bool
}

// The modes, seen from the client: what the server is.
const (
	sink   = "sink"
	source = "source"
	both   = "both"
)

const (
	maxLine      = 64
	trailerBytes = 24
)

var errRequest = errors.New("the request is not MODE SEED BYTES [check]")

// receives and sends say what the server does.
func (q request) receives() bool { return q.mode == sink || q.mode == both }
func (q request) sends() bool    { return q.mode == source || q.mode == both }

func (q request) String() string {
	line := fmt.Sprintf("%s %d %d", q.mode, q.seed, q.bytes)
	if q.check {
		line += " check"
	}
	return line + "\n"
}

func parseRequest(line string) (q request, err error) {
	line, ended := strings.CutSuffix(line, "\n")
	f := strings.Split(line, " ")
	if !ended || len(line) >= maxLine || len(f) != 3 && len(f) != 4 || len(f) == 4 && f[3] != "check" {
		return request{}, errRequest
	}
	seed, err1 := strconv.ParseUint(f[1], 10, 64)
	n, err2 := strconv.ParseUint(f[2], 10, 63)
	q = request{mode: f[0], seed: seed, bytes: int64(n), check: len(f) == 4}
	if err := errors.Join(err1, err2); err != nil {
		return request{}, fmt.Errorf("%w: %w", errRequest, err)
	}
	if !q.receives() && !q.sends() || q.mode == sink && q.bytes != 0 {
		return request{}, errRequest
	}
	return q, nil
}

// readRequest takes one line of bounded length from r, whose buffer holds one.
func readRequest(r *bufio.Reader) (request, error) {
	line, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return request{}, errRequest
	}
	if err != nil {
		return request{}, fmt.Errorf("read the request: %w", err)
	}
	return parseRequest(string(line))
}

// trailer is what the server sends last.
func trailer(ok bool, n int64) string {
	word := "no"
	if ok {
		word = "ok"
	}
	return fmt.Sprintf("%s %020d\n", word, n)
}

// parseTrailer returns the number in a trailer and whether it is that of bytes
// which were right.
func parseTrailer(b []byte) (n int64, ok bool, err error) {
	s := string(b)
	ok = strings.HasPrefix(s, "ok ")
	if len(s) != trailerBytes || !ok && !strings.HasPrefix(s, "no ") || s[trailerBytes-1] != '\n' {
		return 0, false, fmt.Errorf("the connection ends with %q and not with a count", s)
	}
	n, err = strconv.ParseInt(s[3:trailerBytes-1], 10, 64)
	return n, ok, err
}
