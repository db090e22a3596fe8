package serve_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"unibench/harness/record"
	"unibench/harness/record/recordtest"
	"unibench/harness/serve"
)

// spec is a made-up run number n, its times multiplied by slower.
func spec(n int, slower float64) recordtest.Spec {
	return recordtest.Spec{
		Start: time.Date(2026, 1, 1+n, 3, 4, 5, 0, time.UTC), Seed: uint64(100 + n), Commit: strings.Repeat(string("0123456789abcdef"[n%16]), 40),
		Value: func(_ record.Slot, _ string, rng *rand.Rand) (float64, bool) {
			return 1e6 * slower * (1 + 0.005*rng.NormFloat64()), true
		},
	}
}

// site is a folder with runs and the handler over it.
type site struct {
	t    *testing.T
	root string
	h    http.Handler
}

func newSite(t *testing.T) *site {
	root := t.TempDir()
	return &site{t, root, serve.New(root, serve.Options{Rounds: 200})}
}

// store adds a run and returns its ID.
func (s *site) store(spec recordtest.Spec, stop int) string {
	s.t.Helper()
	rel, err := filepath.Rel(s.root, spec.Store(s.t, s.root, stop))
	if err != nil {
		s.t.Fatal(err)
	}
	return filepath.ToSlash(rel)
}

func (s *site) ask(method, target string) (int, http.Header, string) {
	s.t.Helper()
	r := httptest.NewRequest(method, target, nil)
	if r.Host == "example.com" { // what httptest gives a path
		r.Host = "127.0.0.1:1"
	}
	w := httptest.NewRecorder()
	s.h.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return w.Code, w.Result().Header, string(body)
}

// TestPages asks for every page, for wrong ones, and with texts that are markup.
func TestPages(t *testing.T) {
	s := newSite(t)
	a, b := s.store(spec(0, 1), -1), s.store(spec(1, 1.2), -1)
	for n := 2; n < 14; n++ {
		s.store(spec(n, 1.2), -1)
	}
	other := spec(15, 1)
	other.Suite, other.HostClass, other.Targets = "net", "amd-16c", []string{"process", "container"}
	c := s.store(other, -1)
	begun := s.store(spec(16, 1), 4)
	empty := s.store(spec(17, 1), 0)
	q := url.QueryEscape
	const evil = "<script>alert(1)</script>"
	for _, step := range []struct {
		name, method, target string
		status               int
		want                 []string
		not                  []string
	}{
		{"list", "GET", "/", 200, []string{"17 of 17 stored runs", `href="/run/` + a + `"`, "amd-16c", "not all"}, nil},
		{"head", "HEAD", "/", 200, nil, nil},
		{"suite", "GET", "/?suite=net", 200, []string{"1 of 17", "/run/" + c, "<option selected>net"}, []string{"/run/" + a}},
		{"target", "GET", "/?target=container", 200, []string{"1 of 17", "/run/" + c}, []string{"/run/" + a}},
		{"class", "GET", "/?class=pvm-2c", 200, []string{"16 of 17", "/run/" + a}, []string{"/run/" + c}},
		{"none", "GET", "/?class=moon", 200, []string{"No run is like that"}, []string{"/run/"}},
		{"evil filter", "GET", "/?class=" + q(evil), 200, []string{"No run is like that"}, []string{evil}},
		{"report", "GET", "/run/" + a, 200, []string{"Summary", "boot-first-ns", `href="/file/` + a + `/trials.jsonl"`}, nil},
		{"interrupted", "GET", "/run/" + begun, 200, []string{"not run"}, nil},
		{"nothing measured", "GET", "/run/" + empty, 500, []string{"no trial was complete"}, nil},
		{"no such run", "GET", "/run/boot/x", 404, []string{"There is no such run"}, nil},
		{"outside", "GET", "/run/..%2f..%2fetc", 404, nil, nil},
		{"evil run", "GET", "/run/" + url.PathEscape(evil), 404, []string{"&lt;script&gt;"}, []string{evil}},
		{"file", "GET", "/file/" + a + "/trials.jsonl", 200, []string{`"status":"C"`}, nil},
		{"bench file", "GET", "/file/" + a + "/boot.bench", 200, []string{"Benchmark"}, nil},
		{"no such file", "GET", "/file/" + a + "/passwd", 404, nil, nil},
		{"file outside", "GET", "/file/" + a + "/..%2f..%2fx", 404, nil, nil},
		{"compare", "GET", "/compare?old=" + q(a) + "&new=" + q(b), 200, []string{"Regression of", "1.2", "regression", "<svg", "New by old"}, nil},
		{"compare all", "GET", "/compare?all=1&old=" + q(b) + "&new=" + q(a), 200, []string{"No regression of a primary metric; improvement of", "Only what differs"}, nil},
		{"compare suites", "GET", "/compare?old=" + q(a) + "&new=" + q(c), 422, []string{"suites boot and net"}, []string{"all the same"}},
		{"compare interrupted", "GET", "/compare?old=" + q(a) + "&new=" + q(begun), 422, []string{"was not finished", "allow=incomplete"}, nil},
		{"compare the rest", "GET", "/compare?allow=incomplete&old=" + q(a) + "&new=" + q(begun), 200, []string{"Too few trials"}, nil},
		{"compare one", "GET", "/compare?new=" + q(a), 422, []string{"one build only"}, nil},
		{"compare none", "GET", "/compare", 400, []string{"Mark an old and a new run"}, nil},
		{"compare unknown", "GET", "/compare?old=x&new=" + q(a), 404, nil, nil},
		{"trend", "GET", "/trend", 200, []string{"history: runs 1", "<svg", "Figures"}, nil},
		{"trend series", "GET", "/trend?suite=boot&metric=" + q("process boot"), 200, []string{"run by run"}, nil},
		{"trend nothing", "GET", "/trend?suite=moon", 200, []string{"Nothing to show"}, nil},
		{"trend expression", "GET", "/trend?metric=" + q("("+evil), 400, []string{"no regular expression"}, []string{evil}},
		{"unknown", "GET", "/x", 404, []string{"no such page", "All runs"}, nil},
		{"icon", "GET", "/favicon.ico", 204, nil, nil},
		{"write", "POST", "/run/" + a, 405, []string{"Nothing can be changed"}, nil},
		{"delete", "DELETE", "/", 405, nil, nil},
		{"another host", "GET", "http://evil.example/", 403, []string{"loopback"}, []string{"stored runs"}},
		{"localhost", "GET", "http://localhost:80/", 200, nil, nil},
		{"six", "GET", "http://[::1]:80/", 200, nil, nil},
	} {
		status, header, body := s.ask(step.method, step.target)
		if status != step.status {
			t.Errorf("%s: status %d, want %d:\n%s", step.name, status, step.status, body)
		}
		for _, w := range step.want {
			if !strings.Contains(body, w) {
				t.Errorf("%s: no %q in\n%s", step.name, w, body)
			}
		}
		for _, w := range step.not {
			if strings.Contains(body, w) {
				t.Errorf("%s: %q is in the page", step.name, w)
			}
		}
		if p := header.Get("Content-Security-Policy"); !strings.HasPrefix(p, "default-src 'none'; style-src 'unsafe-inline'") || header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: header %v", step.name, header)
		}
		if strings.Contains(body, "http://") && !strings.HasPrefix(step.target, "/file/") {
			t.Errorf("%s: an address of another site is in the page", step.name)
		}
	}
}

// TestDamage: a damaged folder has its own page, the others go on, and what is repaired
// is seen.
func TestDamage(t *testing.T) {
	s := newSite(t)
	good, bad, newer := s.store(spec(0, 1), -1), s.store(spec(1, 1), -1), s.store(spec(2, 1), -1)
	if status, _, _ := s.ask("GET", "/run/"+bad); status != 200 {
		t.Fatalf("before: %d", status)
	}
	name := filepath.Join(s.root, filepath.FromSlash(bad), record.TrialsFile)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(name, data, 0o644); err != nil {
			t.Fatal(err)
		}
		// File systems may be too coarse to see two changes of one moment.
		later := time.Now().Add(time.Second)
		if err := os.Chtimes(name, later, later); err != nil {
			t.Fatal(err)
		}
	}
	run := filepath.Join(s.root, filepath.FromSlash(newer), record.RunFile)
	doc, err := os.ReadFile(run)
	if err != nil {
		t.Fatal(err)
	}
	put(run, bytes.Replace(doc, []byte(`"schema": 1`), []byte(`"schema": 9`), 1))
	if status, _, body := s.ask("GET", "/run/"+newer); status != 500 || !strings.Contains(body, "schema version 9") {
		t.Errorf("a newer layout: %d\n%s", status, body)
	}
	for damage, data := range map[string][]byte{
		"invalid results":       append([]byte("<b>no JSON</b>\n"), whole...),
		"changed since the run": whole[:bytes.LastIndexByte(whole[:len(whole)-1], '\n')+1],
	} {
		put(name, data)
		for _, target := range []string{"/run/" + bad, "/compare?old=" + url.QueryEscape(good) + "&new=" + url.QueryEscape(bad)} {
			status, _, body := s.ask("GET", target)
			if status != 500 || !strings.Contains(body, "cannot be read") || strings.Contains(body, "<b>no JSON") {
				t.Errorf("%s, %s: %d\n%s", damage, target, status, body)
			}
		}
		if _, _, body := s.ask("GET", "/"); !strings.Contains(body, "Damaged") || !strings.Contains(body, "1 of 3") {
			t.Errorf("%s: the list does not say so:\n%s", damage, body)
		}
		if status, _, body := s.ask("GET", "/trend"); status != 200 || !strings.Contains(body, "left out: 2") {
			t.Errorf("%s: the history: %d\n%s", damage, status, body)
		}
		if status, _, _ := s.ask("GET", "/run/"+good); status != 200 {
			t.Errorf("%s: the other run: %d", damage, status)
		}
	}
	put(name, whole)
	if status, _, body := s.ask("GET", "/run/"+bad); status != 200 {
		t.Errorf("repaired: %d\n%s", status, body)
	}
	if err := os.RemoveAll(s.root); err != nil {
		t.Fatal(err)
	}
	if status, _, body := s.ask("GET", "/"); status != 500 || !strings.Contains(body, "cannot be listed") {
		t.Errorf("no folder: %d\n%s", status, body)
	}
}

func TestCheckLoopback(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:0": true, "127.9.9.9:80": true, "[::1]:80": true, "localhost:80": true,
		":80": false, "0.0.0.0:80": false, "[::]:80": false, "192.0.2.1:80": false, "example.com:80": false, "80": false, "": false,
	} {
		if err := serve.CheckLoopback(addr); (err == nil) != want {
			t.Errorf("CheckLoopback(%q) = %v, want fine: %v", addr, err, want)
		}
	}
}
