package build

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOptions(t *testing.T) {
	src := sources(map[string]string{
		"guest/kern/kern.go":              "package kern\n",
		"guest/low/low.go":                "package low\n\nimport (\n\t_ \"example.org/m/a\"\n\t_ \"unibench/libos/guest/kern\"\n)\n",
		"guest/low/host.go":               "//go:build !unibench_guest\n\npackage low\n\nimport _ \"example.org/host\"\n",
		"guest/high/high.go":              "package high\n\nimport (\n\t_ \"example.org/m/b\"\n\t_ \"unibench/libos/guest/low\"\n)\n",
		"guest/goroot/runtime/x.go":       "//go:build unibench_guest\n\npackage runtime\n\nimport _ \"unibench/libos/guest/kern\"\n",
		"guest/goroot/syscall/high.go":    "//go:build unibench_guest\n\npackage syscall\n\nimport _ \"unibench/libos/guest/high\"\n",
		"guest/goroot/syscall/plain.go":   "//go:build unibench_guest\n\npackage syscall\n",
		"guest/goroot/syscall/sub/sub.go": "//go:build unibench_guest\n\npackage sub\n",
		"guest/goroot/syscall/DELETE":     "exec_linux.go\n",
	})
	o, options, err := newOverlay(src, nil, fakeGoroot(t))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"internal/libos/abi/abi.go", "internal/libos/high/high.go", "internal/libos/kern/kern.go", "internal/libos/low/low.go",
		"runtime/x.go", "syscall/sub/sub.go",
	}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(o))); diff != "" {
		t.Errorf("files without options differ (-want +got):\n%s", diff)
	}
	if got := slices.Sorted(maps.Keys(options)); !slices.Equal(got, []string{"syscall"}) {
		t.Fatalf("options for %q, want one for syscall", got)
	}
	opt := options["syscall"]
	if diff := cmp.Diff([]string{"example.org/m/a", "example.org/m/b"}, opt.modules); diff != "" {
		t.Errorf("modules differ (-want +got):\n%s", diff)
	}
	want = []string{"syscall/exec_linux.go", "syscall/high.go", "syscall/plain.go"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(opt.files))); diff != "" {
		t.Errorf("files of the option differ (-want +got):\n%s", diff)
	}
}

// TestDirectCalls: what only programs need that make system calls themselves is
// an option of theirs.
func TestDirectCalls(t *testing.T) {
	src := sources(map[string]string{
		"guest/goroot/syscall/zlibos_polling.go": "//go:build unibench_guest\n\npackage syscall\n",
		"guest/goroot/syscall/plain.go":          "//go:build unibench_guest\n\npackage syscall\n",
	})
	o, options, err := newOverlay(src, nil, fakeGoroot(t))
	if err != nil {
		t.Fatal(err)
	}
	if o["syscall/plain.go"] == nil || o["syscall/zlibos_polling.go"] != nil || options[directCalls].files["syscall/zlibos_polling.go"] == nil {
		t.Errorf("files %q and options %v", slices.Sorted(maps.Keys(o)), options)
	}
	tc := installed(t)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":     "module example.org/app\n\ngo 1.26\n",
		"a/main.go":  "package main\n\nimport _ \"os\"\n\nfunc main() {}\n",
		"b/main.go":  "package main\n\nimport _ \"syscall\"\n\nfunc main() {}\n",
		"c/main.go":  "package main\n\nimport _ \"example.org/app/lib\"\n\nfunc main() {}\n",
		"lib/lib.go": "package lib\n\nimport _ \"syscall\"\n",
	} {
		if err := ensureFile(dir+"/"+name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	tc.dir = dir
	for pkg, want := range map[string]bool{"./a": false, "./b": true, "./c": true} {
		prog, err := loadProgram(t.Context(), tc, nil, []string{pkg})
		if err != nil || prog.imports[directCalls] != want {
			t.Errorf("loadProgram(%s) = %v, %v, want calls of its own: %v", pkg, prog.imports[directCalls], err, want)
		}
	}
}

// TestModulesNotAtHand: programs that do without package net do without the
// modules; others get an error with the next step.
func TestModulesNotAtHand(t *testing.T) {
	installed(t)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":           "module example.org/app\n\ngo 1.26\n",
		"plain/main.go":    "package main\n\nfunc main() {}\n",
		"netuser/main.go":  "package main\n\nimport _ \"net\"\n\nfunc main() {}\n",
		"indirect/main.go": "package main\n\nimport _ \"net/mail\"\n\nfunc main() {}\n",
	} {
		if err := ensureFile(dir+"/"+name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	cache := t.TempDir()
	env := append(os.Environ(), "GOMODCACHE="+cache+"/none", "GOPROXY=off", "GOFLAGS=-modcacherw", "GOTOOLCHAIN=local")
	for name, fails := range map[string]bool{"plain": false, "netuser": true, "indirect": true} {
		opts := Options{Package: []string{"./" + name}, Dir: dir, CacheDir: cache, Env: env}
		res, err := build(t.Context(), opts, stackLibrary(t))
		if (err != nil) != fails {
			t.Errorf("%s: build = %v, want failure %v", name, err, fails)
		}
		if err != nil {
			for _, text := range []string{"modules of the TCP/IP stack", "GOPROXY", "gvisor.dev/gvisor@v0"} {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%s: build = %q, want %q in it", name, err, text)
				}
			}
			continue
		}
		text, err := os.ReadFile(res.Overlay)
		if err != nil || strings.Contains(string(text), vendoredPath) {
			t.Errorf("%s: the overlay has modules: %v", name, err)
		}
	}
}

// TestModuleSums: a module whose files are not the pinned ones is refused.
func TestModuleSums(t *testing.T) {
	tc := installed(t)
	for i, change := range []func(m *module){
		func(m *module) { m.sum = "h1:" + strings.Repeat("A", 43) + "=" },
		func(m *module) { m.modSum = "h1:" + strings.Repeat("A", 43) + "=" },
	} {
		m := pinnedModules()[1]
		change(&m)
		if _, err := moduleDirs(t.Context(), tc, []module{m}); err == nil || !strings.Contains(err.Error(), m.path) {
			t.Errorf("moduleDirs with changed sum %d = %v, want an error that names the module", i, err)
		}
	}
}
