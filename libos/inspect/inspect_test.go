package inspect_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"unibench/libos/abi"
	"unibench/libos/image"
	"unibench/libos/inspect"
)

// program is built with an overlay that adds a package internal/libos/probe,
// as a real image has them, and with a raw SYSCALL of its own.
var program = map[string]string{
	"go.mod":  "module example.org/app\n\ngo 1.26\n",
	"main.go": "package main\n\nimport \"container/ring\"\n\nfunc raw()\n\nfunc main() { ring.Probe(); raw() }\n",
	// The second SYSCALL is the displacement of a jump-free MOV: data, not code.
	"raw_amd64.s": "#include \"textflag.h\"\n\nTEXT ·raw(SB), NOSPLIT, $0-0\n\tMOVL $0x050f050f, AX\n\tVPADDD X0, X1, X2\n\tSYSCALL\n\tRET\n",
	"probe.go":    "package probe\n\nvar Big = [1000]int{1}\n\n//go:noinline\nfunc Run() { Big[Big[0]]++ }\n",
	"joined.go":   "package ring\n\nimport \"internal/libos/probe\"\n\n//go:noinline\nfunc Probe() { probe.Run() }\n",
}

// buildImage builds program and writes the header of an image at its entry
// point.
func buildImage(t *testing.T, flags ...string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range program {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skipf("no go command: %v", err)
	}
	src := filepath.Join(strings.TrimSpace(string(goroot)), "src")
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {
		filepath.Join(src, "internal/libos/probe/probe.go"): filepath.Join(dir, "probe.go"),
		filepath.Join(src, "container/ring/joined.go"):      filepath.Join(dir, "joined.go"),
		filepath.Join(dir, "probe.go"):                      "",
		filepath.Join(dir, "joined.go"):                     "",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o666); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"build", "-o", "app", "-overlay=overlay.json"}, flags...)
	cmd := exec.Command("go", append(args, ".")...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	name := filepath.Join(dir, "app")
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	img, err := image.Parse(file, uint64(len(file)), image.Limits{High: 1 << 40})
	if err != nil {
		t.Fatal(err)
	}
	copy(file[img.EntryOffset():], "\xeb\x0c"+abi.ImageMagic+string([]byte{abi.ImageVersion, 0, 0, 0}))
	if err := os.WriteFile(name, file, 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestFile(t *testing.T) {
	for _, flags := range [][]string{nil, {"-trimpath"}, {"-ldflags=-s -w", "-trimpath"}} {
		t.Run(strings.Join(flags, " "), func(t *testing.T) {
			r, err := inspect.File(buildImage(t, flags...), []string{"container/ring/joined.go"})
			if err != nil {
				t.Fatal(err)
			}
			stripped := len(flags) == 2
			if r.Stripped != stripped {
				t.Errorf("Stripped = %v, want %v", r.Stripped, stripped)
			}
			if len(r.Parts) != 2 {
				t.Fatalf("Parts = %+v, want 2", r.Parts)
			}
			joined, probe := r.Parts[0], r.Parts[1]
			if joined.Package != "container/ring" || !joined.Replaced || joined.Functions != 1 || joined.Text == 0 || joined.Text > 256 {
				t.Errorf("replaced part = %+v", joined)
			}
			if probe.Package != "internal/libos/probe" || probe.Replaced || probe.Functions != 1 || probe.Text == 0 || probe.Text > 256 {
				t.Errorf("package = %+v", probe)
			}
			if want := uint64(8000); (probe.Data != want) != stripped {
				t.Errorf("Data = %d, want %d unless stripped", probe.Data, want)
			}
			if r.Other.Functions < 500 || r.Other.Text < 100_000 {
				t.Errorf("Other = %+v, less than Go's runtime", r.Other)
			}
			if !strings.HasPrefix(r.EntrySym, "_rt0_") {
				t.Errorf("EntrySym = %q", r.EntrySym)
			}
			if r.Path != "example.org/app" || !strings.HasPrefix(r.GoVersion, "go1.") || !strings.HasPrefix(r.Module, "example.org/app") {
				t.Errorf("build info: %q %q %q", r.Path, r.GoVersion, r.Module)
			}
			if len(r.Segments) != 3 || r.Segments[0].Rights != "r-x" {
				t.Errorf("Segments = %+v", r.Segments)
			}
			own := 0
			for _, s := range r.Syscalls {
				if s.Function == "main.raw" {
					own++
					if s.Uncertain {
						t.Errorf("uncertain: %+v", s)
					}
				}
			}
			if own != 1 || len(r.Syscalls) < 2 {
				t.Errorf("%d SYSCALLs, %d of them in main.raw, want some and 1", len(r.Syscalls), own)
			}
		})
	}
}

func TestWriteText(t *testing.T) {
	r, err := inspect.File(buildImage(t, "-ldflags=-s"), []string{"container/ring/joined.go"})
	if err != nil {
		t.Fatal(err)
	}
	r.Parts = append(r.Parts, inspect.Part{Package: "internal/libos/vendored/example.org/m", Functions: 7, Text: 8})
	var b bytes.Buffer
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"container/ring (replaced files)  1", "internal/libos/probe ", "\nexample.org/m  ", "sizes of data are not known", "main.raw", "build    CGO_ENABLED=0"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("text lacks %q:\n%s", want, &b)
		}
	}
}

func TestFileErrors(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := inspect.File(script, nil); !errors.Is(err, image.ErrNotELF) {
		t.Errorf("File(script) = %v, want %v", err, image.ErrNotELF)
	}
	if _, err := inspect.File(filepath.Join(dir, "none"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("File(none) = %v, want %v", err, os.ErrNotExist)
	}

	// Without section headers, or cut short behind the header of the image.
	name := buildImage(t)
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for what, b := range map[string][]byte{
		"no sections": append(append(bytes.Clone(file[:40]), make([]byte, 24)...), file[64:]...),
		"cut":         file[:len(file)/3],
	} {
		if what == "no sections" { // keep the sizes and the program headers
			copy(b[52:58], file[52:58])
		}
		if err := os.WriteFile(name, b, 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := inspect.File(name, nil); err == nil {
			t.Errorf("File(%s) = nil, want an error", what)
		}
	}
}
