package serve

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"unibench/harness/page"
	"unibench/harness/plot"
	"unibench/harness/record"
	"unibench/harness/report"
)

// Options are what a command decides.
type Options struct {
	// Remote allows requests that name another host than this one.
	Remote bool
	// Latencies returns the merged histograms of a run; nil: there are none.
	Latencies func(*record.Data, *report.Report) (plot.Latencies, error)
	Now       func() time.Time // nil: the clock
	Rounds    int              // bootstrap samples; 0: as usual
}

type server struct {
	store
	o Options
}

// New returns the handler that shows the runs at or below root.
func New(root string, o Options) http.Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &server{store: store{root: root}, o: o}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.list)
	mux.HandleFunc("GET /run/{id...}", s.run)
	mux.HandleFunc("GET /file/{path...}", s.file)
	mux.HandleFunc("GET /compare", s.compare)
	mux.HandleFunc("GET /trend", s.trend)
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			s.failure(w, http.StatusMethodNotAllowed, page.Failure{What: "Nothing can be changed here."})
			return
		}
		s.failure(w, http.StatusNotFound, page.Failure{What: "There is no such page.", Detail: r.URL.Path})
	})
	return s.guard(mux)
}

// guard sets what holds for every answer, and refuses requests that name another host.
func (s *server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", page.Policy+"; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-cache")
		if !s.o.Remote && !loopback(hostOf(r.Host)) {
			s.failure(w, http.StatusForbidden, page.Failure{What: "Requests must name a loopback address as their host.", Detail: r.Host})
			return
		}
		next.ServeHTTP(w, r)
	})
}

// frame is what surrounds a page; here is the address of its place in the navigation.
func frame(title, here string) page.Frame {
	nav := []page.Link{{Text: "Runs", URL: "/"}, {Text: "Trends", URL: "/trend"}}
	for i := range nav {
		nav[i].Here = nav[i].URL == here
	}
	return page.Frame{Title: title, Nav: nav}
}

// answer sends a page that was made in full.
func (s *server) answer(w http.ResponseWriter, status int, write func(io.Writer) error) {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b.Bytes()) //nolint:errcheck // the reader went away
}

func (s *server) failure(w http.ResponseWriter, status int, f page.Failure) {
	f.Next = append(f.Next, page.Link{Text: "All runs", URL: "/"})
	s.answer(w, status, func(to io.Writer) error { return page.WriteFailure(to, frame(http.StatusText(status), ""), f) })
}

// broken answers for what cannot be read.
func (s *server) broken(w http.ResponseWriter, what string, err error) {
	s.failure(w, http.StatusInternalServerError, page.Failure{What: what, Detail: err.Error()})
}

func runURL(id string) string { return (&url.URL{Path: "/run/" + id}).String() }

// run shows the report of one run.
func (s *server) run(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if !s.known(w, id) {
		return
	}
	k := s.get(id)
	if k.err != nil {
		s.broken(w, "The results folder "+id+" cannot be read.", k.err)
		return
	}
	k.once.Do(func() { k.page, k.fail = s.report(id, k.data) })
	if k.fail != nil {
		s.broken(w, "There is no report of "+id+".", k.fail)
		return
	}
	s.answer(w, http.StatusOK, func(to io.Writer) error { _, err := to.Write(k.page); return err })
}

// known answers the request itself if there is no such run.
func (s *server) known(w http.ResponseWriter, id string) bool {
	ok, err := s.has(id)
	switch {
	case err != nil:
		s.broken(w, "The results cannot be listed.", err)
	case !ok:
		s.failure(w, http.StatusNotFound, page.Failure{What: "There is no such run.", Detail: id})
	}
	return err == nil && ok
}

var errNothing = errors.New("no trial was complete: continue the run with bench run -resume")

func (s *server) report(id string, d *record.Data) ([]byte, error) {
	if !slices.ContainsFunc(d.Trials, func(t record.Trial) bool { return t.Status == record.Complete && !t.WarmUp }) {
		return nil, errNothing
	}
	r, err := report.New(d, report.Options{Rounds: s.o.Rounds})
	if err != nil {
		return nil, err
	}
	o := page.Options{Nav: frame("", "").Nav, File: func(name string) string {
		if _, err := os.Stat(filepath.Join(d.Dir, name)); err != nil || !slices.Contains(files(d.Run.Suite), name) {
			return ""
		}
		return (&url.URL{Path: "/file/" + id + "/" + name}).String()
	}}
	if d.Run.Baseline != nil {
		o.Nav = append(o.Nav, page.Link{Text: "Its two builds", URL: "/compare?" + url.Values{"new": {id}}.Encode()})
	}
	if s.o.Latencies != nil {
		if o.Latencies, err = s.o.Latencies(d, r); err != nil {
			return nil, err
		}
	}
	var b bytes.Buffer
	err = page.Report(&b, d, r, o)
	return b.Bytes(), err
}

// file sends one file of a run as text.
func (s *server) file(w http.ResponseWriter, r *http.Request) {
	id, name := path.Split(r.PathValue("path"))
	id = strings.TrimSuffix(id, "/")
	if !s.known(w, id) {
		return
	}
	suite := ""
	if k := s.get(id); k.err == nil {
		suite = k.data.Run.Suite
	}
	if !slices.Contains(files(suite), name) {
		s.failure(w, http.StatusNotFound, page.Failure{What: "A run has no such file.", Detail: name})
		return
	}
	root, err := os.OpenRoot(s.dir(id))
	if err != nil {
		s.broken(w, "The results folder cannot be opened.", err)
		return
	}
	defer root.Close()
	f, err := root.Open(name)
	if err != nil {
		s.failure(w, http.StatusNotFound, page.Failure{What: "The file cannot be opened.", Detail: err.Error()})
		return
	}
	defer f.Close()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", fmt.Sprintf("inline; filename=%q", name))
	io.Copy(w, f) //nolint:errcheck // the reader went away
}
