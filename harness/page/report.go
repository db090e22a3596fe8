package page

import (
	"fmt"
	"io"
	"strings"

	"unibench/harness/plot"
	"unibench/harness/record"
	"unibench/harness/report"
	"unibench/harness/table"
)

// Options say what surrounds a report.
type Options struct {
	Nav       []Link
	Latencies plot.Latencies
	// File returns where a file of the results folder can be opened from the
	// page, or "" if it cannot; nil: none can.
	File func(name string) string
}

// reportBody is what report.html shows.
type reportBody struct {
	Report  *report.Report
	Head    []Fact
	Summary report.Summary
	Units   []record.Unit
	Main    []block
	More    []block
	Means   []meanRow
	Sweeps  []sweepTable
	Phases  *phaseTable
	Figures []figureGroup
	Missing *table.Grid
	Failed  []failedTrial
	Held    []string
	Unequal []record.Inequality
	Host    []FactGroup
	Notes   []Notes
	Command string
	Run     *record.Run
	Samples []samples
	Files   []Link
	Trials  string // URL of the stored trials
}

type figureGroup struct {
	Kind    plot.Kind
	Figures []Figure
}

// failedTrial is one that is in no statistic.
type failedTrial struct {
	report.TraceTrial
	Benchmark, Target string
}

// Report writes the page of one run.
func Report(w io.Writer, d *record.Data, r *report.Report, o Options) error {
	if o.File == nil {
		o.File = func(string) string { return "" }
	}
	b := reportBody{
		Report: r, Head: headFacts(d, r), Summary: r.Summary(), Command: report.Command(&d.Run), Run: &d.Run,
		Held: d.Run.Fairness.Held, Unequal: d.Run.Fairness.Inequalities, Units: unitsOf(d, r),
		Trials: o.File(record.TrialsFile),
	}
	a := newAnchors(report.Traces(d, r))
	b.Samples = a.samples
	b.Main, b.More = blocks(r, a)
	b.Means = means(r)
	b.Sweeps = sweeps(r, a)
	b.Phases = phases(r, a)
	for _, s := range a.samples {
		for _, t := range s.Trials {
			if t.Status != record.Complete {
				b.Failed = append(b.Failed, failedTrial{t, s.Benchmark, s.Target})
			}
		}
	}
	if len(r.Missing) > 0 {
		g := r.MissingGrid()
		b.Missing = &g
	}
	groups, err := plot.Groups(d, r, o.Latencies)
	if err != nil {
		return fmt.Errorf("page: make figures: %w", err)
	}
	for _, g := range groups {
		out := figureGroup{Kind: g.Kind}
		for _, f := range g.Figures {
			drawn, err := Draw(f)
			if err != nil {
				return fmt.Errorf("page: %w", err)
			}
			out.Figures = append(out.Figures, drawn)
		}
		b.Figures = append(b.Figures, out)
	}
	for _, n := range r.Notes {
		switch n.Kind {
		case report.Fairness, report.Reading: // have sections of their own
		default:
			b.Notes = group(b.Notes, string(n.Kind), n.Text)
		}
	}
	if b.Host, err = hostFacts(&d.Host); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	for _, name := range []string{record.RunFile, record.HostFile, record.ScheduleFile, record.TrialsFile, d.Run.Suite + ".bench", record.SumsFile} {
		if url := o.File(name); url != "" {
			b.Files = append(b.Files, Link{Text: name, URL: url})
		}
	}
	title := fmt.Sprintf("%s on %s, %s", r.Suite, r.HostClass, r.Start[:min(10, len(r.Start))])
	return render(w, "report", Frame{Title: title, Nav: o.Nav}, &b)
}

// unitsOf are the units that have a row, primary ones first as in the table.
func unitsOf(d *record.Data, r *report.Report) []record.Unit {
	var out []record.Unit
	seen := make(map[string]bool)
	for _, primary := range []bool{true, false} {
		for _, row := range r.Rows {
			if u, ok := d.Run.Unit(row.Unit); ok && u.Primary == primary && !seen[u.Name] {
				seen[u.Name] = true
				out = append(out, u)
			}
		}
	}
	return out
}

// headFacts are what names the run.
func headFacts(d *record.Data, r *report.Report) []Fact {
	out := []Fact{
		{"Suite", r.Suite + ", version " + d.Run.SuiteVersion},
		{"Host class", r.HostClass},
		{"Commit", record.ShortCommit(r.Commit, r.Dirty)},
		{"Measured", strings.NewReplacer("T", " ", "Z", " UTC").Replace(r.Start)},
		{"Targets", strings.Join(r.Targets, ", ") + " (base: " + r.Base + ")"},
		{"Trials", fmt.Sprintf("%d planned per benchmark and target, each a fresh start", d.Run.Count)},
	}
	if b := d.Run.Baseline; b != nil {
		out = append(out, Fact{"Second build", b.String() + ", as targets with " + record.BaselineSuffix})
	}
	if c := d.Run.Confirms; c != "" {
		out = append(out, Fact{"Looks again at", c})
	}
	if p := d.Run.Planted; p != nil {
		out = append(out, Fact{"No result", fmt.Sprintf("a slowdown of %s was planted on purpose: %g %% %s", p.Target, 100*p.Share, p.Where)})
	}
	if r.Estimate != "" {
		out = append(out, Fact{"Estimate", r.Estimate})
	}
	return out
}
