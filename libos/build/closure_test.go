package build

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fakeModules returns a closure over the module example.org/m, of the given
// files, and example.org/m/sub, of others.
func fakeModules(t *testing.T, files, sub map[string]string, rules ...moduleRule) *closure {
	t.Helper()
	mods := []module{{path: "example.org/m", version: "v1.2.3"}, {path: "example.org/m/sub", version: "v0.1.0"}}
	dirs := map[string]string{}
	for i, files := range []map[string]string{files, sub} {
		dir := t.TempDir()
		dirs[mods[i].path] = dir
		for name, text := range files {
			if err := ensureFile(filepath.Join(dir, filepath.FromSlash(name)), []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return newClosure(mods, rules, dirs, "go1.26.8")
}

func TestClosure(t *testing.T) {
	c := fakeModules(t, map[string]string{
		"a/a.go":          "package a\n\nimport (\n\t\"crypto/sha1\"\n\t\"fmt\"\n\n\t\"example.org/m/sub/b\"\n\tlog \"example.org/m/log\"\n)\n\n//go:linkname x example.org/m/sub/b.y\n",
		"a/a_amd64.go":    "package a\n",
		"a/a_linux.go":    "package a\n",
		"a/a_windows.go":  "package a\n",
		"a/a_test.go":     "package a\n",
		"a/fast_amd64.s":  "TEXT x\n",
		"a/fast.s":        "// +build amd64\n\nTEXT x\n",
		"a/dropped.s":     "TEXT x\n",
		"a/dropped_b.go":  "package a\n",
		"a/noasm.go":      "// Licence.\n\n//go:build !amd64 && !arm64 && linux\n// +build !amd64,!arm64\n\n// Package a.\npackage a\n\n//go:build fake\n",
		"a/next.go":       "//go:build go1.27\n\npackage a\n",
		"a/README.md":     "# a\n",
		"a/inner/c.go":    "package c\n",
		"a/testdata/x.go": "package x\n",
	}, map[string]string{
		"b/b.go": "package b\n\nimport \"example.org/m/a/inner\"\n\nconst edited = false\n",
	},
		moduleRule{Drop: "dropped_*.go"},
		moduleRule{Drop: "example.org/m/a/dropped.s"},
		moduleRule{Import: "crypto/sha1", With: "unibench/libos/guest/x/sha256"},
		moduleRule{Import: "example.org/m/log", With: "context"},
		moduleRule{Edit: Edit{File: "example.org/m/sub/b/b.go", Name: "constant", Anchor: "false", Replace: "true"}},
	)
	if err := c.add("example.org/m/a"); err != nil {
		t.Fatal(err)
	}
	const v = "internal/libos/vendored/example.org/m/"
	want := overlay{
		v + "a/a.go": []byte("package a\n\nimport (\n\tsha1 \"internal/libos/x/sha256\"\n\t\"fmt\"\n\n\t\"" + v + "sub/b\"\n\tlog \"context\"\n)\n\n" +
			"//go:linkname x " + v + "sub/b.y\n"),
		v + "a/a_linux.go": []byte("package a\n"),
		v + "a/noasm.go":   []byte("// Licence.\n\n\n\n\n// Package a.\npackage a\n\n//go:build fake\n"),
		v + "a/inner/c.go": []byte("package c\n"),
		v + "sub/b/b.go":   []byte("package b\n\nimport \"" + v + "a/inner\"\n\nconst edited = true\n"),
	}
	if diff := cmp.Diff(want, c.out); diff != "" {
		t.Errorf("closure differs (-want +got):\n%s", diff)
	}
	if len(c.used) != len(c.rules) {
		t.Errorf("%d rules had an effect, want all %d", len(c.used), len(c.rules))
	}
}

func TestClosureErrors(t *testing.T) {
	edit := func(anchor string) moduleRule {
		return moduleRule{Edit: Edit{File: "example.org/m/a/a.go", Name: "anchored", Anchor: anchor}}
	}
	tests := []struct {
		name  string
		files map[string]string
		rule  moduleRule
		is    error
		text  []string
	}{
		{name: "unpinned", files: map[string]string{"a/a.go": "package a\n\nimport \"example.org/mm\"\n"}, is: ErrUnpinnedModule, text: []string{"example.org/mm"}},
		{name: "no folder", files: map[string]string{"b/b.go": "package b\n"}, is: fs.ErrNotExist, text: []string{"example.org/m/a", "v1.2.3"}},
		{name: "no files", files: map[string]string{"a/a_amd64.go": "package a\n"}, is: ErrNoGoFiles, text: []string{"example.org/m/a", "v1.2.3"}},
		{name: "assembly", files: map[string]string{"a/a.go": "package a\n", "a/a.s": "TEXT x\n"}, is: ErrAssembly, text: []string{"example.org/m/a/a.s", "v1.2.3"}},
		{name: "embed", files: map[string]string{"a/a.go": "package a\n\n//go:embed x\nvar x string\n"}, is: ErrEmbed},
		{name: "cgo", files: map[string]string{"a/a.go": "package a\n\nimport \"C\"\n"}, is: ErrCgo},
		{name: "syntax", files: map[string]string{"a/a.go": "package a\nimport\n"}, text: []string{"example.org/m/a/a.go"}},
		{name: "anchor missing", files: map[string]string{"a/a.go": "package a\n"}, rule: edit("nowhere"), is: ErrAnchorMissing,
			text: []string{"example.org/m/a/a.go", "example.org/m@v1.2.3", "edit anchored"}},
		{name: "anchor twice", files: map[string]string{"a/a.go": "package a // a\n"}, rule: edit("a"), is: ErrAnchorRepeated,
			text: []string{"example.org/m/a/a.go", "example.org/m@v1.2.3", "edit anchored"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := fakeModules(t, tt.files, nil, tt.rule).add("example.org/m/a")
			var as *ModuleError
			if !errors.As(err, &as) {
				t.Fatalf("add = %v, want a *ModuleError", err)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("add = %v, want %v", err, tt.is)
			}
			for _, text := range tt.text {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("add = %q, want %q in it", err, text)
				}
			}
		})
	}
}

// TestPlaceModulesCache: only the first build needs the go command, and a
// damaged file is made again.
func TestPlaceModulesCache(t *testing.T) {
	tc, lib, cache := installed(t), newLibrary(), t.TempDir()
	pkgs := []string{"github.com/google/btree", "golang.org/x/time/rate"}
	want, err := lib.placeModules(t.Context(), tc, cache, pkgs)
	if err != nil {
		t.Fatal(err)
	}
	without := tc
	without.command = filepath.Join(cache, "no-go-command")
	got, err := lib.placeModules(t.Context(), without, cache, pkgs)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Fatalf("second placeModules: %v, differs (-want +got):\n%s", err, diff)
	}
	other := lib
	other.rules = append(other.rules, moduleRule{Drop: "sometimes.go"})
	if _, err := other.placeModules(t.Context(), without, cache, pkgs); err == nil {
		t.Error("placeModules with another rule took what was stored without it")
	}
	stored, err := filepath.Glob(filepath.Join(cache, "modules", "*.zip"))
	if err != nil || len(stored) != 1 {
		t.Fatalf("stored %q, %v, want one file", stored, err)
	}
	text, err := os.ReadFile(stored[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func() []byte{
		"cut":     func() []byte { return text[:len(text)/2] },
		"changed": func() []byte { b := append([]byte(nil), text...); b[len(b)/3] ^= 1; return b },
		"empty":   func() []byte { return nil },
	} {
		if err := os.WriteFile(stored[0], damage(), 0o666); err != nil {
			t.Fatal(err)
		}
		got, err := lib.placeModules(t.Context(), tc, cache, pkgs)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%s: placeModules: %v, differs (-want +got):\n%s", name, err, diff)
		}
	}
}
