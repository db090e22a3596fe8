// Command stream is the server of workloads/stream, which has the protocol and the
// client, by package zerocopy: what comes in is looked at where it lies, what goes
// out is handed over.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"unibench/libos/zerocopy"
	"unibench/workloads/internal/server"
)

const (
	pieces       = 64 // most that are received at once
	requestLimit = 10 * time.Second
)

func main() { os.Exit(server.Main(run, os.Args[1:])) }

// run returns the exit status.
func run(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	flags := server.NewFlags("stream", stderr)
	addr := flags.String("addr", ":5201", "listen on `address`")
	return server.Run(flags, args, func() error {
		l, err := server.Listen(stdout, *addr)
		if err != nil {
			return err
		}
		// What ends one connection is for its client to see.
		return server.Serve(ctx, l, func(conn *net.TCPConn) { _ = handle(conn) })
	})
}

// handle serves one connection.
func handle(tcp *net.TCPConn) error {
	if err := tcp.SetReadDeadline(time.Now().Add(requestLimit)); err != nil {
		return err
	}
	conn, err := zerocopy.NewConn(tcp)
	if err != nil {
		return err
	}
	line, rest, err := readLine(conn)
	if err != nil {
		return err
	}
	q, err := parse(line)
	if err != nil {
		return err
	}
	if err := tcp.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	p := newPattern(q.seed)
	r := receiver{want: p, wrong: -1}
	if !q.check {
		r.want = nil
	}
	r.take(rest)

	// The receiver runs in every mode: its end is that of the client's data.
	received := make(chan error, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		received <- r.run(conn)
	}()
	if q.sends {
		err = send(conn, p, q.bytes, ended)
	}
	if err != nil {
		tcp.Close()
	}
	if err := errors.Join(err, <-received); err != nil {
		return err
	}
	word, number := "ok", r.bytes
	if r.wrong >= 0 {
		word, number = "no", r.wrong
	}
	_, err = fmt.Fprintf(tcp, "%s %020d\n", word, number)
	return err
}

// receiver counts what comes in and, unless want is nil, compares it.
type receiver struct {
	want  pattern
	bytes int64
	wrong int64 // position of the first byte that differs, or -1
}

func (r *receiver) take(b []byte) {
	for r.want != nil && r.wrong < 0 && len(b) > 0 {
		n := min(len(b), chunkBytes)
		if want := r.want.at(r.bytes, n); !bytes.Equal(b[:n], want) {
			for r.wrong = r.bytes; b[r.wrong-r.bytes] == want[r.wrong-r.bytes]; r.wrong++ {
			}
		}
		r.bytes += int64(n)
		b = b[n:]
	}
	r.bytes += int64(len(b))
}

// run takes all that comes, up to the end.
func (r *receiver) run(conn *zerocopy.Conn) error {
	ms := make([]zerocopy.Message, pieces)
	for {
		n, err := conn.Recv(ms)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range ms[:n] {
			r.take(ms[i].Data)
			ms[i].Release()
		}
	}
}

// send sends limit bytes of the pattern, or without a limit until stop is closed.
func send(conn *zerocopy.Conn, p pattern, limit int64, stop <-chan struct{}) error {
	ms := make([]zerocopy.Message, 1)
	for sent := int64(0); limit == 0 || sent < limit; {
		n := int64(chunkBytes)
		if limit > 0 {
			n = min(n, limit-sent)
		} else {
			select {
			case <-stop:
				return conn.Wait()
			default:
			}
		}
		// Nobody changes the pattern, so it can be on its way many times.
		ms[0] = zerocopy.Message{Data: p.at(sent, int(n))}
		if err := conn.Send(ms); err != nil {
			return err
		}
		sent += n
	}
	return conn.Wait()
}
