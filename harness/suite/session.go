package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"unibench/harness/host"
	"unibench/harness/netlab"
	"unibench/harness/record"
	"unibench/harness/target"
	"unibench/harness/trial"
)

// Session is one stretch of a run: all of it, or what a resumption adds.
type Session struct {
	plan   *Plan
	writer *record.Writer

	observations *os.File // raw/observations-S.jsonl, one line per start
	floor        string
	links        links
	files        folders
	quiet        trial.Quiet
	tsc          float64 // frequency of the time-stamp counter in Hz, 0 if it is of no use
}

// Start creates the results folder of p below root.
func Start(p *Plan, root string, before record.Snapshot) (*Session, error) {
	w, err := record.Create(root, p.Run, before, p.Schedule)
	if err != nil {
		return nil, err
	}
	return open(p, w)
}

// Continue reopens the folder dir, which p must match.
func Continue(p *Plan, dir string, before record.Snapshot) (*Session, error) {
	w, err := record.Resume(dir, before)
	if err != nil {
		return nil, err
	}
	return open(p, w)
}

func open(p *Plan, w *record.Writer) (*Session, error) {
	s := &Session{plan: p, writer: w, quiet: trial.Quiet{Limit: p.Config.Quiet}}
	for _, l := range p.env.Runner.Logs() {
		if err := s.raw(s.name(l.Name), []byte(p.env.Hide(string(l.Data)))); err != nil {
			return nil, errors.Join(err, w.Close())
		}
	}
	var err error
	if s.observations, err = w.Raw(s.name("observations.jsonl")); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return s, nil
}

// Writer gives access to the folder, for reports. It is closed by Close.
func (s *Session) Writer() *record.Writer { return s.writer }

// Close releases the folder.
func (s *Session) Close() error { return errors.Join(s.observations.Close(), s.writer.Close()) }

// name puts a session's number into a file name, because a resumed run adds
// files beside those of the first.
func (s *Session) name(name string) string {
	session := 0
	for _, h := range s.writer.Data().Host.Snapshots {
		session = max(session, h.Session)
	}
	return fmt.Sprintf("session%d/%s", session, name)
}

func (s *Session) raw(name string, data []byte) error {
	f, err := s.writer.Raw(name)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Close()); err != nil {
		return &record.WriteError{Path: f.Name(), Err: err}
	}
	return nil
}

// Run runs the pending trials; see trial.Loop.Run about what it returns. GC and
// other work of this process are kept off the processors of the system under
// test by the caller (host.PinSelf).
func (s *Session) Run(ctx context.Context, progress func(trial.Progress)) (failed int, err error) {
	if s.plan.Suite.Leads() && s.plan.env.Host.Clock.TSCStable {
		s.tsc = host.TSCHertz()
	}
	if s.plan.Suite.Values != nil {
		if s.floor, err = measureFloor(ctx, s.plan.env); err != nil {
			return 0, err
		}
	}
	loop := trial.Loop{
		Recorder: s.writer,
		Timeout:  s.plan.Config.Timeout,
		Execute:  s.execute,
		Expect: func(slot record.Slot) trial.Expect {
			b, _ := s.plan.Suite.Benchmark(slot.Benchmark)
			return b.Expect
		},
		Failed:      s.keepOutput,
		BeforeBlock: func(int) (time.Duration, error) { return trial.Canary(s.plan.env.CPUs) },
		BeforeTrial: s.prepare,
		Label:       trial.NewLabels(&s.plan.Run, s.writer.Data().Trials).Label,
		Progress:    progress,
	}
	return loop.Run(ctx)
}

// prepare puts the files of a trial in their place and waits until the processors that it
// uses are quiet.
func (s *Session) prepare(ctx context.Context, slot record.Slot) ([]string, error) {
	b, _ := s.plan.Suite.Benchmark(slot.Benchmark)
	for _, w := range b.workloads() {
		if err := s.plan.programs[key{w.Name, slot.Target}].Rotate(slot.Block); err != nil {
			return nil, s.hide(err)
		}
	}
	if s.quiet.Limit == 0 {
		return nil, nil
	}
	cpus := slices.Clone(s.plan.env.CPUs)
	for _, w := range b.workloads() {
		cpus = append(cpus, s.plan.env.Processors(w)...)
	}
	if b.Load != nil { // the generator's
		cpus = append(cpus, s.plan.env.Spare...)
	}
	slices.Sort(cpus)
	return s.quiet.Wait(ctx, slices.Compact(cpus))
}

// Finish adds the host's state after the trials, and what happened meanwhile.
func (s *Session) Finish(before, after *host.Snapshot) error {
	d := host.Compare(before, after)
	more := d.Limits()
	if s.floor != "" {
		more = append(more, s.floor)
	}
	more = append(more, s.quiet.Sentences()...)
	more = append(more, s.links.sentences(s.plan.Run.Base)...)
	more = append(more, s.files.sentences()...)
	if s.tsc > 0 {
		more = append(more, fmt.Sprintf("cycles/op are ns/op by a time-stamp counter of %.2f MHz, measured against CLOCK_MONOTONIC", s.tsc/1e6))
	}
	j, err := json.Marshal(struct {
		*host.Snapshot
		Delta host.Delta               `json:"delta"`
		Links map[string]netlab.Record `json:"links,omitempty"` // by target
	}{after, d, s.links.record})
	if err != nil {
		return fmt.Errorf("describe host: %w", err)
	}
	return s.writer.SnapshotHost("after", record.Snapshot{Time: after.Time, Host: j, Limits: append(after.Limits(), more...)})
}

// line is what is kept of each start.
type line struct {
	record.Slot
	*target.Observation
	// The bytes themselves are kept only when they are wrong.
	Stdout int `json:"stdout_bytes"`
	Stderr int `json:"stderr_bytes"`
}

func (s *Session) observe(v any) error {
	j, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("keep observation: %w", err)
	}
	if _, err := s.observations.Write(append(j, '\n')); err != nil {
		return &record.WriteError{Path: s.observations.Name(), Err: err}
	}
	return nil
}

func (s *Session) execute(ctx context.Context, slot record.Slot) (*trial.Outcome, error) {
	b, _ := s.plan.Suite.Benchmark(slot.Benchmark)
	p := s.plan.programs[key{b.Workload.Name, slot.Target}]
	s.plan.env.Runner.Print(trial.ShellLine("", nil, p.Command()))
	if b.Load != nil {
		out, err := s.serve(ctx, slot, b, p)
		return out, s.hide(err)
	}
	if b.Crowd != nil {
		out, err := s.crowd(ctx, slot, b)
		return out, s.hide(err)
	}
	if b.Pair != nil {
		out, err := s.pair(ctx, slot, b)
		return out, s.hide(err)
	}
	if b.Led != nil {
		out, err := s.lead(ctx, slot, b, p)
		return out, s.hide(err)
	}
	return s.start(ctx, slot, p)
}

// hide takes the folders of this host out of the text of an error.
func (s *Session) hide(err error) error {
	if err == nil {
		return nil
	}
	return &hidden{text: s.plan.env.Hide(err.Error()), err: err}
}

// start runs one trial of a program that ends by itself.
func (s *Session) start(ctx context.Context, slot record.Slot, p target.Program) (*trial.Outcome, error) {
	o, err := p.Run(ctx)
	err = s.hide(err)
	if o == nil {
		return nil, err
	}
	for i, w := range o.Warnings {
		o.Warnings[i] = s.plan.env.Hide(w)
	}
	if werr := s.observe(line{slot, o, len(o.Stdout), len(o.Stderr)}); werr != nil {
		return nil, werr
	}
	out := &trial.Outcome{
		Stdout: o.Stdout, Stderr: o.Stderr, ExitStatus: o.ExitStatus, Warnings: o.Warnings,
		Raw: []string{s.name("observations.jsonl")},
	}
	if o.Truncated {
		out.Warnings = append(out.Warnings, "output was cut at the limit of what is kept")
	}
	if err != nil {
		return out, err
	}
	out.Values, out.Phases = s.plan.Suite.Values(o)
	for i, a := range p.Artefacts() {
		if i < len(s.plan.Suite.ImageUnits) && s.plan.Suite.ImageUnits[i] != "" {
			out.Values[s.plan.Suite.ImageUnits[i]] = float64(a.Bytes)
		}
	}
	return out, nil
}

// hidden is an error whose text names no folder of this host.
type hidden struct {
	text string
	err  error
}

func (h *hidden) Error() string { return h.text }
func (h *hidden) Unwrap() error { return h.err }

// keepOutput stores what a failed trial wrote.
func (s *Session) keepOutput(slot record.Slot, o *trial.Outcome) ([]string, error) {
	var files []string
	for _, f := range []struct {
		suffix string
		data   []byte
	}{{"stdout", o.Stdout}, {"stderr", o.Stderr}} {
		if len(f.data) == 0 {
			continue
		}
		name := s.name(fmt.Sprintf("b%03d-o%02d-%s-%s.%s", slot.Block, slot.Order, strings.ToLower(slot.Benchmark), slot.Target, f.suffix))
		if err := s.raw(name, f.data); err != nil {
			return nil, err
		}
		files = append(files, name)
	}
	return files, nil
}
