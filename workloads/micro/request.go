package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Of the request that a server answers here.
const (
	requestText = "GET /hello?name=world HTTP/1.1\r\nHost: example.org\r\nUser-Agent: micro\r\nAccept: */*\r\n\r\n"
	greeting    = "hello, world\n"
	// kept is how many answers the server remembers: each stays until as many more
	// have come, in pieces of many sizes, so that what a program has served long ago
	// lies between what it serves now.
	kept     = 4096
	leastOld = 16
	mostOld  = 2048
	// switches is how often a request enters the kernel in a server whose connection
	// is kept: to read, to write, and to wait for the next.
	switches = 3
)

// server answers requests that come over a pipe over another, all in one goroutine, so
// that no switch between goroutines is in an operation. It parses by itself: the
// standard library's parser would bring the network into the program.
type server struct {
	ask, answered *os.File // of the client
	in            *bufio.Reader
	out           *os.File
	answer        []byte
	old           [kept][]byte
	served        int
}

func newServer() (*server, error) {
	r1, w1, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	r2, w2, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, r1.Close(), w1.Close())
	}
	return &server{ask: w1, in: bufio.NewReader(r1), answered: r2, out: w2, answer: make([]byte, 512)}, nil
}

// request is one request and its answer, checked.
func (s *server) request() error {
	if _, err := io.WriteString(s.ask, requestText); err != nil {
		return fmt.Errorf("ask: %w", err)
	}
	if err := s.serve(); err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	n, err := s.answered.Read(s.answer)
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if a := string(s.answer[:n]); !strings.HasSuffix(a, greeting) {
		return fmt.Errorf("request: %w: %q", errWrong, a)
	}
	return nil
}

func (s *server) serve() error {
	first, err := s.in.ReadString('\n')
	if err != nil {
		return err
	}
	_, name, _ := strings.Cut(strings.Fields(first)[1], "?name=")
	fields := make(map[string]string)
	for {
		line, err := s.in.ReadString('\n')
		if err != nil {
			return err
		}
		key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			break
		}
		fields[strings.ToLower(key)] = value
	}
	s.old[s.served%kept] = make([]byte, leastOld+s.served*97%(mostOld-leastOld))
	s.served++
	body := "hello, " + name + "\n"
	_, err = fmt.Fprintf(s.out, "HTTP/1.1 200 OK\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s", fields["host"], len(body), body)
	return err
}

// requests is the server, with further calls of the system in each request, as many as
// a request of a kept connection makes; each n times what extra does, or none.
func requests(extra func(*measured) (op, error)) func(*measured) (op, error) {
	return func(m *measured) (op, error) {
		s, err := newServer()
		if err != nil || extra == nil {
			return loop(s.request), err
		}
		calls, err := extra(m)
		if err != nil {
			return nil, err
		}
		return loop(func() error {
			if _, err := calls(switches); err != nil {
				return err
			}
			return s.request()
		}), nil
	}
}
