package loadgen

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"unibench/harness/record"
)

// TestStall: a server that stands still shows in the latencies from when requests
// were due, and hardly in those from when they were sent.
func TestStall(t *testing.T) {
	const stall = 100 * time.Millisecond
	addr := serveTCP(t, func(c net.Conn) {
		b := make([]byte, 64)
		for i := 0; ; i++ {
			if _, err := io.ReadFull(c, b); err != nil {
				return
			}
			if i == 200 {
				<-time.After(stall)
			}
			c.Write(b)
		}
	})
	c := quick(Config{Protocol: TCPEcho, Addr: addr, Conns: 1, Mode: Open, Arrivals: Constant, Rate: 1000, Requests: 400})
	r := mustRun(t, c)
	if r.Status != record.Complete {
		t.Fatalf("%s: %s", r.Status, r.Reason)
	}
	// slow counts what took at least half as long as the stall.
	slow := func(h *Histogram) (n int64) {
		d, err := h.Decode()
		if err != nil {
			t.Fatal(err)
		}
		for _, bar := range d.Distribution() {
			if bar.From >= stall.Nanoseconds()/2 {
				n += bar.Count
			}
		}
		return n
	}
	tr := r.Trials[0]
	corrected, uncorrected := slow(tr.Corrected), slow(tr.Uncorrected)
	t.Logf("at least %v: %d of %d corrected, %d uncorrected; p99 %v and %v", stall/2, corrected, tr.Corrected.Count, uncorrected,
		time.Duration(tr.Corrected.P99), time.Duration(tr.Uncorrected.P99))
	// 100 requests were due meanwhile; the first 50 of them waited for so long.
	if uncorrected < 1 || corrected < 40*uncorrected {
		t.Errorf("%d corrected and %d uncorrected latencies of at least %v: want about 50 and 1", corrected, uncorrected, stall/2)
	}
	if tr.Waited < 50 {
		t.Errorf("%d requests waited for the connection, want about 100", tr.Waited)
	}
}

// TestOffered: how many requests are due follows from rate, duration and seed
// alone, however fast the server is.
func TestOffered(t *testing.T) {
	addr := serveTCP(t, echoTCP)
	for _, a := range []Arrivals{Constant, Poisson} {
		c := quick(Config{Protocol: TCPEcho, Addr: addr, Conns: 8, Mode: Open, Arrivals: a, Rate: 20000, Seed: 9, Duration: Duration(200 * time.Millisecond)})
		c.Requests = 0
		r := mustRun(t, c)
		if r.Status != record.Complete {
			t.Fatalf("%s: %s", r.Status, r.Reason)
		}
		s := newSchedule(a, 9, 0)
		s.start(0, 200e6, 20000, 1, -1)
		want := int64(0)
		for ; !s.over(); want++ {
			s.take()
		}
		if tr := r.Trials[0]; tr.Due != want || tr.Sent+tr.Unsent != want || tr.Corrected.Count != want {
			t.Errorf("%s: %d due, %d sent, %d given up; want %d", a, tr.Due, tr.Sent, tr.Unsent, want)
		}
	}
}

// TestSaturated: requests beyond what the server can do are not forgotten.
func TestSaturated(t *testing.T) {
	addr := serveTCP(t, func(c net.Conn) {
		b := make([]byte, 64)
		for tick := time.NewTicker(5 * time.Millisecond); ; <-tick.C {
			if _, err := io.ReadFull(c, b); err != nil {
				tick.Stop()
				return
			}
			c.Write(b)
		}
	})
	c := quick(Config{Protocol: TCPEcho, Addr: addr, Conns: 1, Mode: Open, Arrivals: Constant, Rate: 2000, Duration: Duration(200 * time.Millisecond)})
	c.Requests = 0
	c.Limits.Achieved = 0.99
	r := mustRun(t, c)
	tr := r.Trials[0]
	if r.Status != record.TimedOut || !tr.Saturated || !strings.Contains(r.Reason, "the server was saturated") {
		t.Errorf("%s: %s", r.Status, r.Reason)
	}
	if tr.Due != 399 || tr.Unsent == 0 || tr.Sent+tr.Unsent != tr.Due || tr.Corrected.Count != tr.Due || tr.Uncorrected.Count != tr.Sent {
		t.Errorf("due %d, sent %d, given up %d, corrected %d, uncorrected %d", tr.Due, tr.Sent, tr.Unsent, tr.Corrected.Count, tr.Uncorrected.Count)
	}
}

// TestAllocations: in the steady state nothing is allocated, whatever the protocol
// and the loop. The responder does not allocate either.
func TestAllocations(t *testing.T) {
	hello := helloBody
	for name, c := range map[string]Config{
		"tcp-echo":       {Protocol: TCPEcho, Depth: 4},
		"udp-echo":       {Protocol: UDPEcho, Depth: 4},
		"http":           {Protocol: HTTP, Depth: 4, HTTP: &HTTPConfig{Path: "/", Body: &hello}},
		"resp":           {Protocol: RESP, Depth: 4, RESP: &RESPConfig{GetPercent: 100}},
		"resp set":       {Protocol: RESP, Depth: 4, RESP: &RESPConfig{GetPercent: 0}},
		"stream send":    {Protocol: Stream, Stream: &StreamConfig{Direction: Send}},
		"stream receive": {Protocol: Stream, Stream: &StreamConfig{Direction: Receive}},
	} {
		t.Run(name, func(t *testing.T) {
			c := quick(c)
			c.Defaults()
			sk, err := newSink(&c)
			if err != nil {
				t.Fatal(err)
			}
			sk.start(nil)
			defer func() {
				if err := sk.stop(); err != nil {
					t.Error(err)
				}
			}()
			s, err := newSession(c)
			if err != nil {
				t.Fatal(err)
			}
			defer s.close()
			s.sink = true
			if err := s.connect(1e9); err != nil {
				t.Fatal(err)
			}
			rates := []float64{0, 50000}
			if c.Protocol == Stream {
				rates = rates[:1]
			}
			for _, rate := range rates {
				w := s.workers[0]
				w.sched = newSchedule(Poisson, 1, 0)
				load := func() {
					now := s.clock.now()
					p := period{start: now, end: now + 10e9, rate: rate, bound: 2000}
					if c.Protocol == Stream {
						p.end, p.bound = now+20e6, -1
					}
					if err := w.run(p); err != nil {
						t.Fatal(err)
					}
				}
				load() // buffers get their size
				// What earlier tests left behind may allocate meanwhile; what
				// requests need would be there each time.
				n := 1.0
				for try := 0; try < 5 && n != 0; try++ {
					n = testing.AllocsPerRun(1, load)
				}
				if n != 0 {
					t.Errorf("rate %v: %v allocations in 2000 requests, want 0", rate, n)
				}
			}
		})
	}
}

// TestStream moves data in both directions and checks it at both ends.
func TestStream(t *testing.T) {
	for _, d := range []Direction{Send, Receive, Both} {
		c := quick(Config{Protocol: Stream, Conns: 2, Warmup: Duration(10 * time.Millisecond), Duration: Duration(50 * time.Millisecond), Stream: &StreamConfig{Direction: d, Check: true}})
		c.Defaults()
		sk, err := newSink(&c)
		if err != nil {
			t.Fatal(err)
		}
		sk.start(nil)
		r := mustRun(t, c)
		if err := sk.stop(); err != nil {
			t.Error(err)
		}
		if r.Status != record.Complete {
			t.Fatalf("%s: %s %s", d, r.Status, r.Reason)
		}
		tr := r.Trials[0]
		if (tr.GoodputOut > 0) != (d != Receive) || (tr.GoodputIn > 0) != (d != Send) || tr.Label != ThroughputOnly {
			t.Errorf("%s: %+v", d, tr)
		}
	}
}

func TestStreamWrong(t *testing.T) {
	pattern := newPattern(streamSeed)
	for name, test := range map[string]struct {
		direction Direction
		handle    func(c net.Conn)
		want      string
	}{
		"wrong byte": {Receive, func(c net.Conn) {
			b := append([]byte{}, pattern.at(0, 60000)...)
			b[50000]++
			c.Write(b)
			io.Copy(io.Discard, c)
		}, "wrong stream answer at byte 50000"},
		"server saw a wrong byte": {Send, func(c net.Conn) {
			io.Copy(io.Discard, c)
			fmt.Fprintf(c, "no %020d\n", 7)
		}, "the server received a wrong byte at position 7"},
		"bytes are missing": {Send, func(c net.Conn) {
			io.Copy(io.Discard, c)
			fmt.Fprintf(c, "ok %020d\n", 7)
		}, `got "ok 00000000000000000007\n"`},
		"no trailer":      {Send, func(c net.Conn) { io.Copy(io.Discard, c) }, `got "", want "ok 0`},
		"closes too soon": {Receive, func(c net.Conn) { c.Write(pattern.at(0, 100)) }, "closed the connection"},
	} {
		t.Run(name, func(t *testing.T) {
			addr := serveTCP(t, func(c net.Conn) {
				line := make([]byte, 0, 64)
				for b := make([]byte, 1); len(line) < 64 && !strings.HasSuffix(string(line), "\n"); {
					if _, err := c.Read(b); err != nil {
						return
					}
					line = append(line, b[0])
				}
				if strings.HasPrefix(string(line), "source 1 16\n") { // the first question
					c.Write(pattern.at(0, 16))
					return
				}
				test.handle(c)
			})
			c := quick(Config{Protocol: Stream, Addr: addr, Conns: 1, Duration: Duration(30 * time.Millisecond), Stream: &StreamConfig{Direction: test.direction}})
			if r := mustRun(t, c); r.Status != record.Errored || !strings.Contains(r.Reason, test.want) {
				t.Errorf("%s %q, want E ...%s...", r.Status, r.Reason, test.want)
			}
		})
	}
}

// TestCeiling measures each protocol for a moment.
func TestCeiling(t *testing.T) {
	sum := strings.Repeat("0", 64)
	size := int64(1000)
	for _, c := range []Config{
		{Protocol: TCPEcho}, {Protocol: UDPEcho, Depth: 8},
		{Protocol: HTTP, Conns: 32, HTTP: &HTTPConfig{Path: "/", BodySHA256: sum, BodyBytes: &size}},
		{Protocol: HTTP, HTTP: &HTTPConfig{Path: "/", BodySHA256: sum, BodyBytes: &size, NewConnection: true}},
		{Protocol: RESP, Depth: 16, RESP: &RESPConfig{Keys: 1000, GetPercent: 80, ValueBytes: 3}},
		{Protocol: Stream, Stream: &StreamConfig{Direction: Send}},
	} {
		c = quick(c)
		c.Mode, c.Requests, c.Duration, c.Warmup = Ceiling, 0, Duration(100*time.Millisecond), Duration(20*time.Millisecond)
		r := mustRun(t, c)
		if r.Status != record.Complete || r.Ceiling == nil || r.Ceiling.Rate <= 0 || r.Ceiling.CPUPerRequest <= 0 || r.Ceiling.Max <= 0 || !r.Ceiling.Shared {
			t.Errorf("%s: %s %q %+v", c.Protocol, r.Status, r.Reason, r.Ceiling)
			continue
		}
		t.Logf("%s: %.0f/s reached, %.0f ns of CPU each, at most %.0f/s", c.Protocol, r.Ceiling.Rate, r.Ceiling.CPUPerRequest, r.Ceiling.Max)
		if r.Config.HTTP != nil && r.Config.HTTP.BodySHA256 != sum || r.Config.RESP != nil && r.Config.RESP.Keys != 1000 {
			t.Errorf("%s: the configuration was changed", c.Protocol)
		}
	}
}

// TestSweepAndSearch runs several periods over the same connections.
func TestSweepAndSearch(t *testing.T) {
	addr := serveTCP(t, echoTCP)
	c := quick(Config{Protocol: TCPEcho, Addr: addr, Mode: Open, Rates: []float64{1000, 2000, 4000}, Requests: 50})
	r := mustRun(t, c)
	if r.Status != record.Complete || len(r.Trials) != 3 || r.Trials[2].Offered != 4000 || r.Trials[2].Requests != 50 {
		t.Errorf("sweep: %s %q, %d trials", r.Status, r.Reason, len(r.Trials))
	}
	c.Rates, c.Search = nil, &Search{P99: Duration(time.Minute), Low: 1000, High: 2000}
	if r = mustRun(t, c); r.Found == nil || r.Found.Rate != 2000 || len(r.Trials) != 2 {
		t.Errorf("search with an easy goal: %s %q %+v", r.Status, r.Reason, r.Found)
	}
	c.Search.P99 = Duration(time.Microsecond)
	if r = mustRun(t, c); r.Found == nil || r.Found.Rate != 0 || r.Found.Bad != 1000 || len(r.Trials) != 1 || r.Status != record.Complete {
		t.Errorf("search with an impossible goal: %s %q %+v", r.Status, r.Reason, r.Found)
	}
	c.Search.P99, c.Limits.CPU = Duration(time.Minute), 1e-9
	if r = mustRun(t, c); r.Found == nil || r.Found.Rate != 0 || r.Status != record.GeneratorLimited || !strings.Contains(r.Found.Reason, "the generator, not the server") {
		t.Errorf("search with a weak generator: %s %q %+v", r.Status, r.Reason, r.Found)
	}
}

func TestWarmup(t *testing.T) {
	addr := serveTCP(t, echoTCP)
	c := quick(Config{Protocol: TCPEcho, Addr: addr, Warmup: Duration(2 * time.Millisecond), WarmupRequests: 1 << 40})
	if r := mustRun(t, c); r.Status != record.NotWarm || !strings.Contains(r.Reason, "warm-up") {
		t.Errorf("%s %q, want W", r.Status, r.Reason)
	}
	c.WarmupRequests = 1
	if r := mustRun(t, c); r.Status != record.Complete {
		t.Errorf("%s %q, want C", r.Status, r.Reason)
	}
}
