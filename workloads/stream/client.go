package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"unibench/workloads/internal/stream"
)

// result is what a client measured.
type result struct {
	sent, received int64
	elapsed        time.Duration
}

// transfer runs one request for about d and checks both directions.
func transfer(ctx context.Context, conn *net.TCPConn, q stream.Request, d time.Duration) (result, error) {
	if !q.Receives() && !q.Sends() {
		return result{}, fmt.Errorf("mode %q: want %s, %s or %s", q.Mode, stream.Sink, stream.Source, stream.Both)
	}
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	p := stream.NewPattern(q.Seed)
	start := time.Now()
	if _, err := io.WriteString(conn, q.String()); err != nil {
		return result{}, fmt.Errorf("ask: %w", err)
	}

	answers := make(chan answer, 1)
	go func() { answers <- readAnswer(conn, p) }()
	stop := make(chan struct{})
	defer time.AfterFunc(d, func() { close(stop) }).Stop()
	var sent int64
	var err error
	if q.Receives() {
		sent, err = send(conn, p, 0, stop)
	} else {
		select {
		case <-stop:
		case <-ctx.Done():
			err = ctx.Err()
		}
	}
	if err == nil {
		err = conn.CloseWrite()
	}
	if err != nil {
		conn.Close()
	}
	got := <-answers
	if err := errors.Join(err, got.err); err != nil {
		return result{}, err
	}
	switch {
	case got.wrong >= 0:
		return result{}, fmt.Errorf("wrong byte at position %d", got.wrong)
	case !got.ok:
		return result{}, fmt.Errorf("the server got a wrong byte at position %d", got.number)
	case got.number != sent:
		return result{}, fmt.Errorf("the server got %d bytes of %d", got.number, sent)
	}
	return result{sent: sent, received: got.bytes, elapsed: time.Since(start)}, nil
}

// answer is what a server sent, with its trailer.
type answer struct {
	received
	number int64
	ok     bool
}

// readAnswer reads to the end, holding back what may be the trailer, and compares
// the rest with p.
func readAnswer(conn io.Reader, p *stream.Pattern) answer {
	a := answer{received: received{wrong: -1}}
	b := make([]byte, stream.TrailerBytes+stream.ChunkBytes)
	held := 0
	for {
		n, err := conn.Read(b[held : held+stream.ChunkBytes-stream.TrailerBytes])
		n += held
		if data := n - stream.TrailerBytes; data > 0 {
			if k := p.Check(a.bytes, b[:data]); k < data && a.wrong < 0 {
				a.wrong = a.bytes + int64(k)
			}
			a.bytes += int64(data)
			n = copy(b, b[data:n])
		}
		held = n
		if errors.Is(err, io.EOF) {
			a.number, a.ok, a.err = stream.ParseTrailer(b[:held])
			return a
		}
		if err != nil {
			a.err = fmt.Errorf("receive: %w", err)
			return a
		}
	}
}
