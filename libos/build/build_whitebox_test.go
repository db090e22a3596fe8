package build

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestBuildOverlay builds a program with a small library OS whose effects show
// on the host: a package that joins the standard library, a file that joins a
// package of it and one that replaces another, a deletion and an edit.
func TestBuildOverlay(t *testing.T) {
	installed(t)
	src := sources(map[string]string{
		"abi/abi.go":         "package abi\n\nconst Name = \"abi\"\n",
		"guest/kern/kern.go": "package kern\n\nimport (\n\t\"unibench/libos/abi\"\n\t_ \"unsafe\"\n)\n\n//go:linkname answer container/ring.answer\nfunc answer() int\n\nfunc Mark() { println(abi.Name, host, answer()) }\n",
		"guest/goroot/container/ring/asm.s": "//go:build unibench_guest\n\n#include \"textflag.h\"\n#include \"answer.h\"\n\n" +
			"TEXT ·answer(SB), NOSPLIT, $0-8\n\tMOVQ $ANSWER, ret+0(FP)\n\tRET\n",
		"guest/goroot/container/ring/answer.h": "#define ANSWER 42\n",
		"guest/kern/image.go":                  "//go:build unibench_guest\n\npackage kern\n\nconst host = false\n",
		"guest/kern/host.go":                   "//go:build !unibench_guest\n\npackage kern\n\nconst host = true\n",
		"guest/goroot/container/ring/ours.go":  "//go:build unibench_guest && linux\n\npackage ring\n\nimport \"unibench/libos/guest/kern\"\n\nfunc answer() int\n\nfunc mark() { kern.Mark() }\n",
		"guest/goroot/container/heap/heap.go":  "//go:build unibench_guest\n\npackage heap\n\nconst Replaced = true\n",
		"guest/goroot/container/list/DELETE":   "list.go\n",
		"guest/goroot/container/list/other.go": "//go:build unibench_guest\n\npackage list\n\nconst Other = true\n",
	})
	edits := []Edit{{File: "container/ring/ring.go", Name: "mark", Anchor: "func (r *Ring) Len() int {\n", Replace: "func (r *Ring) Len() int {\n\tmark()\n"}}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.org/app\n\ngo 1.26\n",
		"main.go": "package main\n\nimport (\n\t\"container/heap\"\n\t\"container/list\"\n\t\"container/ring\"\n)\n\n" +
			"func main() { println(ring.New(3).Len(), heap.Replaced, list.Other) }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	opts := Options{Package: []string{"."}, Dir: dir, CacheDir: t.TempDir()}
	res, err := build(t.Context(), opts, library{sources: src, edits: edits})
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, "app.uni"); res.Image != want {
		t.Errorf("image %s, want %s", res.Image, want)
	}
	out, err := exec.Command(res.Image).CombinedOutput()
	if want := "abi false 42\n3 true true\n"; err != nil || string(out) != want {
		t.Errorf("program: %q, %v, want %q", out, err, want)
	}

	// The same again has the same overlay, hence Go's cache serves it.
	again, err := build(t.Context(), opts, library{sources: src, edits: edits})
	if err != nil || again.Overlay != res.Overlay {
		t.Errorf("second build: %s, %v, want %s", again.Overlay, err, res.Overlay)
	}
}
