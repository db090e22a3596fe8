package build

import (
	"go/parser"
	"go/token"
	"os"
	"path"
	"strings"
	"testing"
)

// installed returns the Go toolchain on PATH, if it is a supported one.
func installed(t *testing.T) toolchain {
	t.Helper()
	tc, err := findToolchain(t.Context(), "go", t.TempDir(), nil)
	if err != nil {
		t.Skipf("no go command: %v", err)
	}
	if err := CheckVersion(tc.version); err != nil {
		t.Skip(err)
	}
	return tc
}

// TestEdits applies each rule to the file of the installed Go, after the rules
// before it, and parses what comes out.
func TestEdits(t *testing.T) {
	tc := installed(t)
	texts := map[string][]byte{}
	names := map[[2]string]bool{}
	for _, e := range Edits() {
		t.Run(path.Join(e.File, e.Name), func(t *testing.T) {
			if key := [2]string{e.File, e.Name}; names[key] {
				t.Errorf("two edits of %s are named %s", e.File, e.Name)
			} else {
				names[key] = true
			}
			text := texts[e.File]
			if text == nil {
				var err error
				if text, err = os.ReadFile(tc.file(e.File)); err != nil {
					t.Fatal(err)
				}
			}
			text, err := applyEdit(text, e)
			if err != nil {
				t.Fatalf("applyEdit: %v", err)
			}
			texts[e.File] = text
		})
	}
	for name, text := range texts {
		if path.Ext(name) != ".go" {
			continue
		}
		if _, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution); err != nil {
			t.Errorf("after all edits: %v", err)
		}
	}
}

// TestRuntimeEditsKeepLines: a traceback names lines of package runtime, and they
// are to be those of the installed Go.
func TestRuntimeEditsKeepLines(t *testing.T) {
	for _, e := range runtimeEdits() {
		if got, want := strings.Count(e.Replace, "\n"), strings.Count(e.Anchor, "\n"); got != want {
			t.Errorf("edit %s of %s: %d line ends in place of %d", e.Name, e.File, got, want)
		}
	}
}

// TestSources lays out the real sources over the installed Go.
func TestSources(t *testing.T) {
	tc := installed(t)
	if err := CheckEdits(tc.version, tc.goroot); err != nil {
		t.Error(err)
	}
	placed, err := Placed()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range placed {
		if path.Ext(name) != ".go" && path.Ext(name) != ".s" && path.Ext(name) != ".h" {
			t.Errorf("placed %s: not a source file", name)
		}
	}
}

func TestCheckVersion(t *testing.T) {
	for version, want := range map[string]bool{
		"go1.26": true, "go1.26.0": true, "go1.26.8": true, "go1.26.12 X:nodwarf5": true,
		"go1.25.1": false, "go1.27.0": false, "go1.260": false, "devel go1.27-0123abc": false, "": false,
	} {
		if got := CheckVersion(version) == nil; got != want {
			t.Errorf("CheckVersion(%q) succeeds: %v, want %v", version, got, want)
		}
	}
}
