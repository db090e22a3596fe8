package suite

import (
	"slices"
	"strings"
	"testing"
	"time"

	"unibench/harness/netlab"
	"unibench/harness/record"
	"unibench/harness/target"
)

// linked is a program that has nothing but a link.
type linked struct{ target.Program }

func (linked) Link() netlab.LinkKind { return netlab.Veth }

// TestPlantedNetwork: both builds get a delayed network, the new one by the share more;
// without a planted slowdown it is direct.
func TestPlantedNetwork(t *testing.T) {
	env := &target.Env{Relay: []string{"bench", netlab.RelayArg}}
	s := &Session{plan: &Plan{env: env}}
	if c := s.network(record.Slot{Target: "process"}, linked{}); c.Shape != nil || c.Link != netlab.Veth {
		t.Errorf("a network without a planted slowdown: %+v", c)
	}
	env.Plant = target.Plant{Share: 0.05, Wire: 2 * time.Millisecond}
	for name, want := range map[string]time.Duration{"process": 2100 * time.Microsecond, "process@baseline": 2 * time.Millisecond} {
		c := s.network(record.Slot{Target: name}, linked{})
		if c.Shape == nil || c.Shape.Delay != want || !slices.Equal(c.Relay, env.Relay) {
			t.Errorf("network of %s: %+v, want a delay of %v", name, c, want)
		}
	}
}

func TestPlaces(t *testing.T) {
	want := map[string]Place{"boot": Launcher, "net": Network, "syscall": Program, "pairs": 0}
	for _, s := range All() {
		if s.Place() != want[s.Name] || s.FirstPrimary() == "" {
			t.Errorf("suite %s: place %d, first primary unit %q", s.Name, s.Place(), s.FirstPrimary())
		}
	}
}

// TestGated: what is repeated for the gate holds no benchmark of many programs, in which no
// slowdown can be planted, and has trials for a test of all of them.
func TestGated(t *testing.T) {
	for _, s := range All() {
		d := s.Gated()
		if d.Timeout != s.Defaults.Timeout || d.MemoryBytes != s.Defaults.MemoryBytes || d.Count < 20 {
			t.Errorf("suite %s: %+v", s.Name, d)
		}
		gated, err := (Config{
			Suite: s.Name, Run: d.Run, Targets: []string{"unikernel"}, Count: d.Count, Order: "random", Runtime: target.Runtimes()[0], Timeout: d.Timeout,
			Memory: d.MemoryBytes, Load: LoadConfig{Duration: d.Duration, Sweep: d.Sweep, SLO: d.SLO},
		}).Resolve()
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range gated.Benchmarks {
			if b.Crowd != nil {
				t.Errorf("suite %s: %s is repeated", s.Name, b.Name)
			}
		}
		if d.Run != "" && strings.Count(d.Run, "|") != len(gated.Benchmarks)-1 {
			t.Errorf("suite %s: %q names more than there is: %d benchmarks", s.Name, d.Run, len(gated.Benchmarks))
		}
	}
}

// TestAgain: another schedule of the same programs, and the first plan unchanged.
func TestAgain(t *testing.T) {
	s, _ := Find("boot")
	p := &Plan{Suite: s, Config: Config{Seed: 1, Count: 9, Order: "random"}, Run: record.Run{Targets: []string{"a", "a@baseline"}, Seed: 1, Count: 9}}
	planted := &record.Planted{Share: 0.05}
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	q, err := p.Again(7, 3, start, planted)
	if err != nil {
		t.Fatal(err)
	}
	if q.Run.Seed != 7 || q.Run.Count != 3 || !q.Run.Start.Equal(start) || q.Run.Planted != planted || len(q.Schedule) != 3*2*len(s.Benchmarks) {
		t.Errorf("again: %+v with %d slots", q.Run, len(q.Schedule))
	}
	if p.Run.Seed != 1 || p.Config.Count != 9 || p.Run.Planted != nil || p.Schedule != nil {
		t.Errorf("the first plan changed: %+v", p)
	}
	if _, err := p.Again(7, 0, start, nil); err == nil {
		t.Error("a plan of no blocks was made")
	}
}
