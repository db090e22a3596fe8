package build_test

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"unibench/libos/build"
)

// write fills a new folder with files, given as name and content.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// options returns Options for pkg in dir, with a cache of its own.
func options(t *testing.T, dir, pkg string, flags ...string) build.Options {
	t.Helper()
	if _, _, err := build.Toolchain(t.Context(), "go", dir, nil); err != nil {
		t.Skipf("no supported Go: %v", err)
	}
	return build.Options{Package: []string{pkg}, Dir: dir, Flags: flags, CacheDir: t.TempDir()}
}

// app is a module with a vendored dependency, a tag and a variable to set.
func app(t *testing.T) string {
	return write(t, map[string]string{
		"go.mod":                        "module example.org/app\n\ngo 1.26\n\nrequire example.org/dep v1.2.3\n",
		"vendor/modules.txt":            "# example.org/dep v1.2.3\n## explicit; go 1.26\nexample.org/dep\n",
		"vendor/example.org/dep/dep.go": "package dep\n\nfunc Hi() { println(\"vendored dependency\") }\n",
		"cmd/tool/main.go":              "package main\n\nimport \"example.org/dep\"\n\nvar version = \"unset\"\n\nfunc main() { dep.Hi(); println(version); extra() }\n",
		"cmd/tool/extra.go":             "//go:build !fancy\n\npackage main\n\nfunc extra() { println(\"plain variant\") }\n",
		"cmd/tool/fancy.go":             "//go:build fancy\n\npackage main\n\nfunc extra() { println(\"fancy variant\") }\n",
		"lib/lib.go":                    "package lib\n",
		"cmd/broken/main.go":            "package main\n\nfunc main() { undefined() }\n",
		"cmd/lost/main.go":              "package main\n\nimport _ \"example.org/lost\"\n\nfunc main() {}\n",
		"cmd/cgomain/main.go":           "package main\n\n// int x;\nimport \"C\"\n\nfunc main() {}\n",
		"cmd/cgodep/main.go":            "package main\n\nimport _ \"example.org/app/cgo/all\"\n\nfunc main() {}\n",
		"cmd/cgopart/main.go":           "package main\n\nimport _ \"example.org/app/cgo/part\"\n\nfunc main() {}\n",
		"cmd/cgosoft/main.go":           "package main\n\nimport _ \"example.org/app/cgo/soft\"\n\nfunc main() {}\n",
		"cgo/all/all.go":                "package all\n\n// int x;\nimport \"C\"\n",
		"cgo/part/part.go":              "package part\n\n// int x;\nimport \"C\"\n\nfunc needed() {}\n",
		"cgo/part/rest.go":              "package part\n\nfunc init() { needed() }\n",
		"cgo/soft/soft.go":              "package soft\n\n// int x;\nimport \"C\"\n",
		"cgo/soft/rest.go":              "package soft\n",
		"cgo/soft/other_windows.go":     "package soft\n\nimport \"C\"\n",
		"inner/go.mod":                  "module example.org/inner/v2\n\ngo 1.26\n",
		"inner/main.go":                 "package main\n\nfunc main() { println(\"inner module\") }\n",
		"overlaid.txt":                  "package main\n\nfunc extra() { println(\"overlaid variant\") }\n",
		"overlay.json":                  `{"Replace": {"cmd/tool/extra.go": "overlaid.txt"}}`,
		"cmd/netuser/main.go":           "package main\n\nimport (\n\t_ \"net\"\n\t_ \"os/user\"\n)\n\nfunc main() {}\n",
		"fake/go":                       "#!/bin/sh\necho '{\"GOVERSION\":\"go1.25.1\",\"GOROOT\":\"/nowhere\"}'\n",
		"fake/broken":                   "#!/bin/sh\necho 'broken go' >&2\nexit 3\n",
	})
}

func TestBuild(t *testing.T) {
	dir := app(t)
	tests := []struct {
		name     string
		pkg      string
		flags    []string
		sub      string // Options.Dir below the module
		output   string
		image    string            // relative to the module
		contains string            // in the image
		settings map[string]string // of its build info
	}{
		{name: "folder", pkg: "./cmd/tool", image: "tool.uni", contains: "plain variant"},
		{name: "import path", pkg: "example.org/app/cmd/tool", image: "tool.uni", contains: "vendored dependency"},
		{name: "absolute folder", pkg: filepath.Join(dir, "cmd/tool"), image: "tool.uni", contains: "plain variant"},
		{name: "file", pkg: "inner/main.go", image: "main.uni", contains: "inner module"},
		{name: "output", pkg: ".", sub: "cmd/tool", output: "../../out/x", image: "out/x", contains: "plain variant"},
		{name: "output folder", pkg: "./cmd/tool", output: "out/", image: "out/tool.uni", contains: "plain variant"},
		{name: "-C", pkg: ".", flags: []string{"-C", "cmd/tool"}, image: "cmd/tool/tool.uni", contains: "plain variant"},
		{name: "other module", pkg: "./inner", image: "inner.uni", contains: "inner module"},
		{name: "overlay", pkg: "./cmd/tool", flags: []string{"-overlay=overlay.json"}, image: "tool.uni", contains: "overlaid variant"},
		{name: "net and os/user", pkg: "./cmd/netuser", image: "netuser.uni"},
		{
			name: "flags", pkg: "./cmd/tool", image: "tool.uni", contains: "fancy variant",
			flags:    []string{"-tags", "fancy", "-ldflags=-s -X main.version=set-by-linker", "-trimpath", "-mod=vendor"},
			settings: map[string]string{"-tags": "fancy", "-trimpath": "true", "CGO_ENABLED": "0", "GOOS": "linux", "GOARCH": "amd64"},
		},
		{name: "ldflags", pkg: "./cmd/tool", flags: []string{"-ldflags", "-X main.version=set-by-linker"}, image: "tool.uni", contains: "set-by-linker"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opts := options(t, filepath.Join(dir, tt.sub), tt.pkg, tt.flags...)
			opts.Output = tt.output
			res, err := build.Build(t.Context(), opts)
			if err != nil {
				t.Fatal(err)
			}
			if want := filepath.Join(dir, tt.image); res.Image != want {
				t.Errorf("image = %s, want %s", res.Image, want)
			}
			if len(res.Warnings) > 0 {
				t.Errorf("warnings = %q, want none", res.Warnings)
			}
			text, err := os.ReadFile(res.Image)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(res.Image); err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(text, []byte(tt.contains)) {
				t.Errorf("image lacks %q", tt.contains)
			}
			info, err := buildinfo.Read(bytes.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			if info.GoVersion != res.GoVersion {
				t.Errorf("image of %s, want %s", info.GoVersion, res.GoVersion)
			}
			got := map[string]string{}
			for _, s := range info.Settings {
				if _, ok := tt.settings[s.Key]; ok {
					got[s.Key] = s.Value
				}
			}
			if diff := cmp.Diff(tt.settings, got); tt.settings != nil && diff != "" {
				t.Errorf("build settings differ (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPlainBuild checks that a build leaves a plain go build as it was.
func TestPlainBuild(t *testing.T) {
	dir := app(t)
	opts := options(t, dir, "./cmd/tool")
	plain := func() []byte {
		cmd := exec.Command("go", "build", "-o", "plain", "./cmd/tool")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go build: %v\n%s", err, out)
		}
		text, err := os.ReadFile(filepath.Join(dir, "plain"))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	before := plain()
	if _, err := build.Build(t.Context(), opts); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "plain")); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, plain()) {
		t.Error("plain go build gives another executable after build.Build")
	}
}

func TestBuildErrors(t *testing.T) {
	dir := app(t)
	tests := []struct {
		name string
		opts func(*build.Options)
		pkg  string
		as   any // pointer to the error type
		text string
	}{
		{name: "no package", opts: func(o *build.Options) { o.Package = nil }, text: "no package"},
		{name: "no cache", opts: func(o *build.Options) { o.CacheDir = "" }, text: "no cache folder"},
		{name: "no folder", opts: func(o *build.Options) { o.Dir += "/none" }, text: "enter working directory"},
		{name: "a file as folder", opts: func(o *build.Options) { o.Dir += "/go.mod" }, text: "not a folder"},
		{name: "no go", opts: func(o *build.Options) { o.Go = "go-that-is-not-there" }, text: "install Go"},
		{name: "broken go", opts: func(o *build.Options) { o.Go = filepath.Join(dir, "fake/broken") }, text: "broken go"},
		{name: "old go", opts: func(o *build.Options) { o.Go = filepath.Join(dir, "fake/go") }, as: new(*build.VersionError), text: "go1.25.1 is not supported (supported: go1.26"},
		{name: "not main", pkg: "./lib", as: new(*build.NotMainError), text: "example.org/app/lib"},
		{name: "missing", pkg: "example.org/none", as: new(*build.LoadError), text: "example.org/none"},
		{name: "missing folder", pkg: "./none", as: new(*build.LoadError), text: "none"},
		{name: "missing import", pkg: "./cmd/lost", as: new(*build.LoadError), text: "example.org/lost"},
		{name: "many", pkg: "./cmd/...", text: "give one"},
		{name: "compile", pkg: "./cmd/broken", as: new(*build.GoError), text: "undefined: undefined"},
		{name: "cgo main", pkg: "./cmd/cgomain", as: new(*build.CgoError), text: "package example.org/app/cmd/cgomain needs cgo"},
		{name: "cgo dependency", pkg: "./cmd/cgodep", as: new(*build.CgoError), text: "package example.org/app/cgo/all needs cgo"},
		{name: "cgo in part", pkg: "./cmd/cgopart", as: new(*build.CgoError), text: "package example.org/app/cgo/part needs cgo"},
		{name: "race", opts: func(o *build.Options) { o.Flags = []string{"-race"} }, as: new(*build.FlagError), text: "-race"},
		{name: "GOFLAGS", opts: func(o *build.Options) { o.Env = append(os.Environ(), "GOFLAGS=-buildmode=pie") }, as: new(*build.FlagError), text: "in GOFLAGS"},
		{name: "overlay missing", opts: func(o *build.Options) { o.Flags = []string{"-overlay=none.json"} }, text: "none.json"},
		{name: "overlay broken", opts: func(o *build.Options) { o.Flags = []string{"-overlay=go.mod"} }, text: "go.mod"},
		{name: "output", opts: func(o *build.Options) { o.Output = "go.mod/x" }, as: new(*build.GoError), text: "go.mod"},
		{name: "cache", opts: func(o *build.Options) { o.CacheDir = filepath.Join(o.Dir, "go.mod") }, text: "write overlay"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opts := options(t, dir, "./cmd/tool")
			if tt.pkg != "" {
				opts.Package = []string{tt.pkg}
			}
			if tt.opts != nil {
				tt.opts(&opts)
			}
			_, err := build.Build(t.Context(), opts)
			if err == nil {
				t.Fatal("Build = nil, want an error")
			}
			if tt.as != nil && !errors.As(err, tt.as) {
				t.Errorf("Build = %v (%T), want a %T", err, err, tt.as)
			}
			if !strings.Contains(err.Error(), tt.text) {
				t.Errorf("Build = %q, want %q in it", err, tt.text)
			}
		})
	}
}

func TestBuildWarns(t *testing.T) {
	opts := options(t, app(t), "./cmd/cgosoft")
	res, err := build.Build(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Warnings) != 1 || !strings.Contains(res.Warnings[0], "example.org/app/cgo/soft") {
		t.Errorf("warnings = %q, want one that names the package", res.Warnings)
	}
}

func TestBuildCancelled(t *testing.T) {
	opts := options(t, app(t), "./cmd/tool")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := build.Build(ctx, opts); !errors.Is(err, context.Canceled) {
		t.Errorf("Build = %v, want %v", err, context.Canceled)
	}
}
