package serve

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"unibench/harness/compare"
	"unibench/harness/noise"
	"unibench/harness/page"
	"unibench/harness/plot"
	"unibench/harness/record"
	"unibench/harness/trend"
)

// maxFigures is how many series a history draws at once.
const maxFigures = 24

// list shows all runs that the filters leave.
func (s *server) list(w http.ResponseWriter, r *http.Request) {
	ids, err := s.IDs()
	if err != nil {
		s.broken(w, "The results cannot be listed.", err)
		return
	}
	l := page.List{Root: s.root, Action: "/compare", Total: len(ids)}
	var all []page.Run
	for _, id := range ids {
		k := s.get(id)
		if k.err != nil {
			l.Damaged = append(l.Damaged, page.Run{ID: id, URL: runURL(id), Error: k.err.Error()})
			continue
		}
		all = append(all, page.RunOf(id, runURL(id), k.data))
	}
	q := r.URL.Query()
	l.Filters = []page.Choice{
		choice(q, "suite", "suite", all, func(r page.Run) []string { return []string{r.Suite} }),
		choice(q, "target", "target", all, func(r page.Run) []string { return r.Targets }),
		choice(q, "class", "host class", all, func(r page.Run) []string { return []string{r.HostClass} }),
	}
	want := func(i int, have ...string) bool {
		return l.Filters[i].Chosen == "" || slices.Contains(have, l.Filters[i].Chosen)
	}
	for _, r := range all {
		if want(0, r.Suite) && want(1, r.Targets...) && want(2, r.HostClass) {
			l.Runs = append(l.Runs, r)
		}
	}
	slices.SortStableFunc(l.Runs, func(a, b page.Run) int { return b.Start.Compare(a.Start) })
	s.answer(w, http.StatusOK, func(to io.Writer) error { return page.WriteList(to, frame("Stored runs", "/"), l) })
}

// choice is a filter with every value that a run has.
func choice(q url.Values, name, label string, runs []page.Run, of func(page.Run) []string) page.Choice {
	c := page.Choice{Name: name, Label: label, Chosen: q.Get(name)}
	for _, r := range runs {
		c.Values = append(c.Values, of(r)...)
	}
	slices.Sort(c.Values)
	c.Values = slices.Compact(c.Values)
	return c
}

// compare shows what two runs come to, or the two builds of one.
func (s *server) compare(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var runs []*kept
	var links []page.Link
	for _, name := range []string{"old", "new"} {
		id := q.Get(name)
		if id == "" {
			continue
		}
		if !s.known(w, id) {
			return
		}
		k := s.get(id)
		if k.err != nil {
			s.broken(w, "The results folder "+id+" cannot be read.", k.err)
			return
		}
		runs = append(runs, k)
		links = append(links, page.Link{Text: id, URL: runURL(id)})
	}
	if len(runs) == 0 {
		s.failure(w, http.StatusBadRequest, page.Failure{What: "Mark an old and a new run in the list."})
		return
	}
	last := runs[len(runs)-1]
	f, err := floor(last.data)
	if err != nil {
		s.broken(w, "The noise floor cannot be read.", err)
		return
	}
	o := compare.Options{Floor: f, Now: s.o.Now(), Rounds: s.o.Rounds, Allow: q["allow"]}
	result, err := compared(runs, o)
	if err != nil {
		s.incomparable(w, r, err)
		return
	}
	all := q.Get("all") != ""
	c := page.Compared{
		Old: links[0], New: links[len(links)-1], Tables: page.TablesOf(result.Document(all)), All: all,
		Worse: result.Outcome() != compare.Fine, Verdict: verdict(result),
	}
	q.Del("all")
	c.Toggle = page.Link{Text: "Only what differs", URL: "/compare?" + q.Encode()}
	if !all {
		q.Set("all", "1")
		c.Toggle = page.Link{Text: "Every row", URL: "/compare?" + q.Encode()}
	}
	if f, err := plot.Compared(result); err == nil { // else there is nothing to draw
		drawn, err := page.Draw(f)
		if err != nil {
			s.broken(w, "The figure cannot be drawn.", err)
			return
		}
		c.Figures = append(c.Figures, drawn)
	}
	title := fmt.Sprintf("%s: new against old", result.Suite)
	s.answer(w, http.StatusOK, func(to io.Writer) error { return page.WriteCompared(to, frame(title, ""), c) })
}

// compared compares what bench compare would.
func compared(runs []*kept, o compare.Options) (*compare.Result, error) {
	for _, k := range runs {
		if (!k.whole || len(k.data.Pending()) > 0) && !slices.Contains(o.Allow, compare.RuleIncomplete) {
			return nil, &compare.Mismatch{Rule: compare.RuleIncomplete, Detail: "the run of " + k.data.Run.Start.UTC().Format("2006-01-02 15:04") + " was not finished"}
		}
	}
	if len(runs) == 1 {
		return compare.Arms(runs[0].data, o)
	}
	return compare.New(runs[0].data, runs[1].data, o)
}

// incomparable says why two runs cannot be compared, and offers to compare the rest.
func (s *server) incomparable(w http.ResponseWriter, r *http.Request, err error) {
	f := page.Failure{What: "There is no comparison.", Detail: err.Error()}
	var m *compare.Mismatch
	if errors.As(err, &m) {
		f.Detail = m.Detail
		if m.Rule != "" {
			q := r.URL.Query()
			q.Add("allow", m.Rule)
			f.Next = []page.Link{{Text: "Compare the rest all the same", URL: "/compare?" + q.Encode()}}
		}
	}
	s.failure(w, http.StatusUnprocessableEntity, f)
}

// verdict is the outcome in a sentence.
func verdict(r *compare.Result) string {
	list := func(v compare.Verdict) string { return strings.Join(r.Primaries(v), ", ") }
	switch r.Outcome() {
	case compare.Worse:
		return "Regression of " + list(compare.Regression) + "."
	case compare.Insufficient:
		return "Too few trials for a test of " + list(compare.Few) + "."
	case compare.TooNoisy:
		if names := r.NoisyFloor(); len(names) > 0 {
			return "The noise floor of the host class is too high for " + strings.Join(names, ", ") + "."
		}
		return "Too noisy for a change of this size: " + list(compare.Noisy) + "."
	}
	if better := list(compare.Improvement); better != "" {
		return "No regression of a primary metric; improvement of " + better + "."
	}
	return "No regression of a primary metric is shown."
}

// trend shows runs over time.
func (s *server) trend(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	ids, err := s.IDs()
	if err != nil {
		s.broken(w, "The results cannot be listed.", err)
		return
	}
	var data []*record.Data
	var all []page.Run
	damaged := 0
	for _, id := range ids {
		k := s.get(id)
		if k.err != nil {
			damaged++
			continue
		}
		data = append(data, k.data)
		all = append(all, page.RunOf(id, runURL(id), k.data))
	}
	h := page.History{Metric: q.Get("metric"), All: q.Get("all") != "", Filters: []page.Choice{
		choice(q, "suite", "suite", all, func(r page.Run) []string { return []string{r.Suite} }),
		choice(q, "class", "host class", all, func(r page.Run) []string { return []string{r.HostClass} }),
	}}
	o := trend.Options{Suite: q.Get("suite"), Class: q.Get("class"), Seed: 1, Now: s.o.Now()}
	if h.Metric != "" {
		if o.Metric, err = regexp.Compile(h.Metric); err != nil {
			s.failure(w, http.StatusBadRequest, page.Failure{What: "That is no regular expression.", Detail: err.Error()})
			return
		}
	}
	floors := make(map[string]*noise.File)
	for _, d := range data {
		f, err := floor(d)
		if err != nil {
			s.broken(w, "The noise floor cannot be read.", err)
			return
		}
		floors[d.Run.HostClass] = cmp.Or(floors[d.Run.HostClass], f)
	}
	o.Floor = func(class string) *noise.File { return floors[class] }
	history, err := trend.New(data, o)
	if err == nil {
		err = fill(&h, history)
	}
	switch {
	case errors.Is(err, trend.ErrNothing):
		h.Nothing = "Nothing to show: " + err.Error() + "."
	case err != nil:
		s.broken(w, "There is no history.", err)
		return
	}
	if damaged > 0 {
		h.Tables.Notes = append(h.Tables.Notes, page.Notes{Label: "warning", Texts: []string{fmt.Sprintf("damaged runs that are left out: %d (the list of runs says why)", damaged)}})
	}
	s.answer(w, http.StatusOK, func(to io.Writer) error { return page.WriteHistory(to, frame("Trends", "/trend"), h) })
}

// fill draws the series of a history and makes its tables.
func fill(to *page.History, h *trend.History) error {
	to.Tables = page.TablesOf(h.Document(to.All))
	for _, s := range h.Shown(to.All) {
		if len(s.Points) < 2 {
			continue
		}
		if len(to.Figures) == maxFigures {
			to.Left++
			continue
		}
		f, err := plot.Trend(s)
		if err != nil {
			return err
		}
		drawn, err := page.Draw(f)
		if err != nil {
			return err
		}
		to.Figures = append(to.Figures, drawn)
	}
	return nil
}
