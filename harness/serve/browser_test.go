package serve_test

import (
	"bytes"
	"flag"
	"image/png"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"unibench/harness/page/pagetest"
	"unibench/harness/record"
	"unibench/harness/serve"
)

var keep = flag.String("keep", "", "also write every screenshot into this folder, for a look")

// TestBrowser walks through the pages in a real browser, wide and on a phone, light and
// dark: nothing scrolls sideways, nothing is fetched from elsewhere, nothing is
// complained about. Then it filters and compares with the keyboard alone.
func TestBrowser(t *testing.T) {
	s := newSite(t)
	var ids []string
	for n := range 14 {
		slower := 1.0
		if n > 7 {
			slower = 1.2
		}
		one := spec(n, slower)
		one.HostClass = "kvm-pvm-nested-with-a-long-name-2c"
		ids = append(ids, s.store(one, -1))
	}
	other := spec(15, 1)
	other.Suite, other.Targets = "net", []string{"process", "container"}
	s.store(other, 4)
	bad := s.store(spec(16, 1), -1)
	if err := os.WriteFile(filepath.Join(s.root, filepath.FromSlash(bad), record.RunFile), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(serve.New(s.root, serve.Options{Rounds: 200}))
	defer server.Close()
	b := pagetest.Start(t)
	pages := map[string]string{
		"list": "/", "run": "/run/" + ids[0], "compare": "/compare?all=1&old=" + url.QueryEscape(ids[0]) + "&new=" + url.QueryEscape(ids[9]),
		"trend": "/trend?suite=boot", "damaged": "/run/" + bad, "file": "/file/" + ids[0] + "/run.json",
	}
	for name, at := range pages {
		for _, v := range pagetest.Views() {
			tab := b.Open(server.URL+at, v)
			for _, r := range tab.Requests() {
				if r != server.URL+at && r != server.URL+"/favicon.ico" {
					t.Errorf("%s %s: fetched %s", name, v.Name, r)
				}
			}
			if s := tab.Overflow(); s != "" && name != "file" {
				t.Errorf("%s %s is wider than %d pixels: %s", name, v.Name, v.Width, s)
			}
			bad := slices.DeleteFunc(tab.Complaints(), func(c string) bool { return name == "damaged" && strings.Contains(c, "500") })
			if len(bad) > 0 {
				t.Errorf("%s %s: %q", name, v.Name, bad)
			}
			shot := tab.Shot(true)
			if _, err := png.Decode(bytes.NewReader(shot)); err != nil {
				t.Fatal(err)
			}
			if *keep != "" {
				if err := os.WriteFile(filepath.Join(*keep, "serve-"+name+"-"+v.Name+".png"), shot, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			tab.Close()
		}
	}
	keyboard(t, b, server.URL)
}

// keyboard filters the list and compares two runs without a mouse.
func keyboard(t *testing.T, b *pagetest.Browser, site string) {
	t.Helper()
	tab := b.Open(site+"/?suite=boot", pagetest.Views()[0])
	var rows int
	tab.Eval(`document.querySelectorAll("tbody tr").length`, &rows)
	if rows != 14 {
		t.Errorf("%d runs of suite boot, want 14", rows)
	}
	var focus string
	seen := make(map[string]bool)
	for range 60 {
		tab.Press("Tab")
		tab.Eval(`document.activeElement.name || document.activeElement.textContent.trim()`, &focus)
		if focus == "old" && !seen[focus] || focus == "new" && !seen[focus] {
			tab.Press("Space")
			if focus == "new" { // another run than the old one
				tab.Press("Down")
			}
		}
		seen[focus] = true
		if focus == "Compare" {
			break
		}
	}
	for _, want := range []string{"To the content", "Runs", "Trends", "suite", "target", "class", "Filter", "old", "new", "Compare"} {
		if !seen[want] {
			t.Errorf("the keyboard does not reach %q: %v", want, seen)
		}
	}
	tab.Press("Enter")
	tab.Wait(`location.pathname == "/compare" && document.readyState == "complete" && document.querySelector("h1") != null`)
	var title string
	tab.Eval(`document.querySelector("h1").textContent`, &title)
	if title != "boot: new against old" {
		var text string
		tab.Eval(`location.search + document.querySelector("main").textContent`, &text)
		t.Errorf("the form led to %q: %s", title, text)
	}
}
