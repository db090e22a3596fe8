package page

import (
	"io"
	"strings"
	"time"

	"unibench/harness/record"
)

// Run is one stored run in a list.
type Run struct {
	ID    string // its folder below the root
	URL   string
	Error string // why it cannot be read; the facts below are empty then

	Suite, HostClass, Commit string
	Start                    time.Time
	Targets                  []string
	Complete, Planned        int // trials
	TwoBuilds                bool
}

// RunOf describes d.
func RunOf(id, url string, d *record.Data) Run {
	r := Run{
		ID: id, URL: url, Suite: d.Run.Suite, HostClass: d.Run.HostClass, Start: d.Run.Start.UTC(), Targets: d.Run.Targets,
		Commit: record.ShortCommit(d.Run.Commit, d.Run.Dirty), Planned: len(d.Schedule), TwoBuilds: d.Run.Baseline != nil,
	}
	for i := range d.Trials {
		if d.Trials[i].Status == record.Complete {
			r.Complete++
		}
	}
	return r
}

// When is the time of the start for a reader.
func (r Run) When() string { return r.Start.Format("2006-01-02 15:04") }

// TargetList joins the targets.
func (r Run) TargetList() string { return strings.Join(r.Targets, ", ") }

// Choice is one filter of a form.
type Choice struct {
	Name, Label string
	Values      []string // to choose from; the empty one, for all, comes first
	Chosen      string
}

// List is the overview of stored runs.
type List struct {
	Root    string
	Filters []Choice
	Runs    []Run // newest first
	Total   int   // before the filters
	Damaged []Run
	Action  string // where the form of two runs goes
}

// WriteList writes the overview.
func WriteList(w io.Writer, f Frame, l List) error { return render(w, "list", f, l) }

// Compared is what two runs come to.
type Compared struct {
	Old, New Link
	Worse    bool
	Verdict  string
	Tables   Tables
	Figures  []Figure
	All      bool
	Toggle   Link // to the same with all rows, or without
}

// WriteCompared writes a comparison.
func WriteCompared(w io.Writer, f Frame, c Compared) error { return render(w, "compare", f, c) }

// History is runs over time.
type History struct {
	Filters []Choice
	Metric  string
	All     bool
	Tables  Tables
	Figures []Figure
	Left    int    // figures that are not drawn
	Nothing string // why there is no history
}

// WriteHistory writes a history.
func WriteHistory(w io.Writer, f Frame, h History) error { return render(w, "trend", f, h) }

// Failure says what went wrong, and what to do.
type Failure struct {
	What   string
	Detail string
	Next   []Link
}

// WriteFailure writes an error page.
func WriteFailure(w io.Writer, f Frame, e Failure) error { return render(w, "failure", f, e) }
