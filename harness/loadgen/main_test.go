package loadgen

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"unibench/harness/record"
)

// TestMainLines plays the starter: the counters that it reads between the lines
// are exactly those of the measured requests.
func TestMainLines(t *testing.T) {
	var served atomic.Int64
	addr := serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		io.WriteString(w, helloBody)
	})
	hello := helloBody
	c := quick(Config{Protocol: HTTP, Addr: addr, Conns: 4, Mode: Open, Rates: []float64{2000, 3000}, Requests: 100,
		Warmup: Duration(20 * time.Millisecond), WaitGo: true, HTTP: &HTTPConfig{Path: "/", Body: &hello}})
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	status := make(chan int, 1)
	go func() {
		status <- Main(inR, outW)
		outW.Close()
	}()
	fmt.Fprintf(inW, "%s\n", text)
	var words []string
	var before int64
	var counted []int64
	var result Result
	out := bufio.NewScanner(outR)
	out.Buffer(nil, 1<<20)
	for out.Scan() {
		word, rest, _ := strings.Cut(out.Text(), " ")
		words = append(words, word)
		switch word {
		case "measure":
			before = served.Load()
			fmt.Fprintln(inW, "go")
		case "end":
			counted = append(counted, served.Load()-before)
			fmt.Fprintln(inW, "go")
		case "result":
			if err := json.Unmarshal([]byte(rest), &result); err != nil {
				t.Fatal(err)
			}
		}
	}
	if s := <-status; s != ExitOK {
		t.Errorf("exit status %d", s)
	}
	if got := strings.Join(words, " "); got != "ready measure end measure end result" {
		t.Errorf("lines: %s", got)
	}
	if len(result.Trials) != 2 || len(counted) != 2 {
		t.Fatalf("%d trials, %d counts: %s", len(result.Trials), len(counted), result.Reason)
	}
	for i, tr := range result.Trials {
		if tr.Requests != counted[i] {
			t.Errorf("period %d: %d requests, the server counted %d between the lines", i, tr.Requests, counted[i])
		}
	}
}

func TestMainErrors(t *testing.T) {
	addr := serveTCP(t, echoTCP)
	ok := fmt.Sprintf(`{"protocol":"tcp-echo","mode":"closed","addr":%q,"requests":10,"wait_go":true}`, addr)
	for name, test := range map[string]struct {
		in, want string
		status   int
	}{
		"configuration":   {`{"protocol":"x","y":1}`, "error read the load generator's configuration: json: unknown field", ExitConfig},
		"starter is gone": {ok, "\nerror wait for the go-ahead of the starter: EOF", ExitFailed},
		"wrong word":      {ok + "\nstop\n", `want "go"`, ExitFailed},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if status := Main(strings.NewReader(test.in), &out); status != test.status || !strings.Contains(out.String(), test.want) {
				t.Errorf("Main = %d, %q; want %d, ...%s...", status, out.String(), test.status, test.want)
			}
		})
	}
}

// TestFirstResponse: the server is not there at first, then not ready.
func TestFirstResponse(t *testing.T) {
	addr := closedPort(t)
	hello := helloBody
	c := quick(Config{Protocol: HTTP, Addr: addr, Mode: FirstResponse, HTTP: &HTTPConfig{Path: "/", Body: &hello}})
	c.Defaults()
	s, err := newSession(c)
	if err != nil {
		t.Fatal(err)
	}
	var hits atomic.Int64
	p := &prober{clock: &s.clock, dialer: s.dialer, interval: 100e3, life: 20e6, timeout: 2e9, deadline: after(&s.clock, c.Connect),
		newCodec: func() codec { return s.codec(0, 1) }}
	// Called after two attempts have been refused.
	p.observe = func() {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Error(err)
			return
		}
		server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if hits.Add(1) <= 3 {
				http.Error(w, "starting", http.StatusServiceUnavailable)
				return
			}
			io.WriteString(w, helloBody)
		})}
		t.Cleanup(func() { server.Close() })
		go server.Serve(l)
	}
	start := s.clock.now()
	r, err := p.run(start)
	if err != nil {
		t.Fatal(err)
	}
	if hits.Load() != 4 || r.Attempts < observeAt+3 || !strings.Contains(r.Last, "503") {
		t.Errorf("%d requests, %+v; want 4", hits.Load(), r)
	}
	if r.StartNS != start || r.ConnectedNS < start || r.AnswerNS < r.ConnectedNS || int64(r.Elapsed()) != r.AnswerNS-start {
		t.Errorf("times are not in order: %+v", r)
	}
	// The same through Run, from a start in the past.
	c.First = &FirstConfig{StartNS: start}
	result := mustRun(t, c)
	if result.Status != record.Complete || result.Ready == nil || result.Ready.StartNS != start || result.Ready.AnswerNS <= r.AnswerNS || len(result.Trials) != 0 {
		t.Errorf("Run: %s %q %+v", result.Status, result.Reason, result.Ready)
	}
}

// TestFirstResponseLost: lost requests for a connection do not cost a second. The
// port's queue is full, so the kernel drops them, until it is emptied.
func TestFirstResponseLost(t *testing.T) {
	l, release := fullListener(t)
	c := quick(Config{Protocol: TCPEcho, Addr: l, Mode: FirstResponse})
	c.Defaults()
	s, err := newSession(c)
	if err != nil {
		t.Fatal(err)
	}
	p := &prober{clock: &s.clock, dialer: s.dialer, interval: 1e6, life: 3e6, timeout: 2e9, deadline: after(&s.clock, c.Connect),
		newCodec: func() codec { return s.codec(0, 1) }, observe: release}
	r, err := p.run(s.clock.now())
	if err != nil {
		t.Fatal(err)
	}
	if r.Attempts <= observeAt-1 {
		t.Errorf("answered at attempt %d, before there was room", r.Attempts)
	}
	t.Logf("answered after %v and %d attempts", r.Elapsed(), r.Attempts)
}

// TestFirstResponseUDP probes with datagrams, the first of which are lost.
func TestFirstResponseUDP(t *testing.T) {
	addr := serveUDP(t, func(n int, b []byte) []byte {
		if n < 3 {
			return nil
		}
		return b
	})
	c := quick(Config{Protocol: UDPEcho, Addr: addr, Mode: FirstResponse})
	r := mustRun(t, c)
	if r.Status != record.Complete || r.Ready.Attempts < 4 {
		t.Errorf("%s %q %+v", r.Status, r.Reason, r.Ready)
	}
}

func TestClock(t *testing.T) {
	c := newClock()
	info := c.measure()
	if info.ResolutionNS <= 0 || info.CostNS <= 0 {
		t.Errorf("%+v", info)
	}
	before := monotonic(t)
	now := c.now()
	after := monotonic(t)
	// The offset is known to better than the calls beside it take.
	const slack = 100000
	if now < before-slack || now > after+slack {
		t.Errorf("clock says %d, CLOCK_MONOTONIC %d and %d", now, before, after)
	}
}
