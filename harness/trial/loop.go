package trial

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"unibench/harness/record"
)

// Outcome is what one start of a program gave.
type Outcome struct {
	Stdout, Stderr []byte
	ExitStatus     int

	Iters    int // requests completed; 0 means 1, one start
	Values   map[string]float64
	Gaps     map[string]string // units that should have a value, with the reason why not
	Points   []record.Point
	Phases   []record.Phase
	Warnings []string
	Labels   []string // of a trial that counts
	Raw      []string // files below raw/ that hold more

	// Limited says why the load generator and not the program was measured,
	// or is empty. Such a trial does not count.
	Limited string
}

// Recorder stores trials; *record.Writer is one.
type Recorder interface {
	Pending() []record.Slot
	Append(record.Trial) error
}

// Progress says what is about to run.
type Progress struct {
	Slot      record.Slot
	Done, All int           // trials, of those that were pending at the start
	Remaining time.Duration // estimate from the trials so far; 0 for unknown
}

// Loop runs trials. Its functions are called on the caller's goroutine.
type Loop struct {
	Recorder Recorder
	Timeout  time.Duration // of one trial, without preparation

	// Execute runs the program of a slot. With an error, a non-nil outcome
	// may still carry what was seen. It must end soon after ctx.
	Execute func(ctx context.Context, s record.Slot) (*Outcome, error)
	// Expect returns what the program of a slot must do.
	Expect func(s record.Slot) Expect
	// Failed, if not nil, is given the output of a trial that failed, to be
	// kept; it returns the names of the files below raw/.
	Failed func(s record.Slot, o *Outcome) ([]string, error)
	// BeforeBlock, if not nil, runs before the first trial of each block and
	// returns the time of its canary.
	BeforeBlock func(block int) (time.Duration, error)
	// BeforeTrial, if not nil, runs before each trial, last of all, and returns labels
	// that the trial gets if it is complete. It must end soon after ctx.
	BeforeTrial func(ctx context.Context, s record.Slot) ([]string, error)
	// Label, if not nil, returns the labels of a complete trial; it is called
	// once for each, in order.
	Label func(record.Trial) []string
	// Progress, if not nil, is called before each trial.
	Progress func(Progress)
}

// Run runs what is pending, in order. It returns ctx's error when that ended
// first, and else the first error that is not a trial's own: those are recorded
// as failed trials, whose number it returns.
func (l *Loop) Run(ctx context.Context) (failed int, err error) {
	pending := l.Recorder.Pending()
	start := time.Now()
	block := -1
	for i, s := range pending {
		if err := ctx.Err(); err != nil {
			return failed, err
		}
		var canary time.Duration
		if s.Block != block {
			block = s.Block
			if l.BeforeBlock != nil {
				if canary, err = l.BeforeBlock(block); err != nil {
					return failed, err
				}
			}
		}
		if l.Progress != nil {
			p := Progress{Slot: s, Done: i, All: len(pending)}
			if i > 0 {
				p.Remaining = time.Since(start) / time.Duration(i) * time.Duration(len(pending)-i)
			}
			l.Progress(p)
		}
		t, err := l.one(ctx, s)
		if err != nil {
			return failed, err
		}
		t.CanaryNS = canary.Nanoseconds()
		switch {
		case t.Status != record.Complete:
			failed++
		case l.Label != nil:
			t.Labels = append(t.Labels, l.Label(t)...)
		}
		if err := l.Recorder.Append(t); err != nil {
			return failed, err
		}
	}
	return failed, nil
}

// one runs one trial. An error means that there is none to record.
func (l *Loop) one(ctx context.Context, s record.Slot) (record.Trial, error) {
	// A collection of this process must not fall into the measured time.
	runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))

	var labels []string
	if l.BeforeTrial != nil {
		var err error
		if labels, err = l.BeforeTrial(ctx, s); err != nil {
			return record.Trial{}, err
		}
	}
	t := record.Trial{Slot: s, Start: time.Now(), Iters: 1}
	limited, cancel := context.WithTimeout(ctx, l.Timeout)
	defer cancel()
	o, err := l.Execute(limited, s)
	t.WallNS = time.Since(t.Start).Nanoseconds()
	if ctx.Err() != nil {
		return t, ctx.Err()
	}
	var unwritable *record.WriteError
	if errors.As(err, &unwritable) {
		return t, err // not the program's fault
	}
	if o == nil {
		o = &Outcome{}
	}
	t.Warnings, t.Raw = o.Warnings, o.Raw
	switch {
	case err != nil && errors.Is(limited.Err(), context.DeadlineExceeded):
		t.Status, t.Error = record.TimedOut, fmt.Sprintf("no end after %v; standard error so far %s", l.Timeout, quote(o.Stderr))
	case err != nil:
		t.Status, t.Error = record.Errored, err.Error()
	default:
		if err := l.Expect(s).Check(o.Stdout, o.Stderr, o.ExitStatus); err != nil {
			t.Status, t.Error = record.Errored, err.Error()
			break
		}
		if o.Limited != "" {
			t.Status, t.Error = record.GeneratorLimited, o.Limited
			break
		}
		t.Status, t.Values, t.Phases, t.Gaps, t.Points = record.Complete, o.Values, o.Phases, o.Gaps, o.Points
		t.Labels = append(labels, o.Labels...)
		t.Iters = max(1, o.Iters)
		return t, nil
	}
	t.Iters = 0
	if l.Failed != nil {
		files, err := l.Failed(s, o)
		if err != nil {
			return t, err
		}
		t.Raw = append(t.Raw, files...)
	}
	return t, nil
}
