package page_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"unibench/harness/host"
	"unibench/harness/page"
	"unibench/harness/record"
	"unibench/harness/record/recordtest"
	"unibench/harness/report"
)

// write renders the report of d.
func write(t *testing.T, d *record.Data, o page.Options) []byte {
	t.Helper()
	r, err := report.New(d, report.Options{Rounds: 200})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := page.Report(&b, d, r, o); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// publishedPages writes the reports of the runs that this repository holds.
func publishedPages(t *testing.T) map[string]string {
	t.Helper()
	dirs, err := record.Find("../../results")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no published runs: %v", err)
	}
	out := make(map[string]string)
	for _, dir := range dirs {
		d, err := record.Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(t.TempDir(), "report.html")
		if err := os.WriteFile(name, write(t, d, page.Options{}), 0o644); err != nil {
			t.Fatal(err)
		}
		out[d.Run.Suite] = name
	}
	return out
}

// evil is text that a page must not take for markup.
const evil = `<script>alert(1)</script>"'&</style></svg><img src=x onerror=y>`

// hostile is a run whose every text is evil, with failures, phases, steps and a host.
func hostile() *record.Data {
	s := recordtest.Spec{
		Suite: "net", Count: 8, Targets: []string{"process", "unikernel", "container"},
		Units: []record.Unit{
			{Name: "req/s", Better: "higher", Primary: true, Doc: evil},
			{Name: "p99-lat-ns", Better: "lower"},
			{Name: "image-B", Better: "lower", Exact: true},
			{Name: "max-lat-ns", Detail: true},
		},
		Value: func(s record.Slot, unit string, _ *rand.Rand) (float64, bool) {
			if unit == "image-B" {
				return 1e6, true
			}
			v := 1000 + 3*float64((5*s.Block+len(s.Target))%8) // the same values on each target, in another order
			if s.Target == "unikernel" {
				v /= 2
			}
			return v, s.Target != "container" || unit == "req/s"
		},
		Status: func(s record.Slot) record.Status {
			if s.Block == 3 && s.Target == "container" {
				return record.TimedOut
			}
			return record.Complete
		},
	}
	d := s.Data()
	d.Run.Phases = []string{"exec", evil, "end"}
	d.Run.Argv = []string{"bench", "run", evil}
	d.Run.Skipped = []record.Skip{{Target: "firecracker", Reason: evil}}
	d.Run.Fairness = record.Fairness{Held: []string{evil}, Inequalities: []record.Inequality{{Rule: evil, Targets: []string{evil}, Detail: evil}}}
	d.Run.Estimate, d.Run.Keys.CPU, d.Run.HostClass = evil, evil, evil
	d.Run.Remarks = []string{evil}
	d.Run.Artefacts = []record.Artefact{{Name: evil, SHA256: evil}}
	d.Warnings = []string{evil}
	d.Host.Snapshots = []record.Snapshot{
		{When: "before", Host: hostDoc(0), Limits: []string{evil}}, {When: "after", Host: hostDoc(100)},
	}
	for i := range d.Trials {
		t := &d.Trials[i]
		t.Benchmark = evil
		if t.Error != "" {
			t.Error = evil
			continue
		}
		t.Phases = []record.Phase{{Name: "exec"}, {Name: evil, AtNS: 5e5}, {Name: "end", AtNS: 1e6}}
		t.Points = []record.Point{{
			Params: []record.Param{{Key: "rate", Value: evil}}, Offered: 1000, Iters: 1, Note: evil,
			Values: map[string]float64{"p99-lat-ns": 2e6},
		}}
	}
	for i := range d.Schedule {
		d.Schedule[i].Benchmark = evil
	}
	d.Run.Benchmarks[0].Name = evil
	return d
}

func hostDoc(seconds int) json.RawMessage {
	at := time.Date(2026, 1, 2, 3, 4, seconds%60, 0, time.UTC).Add(time.Duration(seconds) * time.Second)
	b, err := json.Marshal(host.Snapshot{
		Time: at, CPU: host.CPU{Model: evil, Threads: 2}, KVM: host.KVM{Vendor: "pvm"},
		Kernel: host.Kernel{Release: "6.1", Mitigations: map[string]string{evil: evil, "l1tf": "Not affected"}},
		Load:   host.Load{BusySeconds: float64(seconds), IdleSeconds: float64(seconds), StealSeconds: float64(seconds) / 4},
	})
	if err != nil {
		panic(err)
	}
	return b
}

// TestReport: everything that a report must say is in the page, and text of files is
// text: no element or attribute comes from it.
func TestReport(t *testing.T) {
	d := hostile()
	doc := write(t, d, page.Options{
		Nav:  []page.Link{{Text: evil, URL: "javascript:alert(1)"}},
		File: func(name string) string { return "./run/" + name },
	})
	text, elements := parse(t, doc)
	for _, want := range []string{
		"no difference is shown between container and process", "process is ahead of unikernel. req/s (higher is better) of unikernel is 0.50",
		"In the one primary comparison of unikernel with process, process is ahead.", "corrected p",
		"behind", "timeout", "firecracker", "Steal", "11.11 % of processor time", "KVM vendor", "Not affected",
		"./scripts/bench run", "-seed 42", "trials.jsonl", "More units", "max-lat-ns", "step by step", "Phases", "Ratio to process",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if n := strings.Count(text, "alert(1)"); n < 20 {
		t.Errorf("the evil text is there %d times only: the test does not test", n)
	}
	for name, list := range elements {
		switch name {
		case "script", "img", "iframe", "object", "embed", "base", "foreignobject", "image", "use":
			t.Errorf("%d elements %s: %v", len(list), name, list)
		}
		for _, e := range list {
			for k, v := range e {
				if strings.HasPrefix(k, "on") || strings.Contains(strings.ToLower(v), "javascript:") {
					t.Errorf("%s has %s=%q", name, k, v)
				}
				external := (k == "href" || k == "src" || k == "action") && !strings.HasPrefix(v, "#") && !strings.HasPrefix(v, "./run/") && v != "data:,"
				if external && !strings.Contains(v, "ZgotmplZ") {
					t.Errorf("%s leads out: %s=%q", name, k, v)
				}
			}
		}
	}
	ids := make(map[string]bool)
	for _, list := range elements {
		for _, e := range list {
			if id := e["id"]; id != "" {
				if ids[id] {
					t.Errorf("two elements have the id %q", id)
				}
				ids[id] = true
			}
		}
	}
	inner := 0
	for _, e := range elements["a"] {
		if to, ok := strings.CutPrefix(e["href"], "#"); ok {
			inner++
			if !ids[to] && to != "ZgotmplZ" { // what became of the link that is none
				t.Errorf("a link leads to #%s, which is nowhere", to)
			}
		}
	}
	if inner < 15 {
		t.Errorf("%d links within the page, want one per number", inner)
	}
	if len(elements["svg"]) == 0 || len(elements["svg"])%2 != 0 {
		t.Errorf("%d drawings, want each wide and narrow", len(elements["svg"]))
	}
}

// TestSamples: each value of each trial is in the page, with its line.
func TestSamples(t *testing.T) {
	d := hostile()
	text, _ := parse(t, write(t, d, page.Options{}))
	for i, tr := range d.Trials {
		for unit, v := range tr.Values {
			if s := strconv.FormatFloat(v, 'f', -1, 64); len(s) <= 18 && !strings.Contains(text, s) {
				t.Errorf("line %d: %s %s is not in the page", i+1, unit, s)
			}
		}
		if s := fmt.Sprintf("\n%d\n", i+1); !strings.Contains(text, s) {
			t.Errorf("line %d has no column", i+1)
		}
	}
}

// TestNothing: a run without anything to compare has a page that says so.
func TestNothing(t *testing.T) {
	s := recordtest.Spec{
		Targets: []string{"process"}, Count: 2,
		Value: func(record.Slot, string, *rand.Rand) (float64, bool) { return 1e6, true },
	}
	text, _ := parse(t, write(t, s.Data(), page.Options{}))
	for _, want := range []string{"Nothing is said about which target is better", "No inequality between the targets is known", "every trial was complete", "Nothing was recorded about the host"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// parse reads a page as a browser would and returns its text, a line per piece, and the
// attributes of its elements by name.
func parse(t *testing.T, doc []byte) (text string, elements map[string][]map[string]string) {
	t.Helper()
	elements = make(map[string][]map[string]string)
	var b strings.Builder
	b.WriteByte('\n')
	z := html.NewTokenizer(bytes.NewReader(doc))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String(), elements
		case html.TextToken:
			b.WriteString(strings.Join(strings.Fields(html.UnescapeString(string(z.Text()))), " ") + "\n")
		case html.StartTagToken, html.SelfClosingTagToken:
			tok := z.Token()
			attrs := make(map[string]string)
			for _, a := range tok.Attr {
				attrs[a.Key] = a.Val
			}
			elements[tok.Data] = append(elements[tok.Data], attrs)
		}
	}
}
