package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"unibench/workloads/internal/stream"
)

// requestLimit is how long a client may take for its first line.
const requestLimit = 10 * time.Second

// handle serves one connection.
func handle(conn *net.TCPConn) error {
	if err := conn.SetReadDeadline(time.Now().Add(requestLimit)); err != nil {
		return err
	}
	r := bufio.NewReaderSize(conn, stream.MaxLine)
	q, err := readRequest(r)
	if err != nil {
		return err
	}
	if err := conn.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	p := stream.NewPattern(q.Seed)

	// The receiver runs in every mode: its end is that of the client's data.
	received := make(chan received, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		check := p
		if !q.Check {
			check = nil
		}
		received <- receive(r, conn, check)
	}()
	if q.Sends() {
		_, err = send(conn, p, q.Bytes, ended)
	}
	if err != nil {
		conn.Close()
	}
	got := <-received
	if err := errors.Join(err, got.err); err != nil {
		return err
	}
	_, err = io.WriteString(conn, stream.Trailer(got.wrong < 0, got.number()))
	return err
}

// readRequest takes one line of bounded length from r, whose buffer holds one.
func readRequest(r *bufio.Reader) (stream.Request, error) {
	line, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		return stream.Request{}, stream.ErrRequest
	}
	if err != nil {
		return stream.Request{}, fmt.Errorf("read the request: %w", err)
	}
	return stream.ParseRequest(string(line))
}

// received is what came from the other side.
type received struct {
	bytes int64
	wrong int64 // position of the first byte that differs, or -1
	err   error
}

// number is that of the trailer.
func (r received) number() int64 {
	if r.wrong >= 0 {
		return r.wrong
	}
	return r.bytes
}

// receive reads to the end: first what is buffered, then from conn itself. It
// compares with p unless that is nil.
func receive(buffered *bufio.Reader, conn io.Reader, p *stream.Pattern) received {
	got := received{wrong: -1}
	b := make([]byte, stream.ChunkBytes)
	for {
		var n int
		var err error
		if k := buffered.Buffered(); k > 0 {
			n, err = buffered.Read(b[:k])
		} else {
			n, err = conn.Read(b)
		}
		if p != nil && got.wrong < 0 {
			if k := p.Check(got.bytes, b[:n]); k < n {
				got.wrong = got.bytes + int64(k)
			}
		}
		got.bytes += int64(n)
		if errors.Is(err, io.EOF) {
			return got
		}
		if err != nil {
			got.err = fmt.Errorf("receive: %w", err)
			return got
		}
	}
}

// send writes limit bytes of the pattern, or without a limit until stop is closed.
func send(conn io.Writer, p *stream.Pattern, limit int64, stop <-chan struct{}) (sent int64, err error) {
	for limit == 0 || sent < limit {
		n := int64(stream.ChunkBytes)
		if limit > 0 {
			n = min(n, limit-sent)
		} else {
			select {
			case <-stop:
				return sent, nil
			default:
			}
		}
		k, err := conn.Write(p.At(sent, int(n)))
		sent += int64(k)
		if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
			return sent, fmt.Errorf("send: the other side closed: %w", err)
		}
		if err != nil {
			return sent, fmt.Errorf("send: %w", err)
		}
	}
	return sent, nil
}
