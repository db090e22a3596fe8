package loadgen

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"unibench/harness/record"
)

// quick makes a configuration short and free of limits that a busy machine breaks.
func quick(c Config) Config {
	if c.Mode == "" {
		c.Mode = Closed
	}
	def(&c.Duration, Duration(10*time.Second))
	def(&c.Conns, 3)
	if c.Requests == 0 && c.Protocol != Stream {
		c.Requests = 500
	}
	c.Limits = Limits{CPU: 100, Lag: 1e9, Dispersion: 1e9, Achieved: 1e-9}
	return c
}

// serveTCP calls handle for each connection to a listener.
func serveTCP(t testing.TB, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go acceptAll(l, handle)
	return l.Addr().String()
}

func acceptAll(l net.Listener, handle func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			handle(c)
		}()
	}
}

func echoTCP(c net.Conn) { io.Copy(c, c) }

// serveUDP sends back what change makes of each datagram, unless that is nil.
func serveUDP(t testing.TB, change func(n int, b []byte) []byte) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		b := make([]byte, 1<<16)
		for i := 0; ; i++ {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			if answer := change(i, b[:n]); answer != nil {
				c.WriteTo(answer, from)
			}
		}
	}()
	return c.LocalAddr().String()
}

func serveHTTP(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func serveRESP(t testing.TB, change func(n int64, answer string) string) string {
	t.Helper()
	return serveTCP(t, handleRESP(change))
}

// handleRESP is a small server of GET and SET; change makes the answers wrong.
func handleRESP(change func(n int64, answer string) string) func(net.Conn) {
	values := make(chan map[string]string, 1)
	values <- map[string]string{}
	var n atomic.Int64
	return func(c net.Conn) {
		r, w := bufio.NewReader(c), bufio.NewWriter(c)
		for {
			words, err := readCommand(r)
			if err != nil {
				return
			}
			m := <-values
			answer := "-ERR unknown command\r\n"
			switch strings.ToUpper(words[0]) {
			case "SET":
				m[words[1]] = words[2]
				answer = "+OK\r\n"
			case "GET":
				answer = "$-1\r\n"
				if v, ok := m[words[1]]; ok {
					answer = fmt.Sprintf("$%d\r\n%s\r\n", len(v), v)
				}
			}
			values <- m
			w.WriteString(change(n.Add(1), answer))
			if r.Buffered() == 0 && w.Flush() != nil {
				return
			}
		}
	}
}

// readCommand reads an array of strings.
func readCommand(r *bufio.Reader) (words []string, err error) {
	var n, size int
	if _, err := fmt.Fscanf(r, "*%d\r\n", &n); err != nil {
		return nil, err
	}
	for range n {
		if _, err := fmt.Fscanf(r, "$%d\r\n", &size); err != nil {
			return nil, err
		}
		b := make([]byte, size+2)
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, err
		}
		words = append(words, string(b[:size]))
	}
	return words, nil
}

func same(_ int64, answer string) string { return answer }

func mustRun(t *testing.T, c Config) Result {
	t.Helper()
	r, err := Run(c, NoBorder{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestProtocols: each protocol in both loops, against servers that know nothing of
// the generator.
func TestProtocols(t *testing.T) {
	file := strings.Repeat("0123456789abcdef", 4096)
	sum := sha256.Sum256([]byte(file))
	size := int64(len(file))
	web := serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/file":
			w.Header().Set("Content-Length", fmt.Sprint(size))
			io.WriteString(w, file)
		case "/chunks":
			for i := range 4 {
				io.WriteString(w, file[:1000*i])
				w.(http.Flusher).Flush()
			}
		default:
			io.WriteString(w, helloBody)
		}
	})
	chunks := file[:1000] + file[:2000] + file[:3000]
	hello := helloBody
	tests := map[string]Config{
		"tcp-echo":           {Protocol: TCPEcho, Addr: serveTCP(t, echoTCP)},
		"tcp-echo pipelined": {Protocol: TCPEcho, Addr: serveTCP(t, echoTCP), Depth: 16, Echo: &EchoConfig{Bytes: 1000}},
		"tcp-echo large":     {Protocol: TCPEcho, Addr: serveTCP(t, echoTCP), Depth: 3, Requests: 60, Echo: &EchoConfig{Bytes: 1 << 20}},
		"udp-echo":           {Protocol: UDPEcho, Addr: serveUDP(t, func(_ int, b []byte) []byte { return b }), Depth: 4},
		"udp-echo large":     {Protocol: UDPEcho, Addr: serveUDP(t, func(_ int, b []byte) []byte { return b }), Echo: &EchoConfig{Bytes: 8000}},
		"http":               {Protocol: HTTP, Addr: web, HTTP: &HTTPConfig{Path: "/hello", Body: &hello}},
		"http pipelined":     {Protocol: HTTP, Addr: web, Depth: 8, HTTP: &HTTPConfig{Path: "/hello", Body: &hello}},
		"http file":          {Protocol: HTTP, Addr: web, HTTP: &HTTPConfig{Path: "/file", BodySHA256: hex.EncodeToString(sum[:]), BodyBytes: &size}},
		"http chunks":        {Protocol: HTTP, Addr: web, HTTP: &HTTPConfig{Path: "/chunks", Body: &chunks}},
		"http connections":   {Protocol: HTTP, Addr: web, HTTP: &HTTPConfig{Path: "/hello", Body: &hello, NewConnection: true}},
		"resp":               {Protocol: RESP, Addr: serveRESP(t, same), RESP: &RESPConfig{Keys: 50, ValueBytes: 30, GetPercent: 70}},
		"resp pipelined":     {Protocol: RESP, Addr: serveRESP(t, same), Depth: 16, RESP: &RESPConfig{Keys: 500, ValueBytes: 3, GetPercent: 50}},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			for _, workers := range []int{1, 2} {
				c := quick(c)
				c.Workers = workers
				r := mustRun(t, c)
				if r.Status != record.Complete || len(r.Trials) != 1 {
					t.Fatalf("closed loop: %s %q, %d trials", r.Status, r.Reason, len(r.Trials))
				}
				if tr := r.Trials[0]; tr.Requests != c.Requests || tr.Sent != c.Requests || tr.Uncorrected.Count != c.Requests || tr.Corrected != nil || tr.Label != ThroughputOnly {
					t.Errorf("closed loop with %d workers: %+v", workers, tr)
				}
				c.Mode, c.Rate = Open, 5000
				r = mustRun(t, c)
				if r.Status != record.Complete {
					t.Fatalf("open loop: %s %q", r.Status, r.Reason)
				}
				if tr := r.Trials[0]; tr.Requests+tr.Unsent != c.Requests || tr.Due != c.Requests || tr.Corrected.Count != c.Requests || tr.Lag.Count != tr.Sent || tr.Label != "" {
					t.Errorf("open loop with %d workers: %+v", workers, tr)
				}
			}
		})
	}
}

// TestWrong: what a server does wrong fails the trial, and the reason quotes it.
func TestWrong(t *testing.T) {
	hello := helloBody
	get := &HTTPConfig{Path: "/", Body: &hello}
	after := func(n int64, good, bad http.HandlerFunc) http.HandlerFunc {
		var count atomic.Int64
		return func(w http.ResponseWriter, r *http.Request) {
			if count.Add(1) < n {
				good(w, r)
			} else {
				bad(w, r)
			}
		}
	}
	good := func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, helloBody) }
	cut := func(w http.ResponseWriter, r *http.Request) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\nHello")
		c.Close()
	}
	tests := map[string]struct {
		c      func() Config
		status record.Status
		want   string
	}{
		"http status": {func() Config {
			return Config{Protocol: HTTP, HTTP: get, Addr: serveHTTP(t, after(50, good, func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", 500) }))}
		},
			record.Errored, `got "HTTP/1.1 500 Internal Server Error", want HTTP/1.1 200`},
		"http body": {func() Config {
			return Config{Protocol: HTTP, HTTP: get, Addr: serveHTTP(t, after(50, good, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "Hello, wOrld!\n") }))}
		},
			record.Errored, `got "Orld!\n", want "orld!\n"`},
		"http length": {func() Config {
			return Config{Protocol: HTTP, HTTP: get, Addr: serveHTTP(t, after(50, good, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "x") }))}
		},
			record.Errored, `got "Content-Length: 1"`},
		"http cut": {func() Config { return Config{Protocol: HTTP, HTTP: get, Addr: serveHTTP(t, after(50, good, cut))} },
			record.Errored, "closed the connection with 1 requests outstanding"},
		"http connections cut": {func() Config {
			return Config{Protocol: HTTP, HTTP: &HTTPConfig{Path: "/", Body: &hello, NewConnection: true}, Addr: serveHTTP(t, after(50, good, cut))}
		},
			record.Errored, "closed the connection before the answer was complete"},
		"http wrong from the start": {func() Config {
			return Config{Protocol: HTTP, HTTP: get, Addr: serveHTTP(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "x") })}
		},
			record.Errored, "Content-Length: 14"},
		"resp": {func() Config {
			return Config{Protocol: RESP, RESP: &RESPConfig{Keys: 1, ValueBytes: 3, GetPercent: 100}, Addr: serveRESP(t, func(n int64, a string) string {
				if n == 50 {
					return "-ERR busy\r\n"
				}
				return a
			})}
		}, record.Errored, `got "-ERR busy\r\n"`},
		"echo": {func() Config {
			return Config{Protocol: TCPEcho, Addr: serveTCP(t, func(c net.Conn) {
				b := make([]byte, 64)
				for i := 0; ; i++ {
					if _, err := io.ReadFull(c, b); err != nil {
						return
					}
					if i == 20 {
						b[63] ^= 0xff
					}
					c.Write(b)
				}
			})}
		}, record.Errored, "wrong tcp-echo answer at byte 63"},
		"echo reset": {func() Config {
			return Config{Protocol: TCPEcho, Addr: serveTCP(t, func(c net.Conn) {
				io.CopyN(c, c, 640)
				io.ReadFull(c, make([]byte, 64))
				c.(*net.TCPConn).SetLinger(0)
			})}
		}, record.Errored, "reset by peer with 1 requests outstanding"},
		"missing answer": {func() Config {
			return Config{Protocol: TCPEcho, Timeout: Duration(50 * time.Millisecond), Addr: serveTCP(t, func(c net.Conn) {
				io.CopyN(c, c, 640)
				io.Copy(io.Discard, c)
			})}
		}, record.Errored, "of its requests have none"},
		"udp lost": {func() Config {
			return Config{Protocol: UDPEcho, Depth: 4, Timeout: Duration(50 * time.Millisecond), Addr: serveUDP(t, func(n int, b []byte) []byte {
				if n == 50 {
					return nil
				}
				return b
			})}
		}, record.Errored, "of its requests have none"},
		"udp short": {func() Config {
			return Config{Protocol: UDPEcho, Addr: serveUDP(t, func(n int, b []byte) []byte { return b[:len(b)-b2i(n == 50)] })}
		},
			record.Errored, "want a datagram of 64 bytes, not 63"},
		"udp long": {func() Config {
			return Config{Protocol: UDPEcho, Addr: serveUDP(t, func(n int, b []byte) []byte { return b[:len(b)+b2i(n == 50)] })}
		},
			record.Errored, "want a datagram of 64 bytes, not 65"},
		"udp body": {func() Config {
			return Config{Protocol: UDPEcho, Addr: serveUDP(t, func(n int, b []byte) []byte {
				if n == 50 {
					b[20]++
				}
				return b
			})}
		}, record.Errored, "wrong udp-echo answer at byte 20"},
		"udp numbers": {func() Config {
			return Config{Protocol: UDPEcho, Addr: serveUDP(t, func(n int, b []byte) []byte {
				if n == 50 {
					b[5]++
				}
				return b
			})}
		}, record.Errored, "want the numbers of an outstanding request"},
		"no server": {func() Config {
			return Config{Protocol: TCPEcho, Addr: closedPort(t), Connect: Duration(50 * time.Millisecond)}
		}, record.TimedOut, "connection refused"},
		"silent server": {func() Config {
			return Config{Protocol: TCPEcho, Connect: Duration(50 * time.Millisecond), Addr: serveTCP(t, func(c net.Conn) { io.Copy(io.Discard, c) })}
		},
			record.TimedOut, "did not answer within the time allowed, after 1 attempts"},
	}
	for name, test := range tests {
		for _, mode := range []Mode{Closed, Open} {
			t.Run(fmt.Sprintf("%s/%s", name, mode), func(t *testing.T) {
				c := quick(test.c())
				if c.Mode = mode; mode == Open {
					c.Rate = 5000
				}
				r := mustRun(t, c)
				if r.Status != test.status || !strings.Contains(r.Reason, test.want) {
					t.Errorf("Run = %s %q, want %s ...%s...", r.Status, r.Reason, test.status, test.want)
				}
			})
		}
	}
}

// closedPort is an address where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
