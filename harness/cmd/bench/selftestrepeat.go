package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"unibench/harness/compare"
	"unibench/harness/record"
	"unibench/harness/selftest"
	"unibench/harness/suite"
	"unibench/harness/target"
)

// repeat runs one suite again and again, with programs that are built once.
func (m *measuring) repeat(ctx context.Context, c suite.Config, f *selftestFlags) ([]selftest.Session, *record.Planted, error) {
	s, _ := suite.Find(c.Suite)
	var place suite.Place // none
	if f.share > 0 {
		place = s.Place()
	}
	m.plant = target.Plant{Delay: make(map[string]time.Duration)}
	switch place {
	case suite.Program:
		m.plant.Share = f.share
	case suite.Network:
		m.plant.Share, m.plant.Wire = f.share, plantedWire
	}
	plan, err := m.plan(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	seed := c.Seed
	next := func(count int, planted *record.Planted) (*record.Data, error) {
		seed++
		if had := f.had[sessionKey{c.Suite, seed}]; had != nil {
			return m.again(ctx, plan, had, count, planted)
		}
		start, err := nextSecond(ctx, m.origin.Start)
		if err != nil {
			return nil, err
		}
		m.origin.Start = start
		p, err := plan.Again(seed, count, start, planted)
		if err != nil {
			return nil, err
		}
		return m.session(ctx, p, nil)
	}
	held := delays{suite: plan.Suite, share: f.share, unit: plan.Suite.FirstPrimary(), into: m.plant.Delay}
	var planted *record.Planted
	switch place {
	case suite.Program:
		planted = &record.Planted{Target: strings.Join(c.Targets, ", "), Share: f.share, Where: fmt.Sprintf(
			"in suite %s: the program keeps its processor busy after each batch for %.3g %% of its time, as a part of it", c.Suite, 100*f.share)}
	case suite.Network:
		planted = &record.Planted{Target: strings.Join(c.Targets, ", "), Share: f.share, Where: fmt.Sprintf(
			"in suite %s: the relay of the network delays frames by %v each way on both builds, and on the new one by %.3g %% more", c.Suite, plantedWire, 100*f.share)}
	case suite.Launcher:
		fmt.Fprintf(m.a.stderr, "bench: suite %s: a pilot of %d blocks\n", c.Suite, pilotCount)
		d, err := next(pilotCount, nil)
		if err != nil {
			return nil, nil, err
		}
		if err := held.learn(d); err != nil {
			return nil, nil, err
		}
		planted = &record.Planted{Target: strings.Join(c.Targets, ", "), Share: f.share, Where: fmt.Sprintf(
			"in suite %s: the launcher keeps its processor busy for %.3g %% of the median that %s of the baseline had in a pilot and the sessions before, after the start of the clock and before that of the program", c.Suite, 100*f.share, held.unit)}
	}
	o, err := f.options(m.plain.Host.Class())
	if err != nil {
		return nil, nil, err
	}
	var out []selftest.Session
	var longest time.Duration // one measured before takes next to nothing
	for n := range f.reps {
		left := ""
		if longest > time.Second {
			left = fmt.Sprintf(", %v left", (longest * time.Duration(f.reps-n)).Round(time.Second))
		}
		fmt.Fprintf(m.a.stderr, "bench: suite %s: %d of %d%s\n", c.Suite, n+1, f.reps, left)
		begun := time.Now()
		d, err := next(c.Count, planted)
		if err != nil {
			return nil, nil, err
		}
		longest = max(longest, time.Since(begun))
		if place == suite.Launcher {
			if err := held.learn(d); err != nil {
				return nil, nil, err
			}
		}
		r, err := compare.Arms(d, o)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, selftest.Session{Result: r, Folder: d.Run.Dir(), Failed: failedTrials(d)})
	}
	return out, planted, nil
}

// failedTrials counts the trials of a session that gave no result.
func failedTrials(d *record.Data) int {
	n := 0
	for _, t := range d.Trials {
		if t.Status != record.Complete {
			n++
		}
	}
	return n
}

// again returns a session that a self-test had before it was interrupted, after what is
// left of it has been run.
func (m *measuring) again(ctx context.Context, plan *suite.Plan, had *earlier, count int, planted *record.Planted) (*record.Data, error) {
	d := had.data
	p, err := plan.Again(d.Run.Seed, count, d.Run.Start, planted)
	if err != nil {
		return nil, err
	}
	if err := p.Matches(d.Run); err != nil {
		return nil, &record.DataError{Path: d.Dir, Reason: "cannot be continued here", Err: err}
	}
	if had.sealed && len(d.Pending()) == 0 {
		fmt.Fprintf(m.a.stderr, "bench: measured before: %s\n", shown(d.Dir))
		return d, nil
	}
	return m.session(ctx, p, d)
}

// options are those of the comparison of a session. A planted slowdown is looked for with
// the noise floor that is stored, as the gate does; to measure the floor, none is known.
func (f *selftestFlags) options(hostClass string) (compare.Options, error) {
	min, err := share("min", f.min)
	o := compare.Options{Min: min, Now: time.Now(), Allow: []string{compare.RuleFailed}} // counted apart
	if err != nil || f.share == 0 {
		return o, err
	}
	o.Floor, err = storedFloor(f.floorFile(hostClass), hostClass)
	return o, err
}

// nextSecond waits until the clock shows another second than last: the folders of runs
// are named by it.
func nextSecond(ctx context.Context, last time.Time) (time.Time, error) {
	for {
		now := time.Now()
		if now.Unix() > last.Unix() {
			return now, nil
		}
		select {
		case <-ctx.Done():
			return now, ctx.Err()
		case <-time.After(now.Truncate(time.Second).Add(time.Second).Sub(now)):
		}
	}
}

// together describes what was planted in several suites.
func together(a, b *record.Planted) *record.Planted {
	if a == nil || b == nil || a.Where == b.Where {
		return b
	}
	c := *a
	c.Where += "; " + b.Where
	return &c
}
