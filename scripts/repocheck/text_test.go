package repocheck

import (
	"bytes"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

// maxLines is the largest size of a file that people write.
const maxLines = 500

// written reports whether people wrote the file, and it is not a result, a golden
// file or a list of checksums.
func written(name string) bool {
	return !in(name, "results") && !strings.Contains(name, "testdata/") && path.Base(name) != "go.sum"
}

// A ban is a text that no tracked file may contain.
type ban struct {
	pattern *regexp.Regexp
	why     string
}

// bans are spelled so that this file does not contain what they match.
var bans = []ban{
	{regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b`), "leaves work undone: do it, or write down the limit"},
	{regexp.MustCompile(`(^|[\s"'=(:])/(wo` + `rk|ro` + `ot|Us` + `ers)/`), "is a path of one machine"},
	{regexp.MustCompile(`\b(proxy|sum)\.gol` + `ang\.org|deb\.deb` + `ian\.org|registry\.npm` + `js\.org|files\.python` + `hosted\.org`), "names a package registry's host"},
}

func TestBans(t *testing.T) {
	for _, name := range tracked(t) {
		text := read(t, name)
		if bytes.IndexByte(text, 0) >= 0 {
			continue // an image
		}
		for i, line := range strings.Split(string(text), "\n") {
			for _, b := range bans {
				if m := b.pattern.FindString(line); m != "" {
					t.Errorf("%s:%d: %q %s", name, i+1, strings.TrimSpace(m), b.why)
				}
			}
		}
	}
}

// TestBanPatterns shows what the patterns catch and what they leave alone.
func TestBanPatterns(t *testing.T) {
	for text, want := range map[string]bool{
		"// TO" + "DO: later":                true,
		"a TO" + "DOLIST":                    false,
		`"/wo` + `rk/main/x"`:                true,
		"see /ro" + "ot/x":                   true,
		"rootfs/ro" + "ot/x":                 false,
		"https://go.dev/doc/install":         false,
		"https://proxy.gol" + "ang.org/x/@v": true,
	} {
		got := false
		for _, b := range bans {
			got = got || b.pattern.MatchString(text)
		}
		if got != want {
			t.Errorf("bans match %q: %v, want %v", text, got, want)
		}
	}
}

func TestLength(t *testing.T) {
	for _, name := range tracked(t) {
		if !written(name) {
			continue
		}
		if n := bytes.Count(read(t, name), []byte("\n")); n > maxLines {
			t.Errorf("%s: %d lines, more than %d: split it by reason to change", name, n, maxLines)
		}
	}
}

// TestPlainText: source and documents are US-ASCII, but for the middle dot, which
// Go's assembler demands.
func TestPlainText(t *testing.T) {
	for _, name := range tracked(t) {
		if !written(name) {
			continue
		}
		for i, line := range strings.Split(string(read(t, name)), "\n") {
			for _, r := range line {
				dot := r == '\u00b7' && (path.Ext(name) == ".s" || path.Ext(name) == ".go")
				if r > '~' && !dot || r < ' ' && r != '\t' {
					t.Errorf("%s:%d: character %q is not plain text", name, i+1, r)
					break
				}
			}
		}
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(local(name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}
