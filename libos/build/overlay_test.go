package build

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// fakeGoroot makes a GOROOT of a few files.
func fakeGoroot(t *testing.T) toolchain {
	t.Helper()
	tc := toolchain{version: "go1.26.99", goroot: t.TempDir()}
	for name, text := range map[string]string{
		"runtime/proc.go":       "package runtime\n\nconst haveSysmon = true\n\nconst other = true\n",
		"runtime/time_linux.s":  "// time\n",
		"runtime/sys_linux.s":   "// sys\n",
		"syscall/exec_linux.go": "package syscall\n",
	} {
		if err := ensureFile(tc.file(name), []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	return tc
}

func sources(files map[string]string) fstest.MapFS {
	m := fstest.MapFS{"abi/abi.go": {Data: []byte("package abi\n")}, "guest/guest.go": {Data: []byte("package guest\n")}}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

func TestNewOverlay(t *testing.T) {
	tc := fakeGoroot(t)
	src := sources(map[string]string{
		"abi/abi_test.go":                  "package abi\n",
		"guest/kern/kern.go":               "package kern\n\nimport \"unibench/libos/abi\"\n\nvar _ = abi.X\n",
		"guest/kern/host_amd64.s":          "//go:build !unibench_guest\n\nTEXT x\n",
		"guest/goroot/runtime/x_amd64.s":   "//go:build unibench_guest\n\nTEXT x\n",
		"guest/kern/host.go":               "//go:build !unibench_guest\n\npackage kern\n",
		"guest/kern/README.md":             "# kern\n",
		"guest/kern/testdata/x.go":         "package x\n",
		"guest/vfs/dev/dev.go":             "package dev\n",
		"guest/vfs/hosts":                  "127.0.0.1 localhost\n",
		"guest/goroot/runtime/sys_linux.s": "//go:build unibench_guest\n\n// ours\n",
		"guest/goroot/runtime/mem.go":      "//go:build unibench_guest && amd64\n\npackage runtime\n\nimport \"unibench/libos/guest/kern\"\n",
		"guest/goroot/runtime/mem_test.go": "package runtime\n",
		"guest/goroot/runtime/DELETE":      "# ours is in Go\n\ntime_linux.s\n",
	})
	got, _, err := newOverlay(src, []Edit{
		{File: "runtime/proc.go", Name: "sysmon", Anchor: "haveSysmon = true", Replace: "haveSysmon = false"},
		{File: "runtime/proc.go", Name: "each", Anchor: "const ", Replace: "var ", Count: 2},
		{File: "runtime/proc.go", Name: "again", Anchor: "haveSysmon = false", Replace: "haveSysmon = false // edited"},
	}, tc)
	if err != nil {
		t.Fatal(err)
	}
	want := overlay{
		"internal/libos/abi/abi.go":     []byte("package abi\n"),
		"internal/libos/kern/kern.go":   []byte("package kern\n\nimport \"internal/libos/abi\"\n\nvar _ = abi.X\n"),
		"runtime/x_amd64.s":             []byte("\n\nTEXT x\n"),
		"internal/libos/vfs/dev/dev.go": []byte("package dev\n"),
		"internal/libos/vfs/hosts":      []byte("127.0.0.1 localhost\n"),
		"runtime/sys_linux.s":           []byte("\n\n// ours\n"),
		"runtime/mem.go":                []byte("//go:build amd64\n\npackage runtime\n\nimport \"internal/libos/kern\"\n"),
		"runtime/time_linux.s":          nil,
		"runtime/proc.go":               []byte("package runtime\n\nvar haveSysmon = false // edited\n\nvar other = true\n"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("newOverlay differs (-want +got):\n%s", diff)
	}
}

func TestNewOverlayErrors(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		edits []Edit
		is    error
		text  []string
	}{
		{name: "anchor missing", edits: []Edit{{File: "runtime/proc.go", Name: "rule", Anchor: "nowhere", Replace: ""}}, is: ErrAnchorMissing,
			text: []string{"runtime/proc.go", "rule", "go1.26.99"}},
		{name: "anchor twice", edits: []Edit{{File: "runtime/proc.go", Name: "rule", Anchor: "= true", Replace: ""}}, is: ErrAnchorRepeated,
			text: []string{"runtime/proc.go", "rule", "go1.26.99"}},
		{name: "anchor empty", edits: []Edit{{File: "runtime/proc.go", Name: "rule", Anchor: "", Replace: "x"}}, is: ErrAnchorMissing},
		{name: "fewer than expected", edits: []Edit{{File: "runtime/proc.go", Name: "rule", Anchor: "= true", Count: 3}}, is: ErrAnchorCount,
			text: []string{"runtime/proc.go", "rule", "2 times instead of 3"}},
		{name: "more than expected", edits: []Edit{{File: "runtime/proc.go", Name: "rule", Anchor: "= true", Count: 1}}, is: ErrAnchorCount},
		{name: "no file", edits: []Edit{{File: "runtime/none.go", Name: "rule", Anchor: "x", Replace: ""}}, is: fs.ErrNotExist, text: []string{"none.go", "rule"}},
		{name: "edit of a replaced file", edits: []Edit{{File: "runtime/proc.go", Name: "rule", Anchor: "haveSysmon", Replace: ""}},
			files: map[string]string{"guest/goroot/runtime/proc.go": "//go:build unibench_guest\n\npackage runtime\n"}, is: ErrEditReplaced},
		{name: "edit of a deleted file", edits: []Edit{{File: "runtime/proc.go", Name: "rule", Anchor: "haveSysmon", Replace: ""}},
			files: map[string]string{"guest/goroot/runtime/DELETE": "proc.go\n"}, is: ErrEditReplaced},
		{name: "delete nothing", files: map[string]string{"guest/goroot/runtime/DELETE": "none.go\n"}, is: fs.ErrNotExist,
			text: []string{"go1.26.99", "none.go"}},
		{name: "delete ours", files: map[string]string{"guest/goroot/runtime/DELETE": "sys_linux.s\n",
			"guest/goroot/runtime/sys_linux.s": "//go:build unibench_guest\n"}, text: []string{"sys_linux.s"}},
		{name: "no tag", files: map[string]string{"guest/goroot/runtime/x.go": "package runtime\n"},
			text: []string{"guest/goroot/runtime/x.go", "unibench_guest"}},
		{name: "assembly", files: map[string]string{"guest/kern/x.s": "TEXT x\n"}, is: fs.ErrNotExist,
			text: []string{"internal/libos/kern/x.s", "guest/goroot"}},
		{name: "placed twice", files: map[string]string{"guest/abi/abi.go": "package abi\n"}, text: []string{"internal/libos/abi/abi.go"}},
		{name: "syntax", files: map[string]string{"guest/kern/kern.go": "import\n"}, text: []string{"guest/kern/kern.go"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := newOverlay(sources(tt.files), tt.edits, fakeGoroot(t))
			if err == nil {
				t.Fatal("newOverlay = nil, want an error")
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("newOverlay = %v, want %v", err, tt.is)
			}
			for _, text := range tt.text {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("newOverlay = %q, want %q in it", err, text)
				}
			}
		})
	}
}

func TestStore(t *testing.T) {
	cache := t.TempDir()
	tc := fakeGoroot(t)
	o := overlay{"runtime/mem.go": []byte("package runtime\n"), "runtime/time_linux.s": nil}
	name, err := o.store(cache, tc, map[string]string{"/home/x.go": "/home/y.go"})
	if err != nil {
		t.Fatal(err)
	}
	placed := filepath.Join(filepath.Dir(name), "src", "runtime", "mem.go")
	got, err := readOverlay(name, "/")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{tc.file("runtime/mem.go"): placed, tc.file("runtime/time_linux.s"): "", "/home/x.go": "/home/y.go"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("overlay file differs (-want +got):\n%s", diff)
	}
	same := func(what string, o overlay, tc toolchain, extra map[string]string, want bool) {
		t.Helper()
		again, err := o.store(cache, tc, extra)
		if err != nil {
			t.Fatal(err)
		}
		if (again == name) != want {
			t.Errorf("%s: same overlay = %v, want %v", what, again == name, want)
		}
	}
	extra := map[string]string{"/home/x.go": "/home/y.go"}
	same("nothing changed", o, tc, extra, true)
	same("other entry", o, tc, nil, false)
	same("other text", overlay{"runtime/mem.go": []byte("package runtime // 2\n"), "runtime/time_linux.s": nil}, tc, extra, false)
	same("emptied, not deleted", overlay{"runtime/mem.go": []byte("package runtime\n"), "runtime/time_linux.s": {}}, tc, extra, false)
	newer := tc
	newer.version = "go1.26.100"
	same("other go", o, newer, extra, false)

	// A damaged cache repairs itself.
	for _, damage := range []func() error{
		func() error { return os.WriteFile(placed, []byte("package run"), 0o666) },
		func() error { return os.Remove(placed) },
		func() error { return os.RemoveAll(cache) },
	} {
		if err := damage(); err != nil {
			t.Fatal(err)
		}
		same("damaged", o, tc, extra, true)
		if text, err := os.ReadFile(placed); err != nil || string(text) != "package runtime\n" {
			t.Errorf("after damage: %q, %v", text, err)
		}
	}
	left, err := filepath.Glob(filepath.Join(cache, "overlay", "*", "src", "*", ".tmp-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
}

func TestStoreCollision(t *testing.T) {
	tc := fakeGoroot(t)
	o := overlay{"runtime/mem.go": []byte("package runtime\n")}
	if _, err := o.store(t.TempDir(), tc, map[string]string{tc.file("runtime/mem.go"): "/home/mem.go"}); err == nil {
		t.Error("store = nil, want an error: the user replaces a file of ours")
	}
}

// TestStoreConcurrent has several builds store one overlay at a time.
func TestStoreConcurrent(t *testing.T) {
	cache, tc := t.TempDir(), fakeGoroot(t)
	o := overlay{}
	for i := range 50 {
		o[fmt.Sprintf("runtime/f%d.go", i)] = bytes.Repeat([]byte("// text\n"), 100*i)
	}
	errs := make(chan error)
	for range 8 {
		go func() {
			name, err := o.store(cache, tc, nil)
			if err == nil {
				err = checkStored(name, o)
			}
			errs <- err
		}()
	}
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// checkStored compares the files that belong to the overlay file name with o.
func checkStored(name string, o overlay) error {
	for file, want := range o {
		got, err := os.ReadFile(filepath.Join(filepath.Dir(name), "src", file))
		if err != nil {
			return err
		}
		if !bytes.Equal(got, want) {
			return fmt.Errorf("%s: %d bytes, want %d", file, len(got), len(want))
		}
	}
	return nil
}
