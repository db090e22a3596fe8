package build

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/modfile"

	"unibench/libos"
)

// TestPinnedModules: the sums in the table are those of this module.
func TestPinnedModules(t *testing.T) {
	text, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	file, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	versions := map[string]string{}
	for _, r := range file.Require {
		versions[r.Mod.Path] = r.Mod.Version
	}
	sums, err := os.ReadFile("../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(sums), "\n")
	for _, m := range pinnedModules() {
		if got := versions[m.path]; got != m.version {
			t.Errorf("%v: go.mod has %s", m, got)
		}
		for _, line := range []string{m.path + " " + m.version + " " + m.sum, m.path + " " + m.version + "/go.mod " + m.modSum} {
			if !slices.Contains(lines, line) {
				t.Errorf("%v: go.sum has no line %q", m, line)
			}
		}
	}
}

// copySources adds the files of the folder dir of from to m.
func copySources(t *testing.T, m fstest.MapFS, from fs.FS, dir string) {
	t.Helper()
	err := fs.WalkDir(from, dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(from, name)
		m[name] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// stackLibrary is a library OS that consists of the TCP/IP stack, joined to
// package net, and a small user of it.
func stackLibrary(t *testing.T) library {
	m := fstest.MapFS{}
	copySources(t, m, os.DirFS("testdata/stack"), ".")
	copySources(t, m, libos.Sources, "guest/gvisor")
	return library{sources: m, modules: pinnedModules(), rules: gvisorRules()}
}

// TestStack builds a program for the host whose package net has the stack, with
// every rule in effect, and lets it exchange bytes.
func TestStack(t *testing.T) {
	installed(t)
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":  "module example.org/app\n\ngo 1.26\n",
		"main.go": "package main\n\nimport \"net\"\n\nfunc main() { net.Fixture() }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	// RFC 7217, section 5: a hash of prefix, interface, counter and secret.
	iid := sha256.Sum256([]byte("\x00\x00\x00\x00\x00\x00\x00\x00" + "eth0" + "\x00" + "secret"))
	opts := Options{Package: []string{"."}, Dir: dir, CacheDir: t.TempDir()}
	res, err := build(t.Context(), opts, stackLibrary(t))
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), res.Image).CombinedOutput()
	want := fmt.Sprintf("udp 0 datagram\ntcp 0 true\nlent 0 true true 0\nudp 1 datagram\ntcp 1 true\nlent 1 true true 0\niid %x\n", iid[:8])
	if err != nil || string(out) != want {
		t.Errorf("program: %q, %v, want %q", out, err, want)
	}
}
