package selftest_test

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"unibench/harness/compare"
	"unibench/harness/noise"
	"unibench/harness/record"
	"unibench/harness/record/recordtest"
	"unibench/harness/selftest"
	"unibench/harness/table"
)

// session is a made-up run of two arms, compared: noise is that of a trial, slower what
// the new arm is slower by, and sticky a bias of the session as a whole.
func session(t *testing.T, suite string, seed uint64, noise, slower, sticky float64) selftest.Session {
	t.Helper()
	d := recordtest.Spec{
		Suite: suite, Seed: seed, Count: 20, Targets: []string{"unikernel", "unikernel@baseline"},
		Start: time.Date(2026, 1, 1, 0, 0, int(seed), 0, time.UTC), Baseline: &record.Baseline{Kind: record.BaselineSame},
		Units: []record.Unit{
			{Name: "boot-first-ns", Better: "lower", Primary: true}, {Name: "rss-B", Better: "lower"}, {Name: "image-B", Exact: true},
		},
		Value: func(s record.Slot, unit string, rng *rand.Rand) (float64, bool) {
			if unit == "image-B" {
				return 7, true
			}
			v := 1e6 * math.Exp(noise*rng.NormFloat64())
			if s.Target == "unikernel" && unit == "boot-first-ns" {
				v *= 1 + slower + sticky
			}
			return v, true
		},
	}.Data()
	r, err := compare.Arms(d, compare.Options{Rounds: 50})
	if err != nil {
		t.Fatal(err)
	}
	return selftest.Session{Result: r, Folder: d.Run.Dir()}
}

func many(t *testing.T, suite string, n int, noise, slower float64) (out []selftest.Session) {
	t.Helper()
	for i := range n {
		out = append(out, session(t, suite, uint64(100+i), noise, slower, 0))
	}
	return out
}

// TestApart: what the host does to whole sessions is in the floor of runs that are not
// run in turns, and not in that of those that are.
func TestApart(t *testing.T) {
	var sessions []selftest.Session
	for i := range 6 {
		one := session(t, "boot", uint64(200+i), 0.001, 0, 0)
		for r := range one.Result.Rows {
			row := &one.Result.Rows[r]
			row.Old.Median *= compare.Number(1 + 0.1*float64(i))
			row.New.Median *= compare.Number(1 + 0.1*float64(i))
		}
		sessions = append(sessions, one)
	}
	s := selftest.Summarise(sessions, nil)
	if r := s.Rows[0]; r.Floor > 0.002 || r.Apart < 0.35 || r.Apart > 0.52 {
		t.Errorf("sessions that differ by up to 50 %%: floors %v in turns and %v apart", r.Floor, r.Apart)
	}
	if r := selftest.Summarise(sessions[:1], nil).Rows[0]; r.Apart.OK() {
		t.Errorf("one session: %v apart", r.Apart)
	}
	if r := selftest.Summarise(many(t, "boot", 6, 0.02, 0), nil).Rows[0]; r.Apart < r.Floor {
		t.Errorf("floors %v in turns and %v apart", r.Floor, r.Apart)
	}
}

// TestIdentical: identical builds are hardly ever called different, and the floor is
// that of medians, not of trials.
func TestIdentical(t *testing.T) {
	const noise = 0.02
	s := selftest.Summarise(many(t, "boot", 40, noise, 0), nil)
	if err := s.Passed(); err != nil {
		t.Error(err)
	}
	differ, all := s.FalsePositives(true)
	if red, sessions := s.Repetitions(); all != 40 || differ > 2 || red > 2 || sessions != 40 {
		t.Errorf("%d of %d comparisons, %d of %d sessions", differ, all, red, sessions)
	}
	if _, all := s.FalsePositives(false); all != 40 || len(s.Rows) != 2 {
		t.Errorf("%d exploratory comparisons in %d rows: exact units are none", all, len(s.Rows))
	}
	// The median of 20 has 1.25/sqrt(20) of the noise of one, a ratio sqrt(2) of that,
	// and 95 % lie within 1.96 of it: 0.016.
	if f := float64(s.Rows[0].Floor); f < 0.008 || f > 0.03 {
		t.Errorf("floor %v of medians of trials with a noise of %v", f, noise)
	}
	if s.Suites[0].Gate.Fine+s.Suites[0].Gate.Noisy+s.Suites[0].Gate.Red != 40 || len(s.Suites[0].Runs) != 40 {
		t.Errorf("suite %+v", s.Suites[0])
	}
}

// TestFloored: with a noise floor that the other sessions give, identical builds are found
// the same where without one a session is too noisy to say; a session is not excused by
// its own noise.
func TestFloored(t *testing.T) {
	s := selftest.Summarise(many(t, "boot", 20, 0.05, 0), nil)
	plain, floored := s.Suites[0].Gate, s.Suites[0].Floored
	if plain.Noisy < 15 || floored == nil || floored.Fine < 19 || s.Passed() != nil {
		t.Errorf("without a floor %+v, with it %+v, Passed %v", plain, floored, s.Passed())
	}
	for _, tt := range []struct {
		noisy int
		want  string
	}{{1, ""}, {2, "of 18 of 20 sessions only"}} {
		sessions := many(t, "boot", 20-tt.noisy, 0.001, 0)
		for i := range tt.noisy {
			sessions = append(sessions, session(t, "boot", uint64(i), 0.3, 0, 0))
		}
		s := selftest.Summarise(sessions, nil)
		if floored := s.Suites[0].Floored; floored.Noisy != tt.noisy {
			t.Errorf("%d sessions of 20 that are noisy: %+v", tt.noisy, floored)
		}
		if err := s.Passed(); (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Passed = %v, want %q", err, tt.want)
		}
	}
	if few := selftest.Summarise(many(t, "boot", selftest.MinRepetitions, 0.001, 0), nil); few.Suites[0].Floored != nil {
		t.Errorf("the others of %d sessions are too few for a floor", selftest.MinRepetitions)
	}
	if planted := selftest.Summarise(many(t, "boot", 10, 0.001, 0.05), &record.Planted{Share: 0.05}); planted.Suites[0].Floored != nil {
		t.Error("a planted slowdown gave a noise floor")
	}
}

// TestBiased: a host that favours one arm in each session has false positives.
func TestBiased(t *testing.T) {
	var sessions []selftest.Session
	for i := range 10 {
		sessions = append(sessions, session(t, "boot", uint64(i), 0.01, 0, 0.06*float64(i%2)))
	}
	if err := selftest.Summarise(sessions, nil).Passed(); err == nil || !strings.Contains(err.Error(), "5 of 10 comparisons") {
		t.Errorf("Passed = %v", err)
	}
	// One of ten is no excess.
	sessions = append(many(t, "boot", 9, 0.001, 0), session(t, "boot", 1, 0.001, 0, 0.06))
	s := selftest.Summarise(sessions, nil)
	if differ, _ := s.FalsePositives(true); differ != 1 || s.Passed() != nil {
		t.Errorf("%d of ten differ: %v", differ, s.Passed())
	}
}

// TestPlanted: a slowdown is found and named; on a host that is too noisy for it, it is
// missed, and the test of the gate says so.
func TestPlanted(t *testing.T) {
	planted := &record.Planted{Target: "unikernel", Share: 0.05, Where: "somewhere"}
	s := selftest.Summarise(many(t, "boot", 10, 0.02, 0.05), planted)
	if err := s.Passed(); err != nil || !slices.Equal(s.Named(), []string{"Hello unikernel boot-first-ns"}) {
		t.Errorf("Passed = %v, named %v", err, s.Named())
	}
	s = selftest.Summarise(many(t, "boot", 10, 0.5, 0.05), planted)
	if err := s.Passed(); err == nil || !strings.Contains(err.Error(), "suite boot: the gate found the planted slowdown of 5 % in ") {
		t.Errorf("Passed of a noisy host = %v", err)
	}
	// Each suite by itself.
	s = selftest.Summarise(append(many(t, "boot", 40, 0.02, 0.05), many(t, "syscall", 4, 0.02, 0)...), planted)
	if err := s.Passed(); err == nil || !strings.Contains(err.Error(), "suite syscall") {
		t.Errorf("Passed with one suite where nothing is found = %v", err)
	}
}

// TestNoise: the file holds what was measured, keeps the floors of other suites while
// they hold, and is what package noise reads.
func TestNoise(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	s := selftest.Summarise(many(t, "boot", 6, 0.02, 0), nil)
	had := &noise.File{
		Schema: noise.Schema, HostClass: "pvm-2c", Measured: now.AddDate(0, 0, -7), Expires: now.AddDate(0, 0, 7),
		Floors: []noise.Floor{{Suite: "boot", Unit: "boot-first-ns", Share: 9, Apart: 9.5}, {Suite: "net", Unit: "req/s", Share: 0.04, Apart: 0.05}},
	}
	for _, tt := range []struct {
		name    string
		had     *noise.File
		now     time.Time
		net     bool
		expires time.Time
	}{
		{"first", nil, now, false, now.Add(selftest.Life)},
		{"beside another suite", had, now, true, had.Expires},
		{"after the other expired", had, now.AddDate(0, 1, 0), false, now.AddDate(0, 1, 0).Add(selftest.Life)},
	} {
		f, err := s.Noise(tt.had, tt.now)
		if err != nil {
			t.Fatal(err)
		}
		b, err := f.Format()
		if err != nil {
			t.Fatal(err)
		}
		got, err := noise.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		floor, ok := got.Lookup("boot", "Hello", "unikernel", "boot-first-ns")
		if !ok || floor.Share != float64(s.Rows[0].Floor) || floor.Apart != float64(s.Rows[0].Apart) || got.Floors[len(got.Floors)-1].Trials != 20 || got.Floors[len(got.Floors)-1].Repetitions != 6 {
			t.Errorf("%s: floor %v, %v; want %v of 20 trials and 6 repetitions: %+v", tt.name, floor, ok, s.Rows[0].Floor, got.Floors)
		}
		if _, ok := got.Lookup("net", "X", "unikernel", "req/s"); ok != tt.net || !got.Expires.Equal(tt.expires) {
			t.Errorf("%s: floor of net %v, want %v; expires %v, want %v", tt.name, ok, tt.net, got.Expires, tt.expires)
		}
		if g, _ := got.Lookup("boot", "Other", "unikernel", "boot-first-ns"); g.Share == 9 {
			t.Errorf("%s: an old floor of the same suite was kept", tt.name)
		}
	}
	if _, err := selftest.Summarise(many(t, "boot", 4, 0.02, 0), nil).Noise(nil, now); !errors.Is(err, selftest.ErrFew) {
		t.Errorf("Noise of four repetitions = %v, want %v", err, selftest.ErrFew)
	}
}

func TestWrite(t *testing.T) {
	aa := selftest.Summarise(many(t, "boot", 6, 0.001, 0), nil)
	planted := selftest.Summarise(many(t, "boot", 6, 0.001, 0.05), &record.Planted{Target: "unikernel", Share: 0.05, Where: "in the launcher"})
	for _, tt := range []struct {
		s    *selftest.Summary
		all  bool
		f    table.Format
		want []string
	}{
		{aa, false, table.Text, []string{"the same build twice", "0 of 6", "identical builds differ in 0 of 6 comparisons (0%)", "1 exploratory rows are not shown"}},
		{aa, true, table.Text, []string{"rss-B", "whose p is not corrected"}},
		{planted, false, table.Text, []string{"a slowdown of 5 % planted in unikernel", "red in 6 of 6 sessions", "it named Hello unikernel boot-first-ns", "planted in the launcher", "6 of 6", "1.05x"}},
		{aa, false, table.CSV, []string{"boot,Hello,unikernel,rss-B,false,20,6,"}},
		{aa, false, table.JSON, []string{`"host_class": "pvm-2c"`}},
	} {
		var b bytes.Buffer
		if err := tt.s.Write(&b, tt.f, tt.all); err != nil {
			t.Fatal(err)
		}
		text := strings.Join(strings.Fields(b.String()), " ")
		for _, want := range tt.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q:\n%s", tt.f, want, b.String())
			}
		}
	}
}
