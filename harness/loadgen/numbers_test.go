package loadgen

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"unibench/harness/record"
)

func TestConstantSchedule(t *testing.T) {
	s := newSchedule(Constant, 1, 0)
	s.start(1000, 1000+10e9, 3, 1, -1)
	n := 0
	for !s.over() {
		if s.due(s.next-1) || !s.due(s.next) {
			t.Fatalf("request %d is due at another time than %d", n, s.next)
		}
		n++
		if got, want := s.take(), 1000+int64(float64(n)*1e9/3); got < want-1 || got > want+1 {
			t.Fatalf("request %d at %d, want %d: rounding must not add up", n, got, want)
		}
	}
	if n != 29 { // those at 1/3 s to 29/3 s: the one at 10 s is outside
		t.Errorf("%d requests in 10 s, want 29", n)
	}
	s.start(0, 10e9, 1000, 0, 7)
	for n = 0; !s.over(); n++ {
		s.take()
	}
	if n != 7 {
		t.Errorf("%d requests, the bound is 7", n)
	}
}

// arrivalsOf passes the times of a schedule through the arrivals test.
func arrivalsOf(a Arrivals, rate float64, change func(i int, t int64) int64) *ArrivalTest {
	s := newSchedule(a, 3, 0)
	s.start(0, 10e9, rate, 1, -1)
	var test arrivalTest
	test.start(0, rate)
	for i := 0; !s.over(); i++ {
		test.add(change(i, s.take()))
	}
	return test.result()
}

func TestArrivals(t *testing.T) {
	same := func(_ int, t int64) int64 { return t }
	p := arrivalsOf(Poisson, 10000, same)
	if math.Abs(p.Dispersion-1) > p.Tolerance {
		t.Errorf("dispersion of Poisson arrivals = %v, want 1 within %v", p.Dispersion, p.Tolerance)
	}
	if want := int64(100000 / windowGaps); p.Windows < want-want/10 || p.Windows > want {
		t.Errorf("%d windows, want about %d", p.Windows, want)
	}
	if c := arrivalsOf(Constant, 10000, same); c.Dispersion > 0.1 {
		t.Errorf("dispersion of constant arrivals = %v, want 0", c.Dispersion)
	}
	// A generator that stands still for 20 ms in each 100 ms and then catches up.
	stalls := arrivalsOf(Poisson, 10000, func(_ int, t int64) int64 {
		if in := t % 100e6; in < 20e6 {
			t += 20e6 - in
		}
		return t
	})
	if stalls.Dispersion < 2 {
		t.Errorf("dispersion with stalls = %v, want much more than 1", stalls.Dispersion)
	}
	// One that leaves a pause after each request.
	last := int64(0)
	paced := arrivalsOf(Poisson, 10000, func(_ int, t int64) int64 {
		last = max(t, last+90e3)
		return last
	})
	if paced.Dispersion > 0.8 {
		t.Errorf("dispersion with pauses = %v, want much less than 1", paced.Dispersion)
	}
}

func TestHistogram(t *testing.T) {
	h := newHist()
	if s, err := h.summary(); s != nil || err != nil {
		t.Errorf("summary of nothing = %v, %v", s, err)
	}
	rng := rand.New(rand.NewPCG(5, 5))
	for range 10000 {
		h.add(int64(rng.ExpFloat64() * 1e6))
	}
	h.add(-5)
	h.add(math.MaxInt64)
	s, err := h.summary()
	if err != nil {
		t.Fatal(err)
	}
	if s.Count != 10002 || s.Min != 0 || s.Max != histHighest {
		t.Errorf("summary = %+v", s)
	}
	if want := math.Ln2 * 1e6; math.Abs(float64(s.P50)-want) > want/20 {
		t.Errorf("median = %d, want about %.0f", s.P50, want)
	}
	d, err := s.Decode()
	if err != nil {
		t.Fatal(err)
	}
	if got := d.ValueAtPercentile(99); got != s.P99 || d.TotalCount() != s.Count {
		t.Errorf("decoded: p99 %d of %d, want %d of %d", got, d.TotalCount(), s.P99, s.Count)
	}
	if _, err := (&Histogram{HDR: "no"}).Decode(); err == nil {
		t.Error("nonsense was decoded")
	}
}

func TestJudge(t *testing.T) {
	good := func() Trial {
		return Trial{Status: record.Complete, Offered: 1000, Due: 1000, InPeriod: 1000, Requests: 1000, Achieved: 1, CPU: 0.3,
			Lag: &Histogram{P99: 900}, Uncorrected: &Histogram{P50: 10000}, Corrected: &Histogram{},
			Arrivals: &ArrivalTest{Windows: 1000, Dispersion: 1.05, Tolerance: 0.1}}
	}
	for name, test := range map[string]struct {
		change    func(t *Trial)
		status    record.Status
		saturated bool
		want      string
	}{
		"good":                {func(t *Trial) {}, record.Complete, false, ""},
		"late":                {func(t *Trial) { t.Lag.P99 = 1000 }, record.GeneratorLimited, false, "schedule lag p99 1000 ns"},
		"busy":                {func(t *Trial) { t.CPU = 0.7 }, record.GeneratorLimited, false, "used 70 %"},
		"bursts":              {func(t *Trial) { t.Arrivals.Dispersion = 1.21 }, record.GeneratorLimited, false, "not Poisson"},
		"throttled":           {func(t *Trial) { t.Arrivals.Dispersion = 0.5 }, record.GeneratorLimited, false, "not Poisson"},
		"saturated":           {func(t *Trial) { t.Achieved = 0.98 }, record.TimedOut, true, "the server was saturated"},
		"both":                {func(t *Trial) { t.Achieved, t.CPU = 0.5, 0.9 }, record.GeneratorLimited, false, "used 90 %"},
		"nothing":             {func(t *Trial) { t.Requests = 0 }, record.Errored, false, "no request"},
		"few":                 {func(t *Trial) { t.Arrivals = nil }, record.Complete, false, ""},
		"closed loop":         {func(t *Trial) { *t = Trial{Status: record.Complete, Label: ThroughputOnly, Requests: 1, CPU: 0.69} }, record.Complete, false, ""},
		"busy in closed loop": {func(t *Trial) { *t = Trial{Status: record.Complete, Label: ThroughputOnly, Requests: 1, CPU: 0.71} }, record.GeneratorLimited, false, "71 %"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Config{Mode: Open, Protocol: TCPEcho}
			cfg.Defaults()
			trial := good()
			test.change(&trial)
			cfg.Limits.judge(&cfg, &trial)
			if trial.Status != test.status || trial.Saturated != test.saturated || !strings.Contains(trial.Reason, test.want) || (test.want == "") != (trial.Reason == "") {
				t.Errorf("judge = %s %q, saturated %v; want %s ...%s..., %v", trial.Status, trial.Reason, trial.Saturated, test.status, test.want, test.saturated)
			}
			if name == "few" && len(trial.Warnings) == 0 {
				t.Error("no warning about too few requests")
			}
		})
	}
}

func TestAchieved(t *testing.T) {
	// 1000 a second at 50 ms each: 50 in flight at the end are no loss.
	trial := Trial{Offered: 1000, Due: 1000, InPeriod: 950, Uncorrected: &Histogram{Mean: 50e6}}
	if got := achieved(&trial); got != 1 {
		t.Errorf("achieved = %v, want 1", got)
	}
	trial.InPeriod = 849
	if got := achieved(&trial); math.Abs(got-0.9) > 1e-9 {
		t.Errorf("achieved = %v, want 0.9", got)
	}
}

func TestBisect(t *testing.T) {
	for name, test := range map[string]struct {
		limit      float64
		runs       int
		rate, bad  float64 // bounds of what must be found
		wantReason string
	}{
		"between":   {37000, 10, 36000, 38000, "all steps done"},
		"below all": {10, 1, 0, 1000, "not even"},
		"above all": {1e9, 2, 100000, 0, "even the highest"},
	} {
		s := Search{Low: 1000, High: 100000, Steps: 10}
		runs := 0
		f, err := s.bisect(func(rate float64) (bool, error) { runs++; return rate <= test.limit, nil })
		if err != nil || runs != test.runs || !strings.Contains(f.Reason, test.wantReason) {
			t.Errorf("%s: %d runs, %+v, %v", name, runs, f, err)
		}
		if f.Rate < test.rate || test.bad != 0 && f.Bad > test.bad || f.Rate > test.limit || f.Bad != 0 && f.Bad <= test.limit {
			t.Errorf("%s: found %+v, the limit is %v", name, f, test.limit)
		}
	}
	s := Search{Low: 1, High: 100, Steps: 5}
	boom := errors.New("boom")
	f, err := s.bisect(func(rate float64) (bool, error) {
		if rate > 50 {
			return false, boom
		}
		return true, nil
	})
	if !errors.Is(err, boom) || f.Rate != 1 || f.Reason != "boom" {
		t.Errorf("search with a failure = %+v, %v", f, err)
	}
}

func TestNeighbourWarning(t *testing.T) {
	const table = `IP address       HW type     Flags       HW address            Mask     Device
198.18.0.2       0x1         0x0         00:00:00:00:00:00     *        tap0
198.18.0.3       0x1         0x2         02:00:00:00:00:01     *        tap1
`
	if w := neighbourWarning("198.18.0.2:80", table); !strings.Contains(w, "tap0") {
		t.Errorf("incomplete entry: warning %q", w)
	}
	for _, addr := range []string{"198.18.0.3:80", "198.18.0.4:80", "[fe80::1]:80"} {
		if w := neighbourWarning(addr, table); w != "" {
			t.Errorf("%s: warning %q, want none", addr, w)
		}
	}
}
