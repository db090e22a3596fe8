package e2e

import (
	"debug/buildinfo"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestBuild builds programs of modules that have nothing to do with this one,
// in the ways in which go build can be called, and runs them.
func TestBuild(t *testing.T) {
	for _, c := range []struct {
		name  string
		long  bool     // not with -short
		in    string   // folder below the module's
		flags []string // the same for go build and uni build
		pkg   string
		want  string
	}{
		{name: "folder", pkg: ".", want: "version=unset tag=no dep=dep v1 embedded=text of the file\n"},
		{name: "folder below", long: true, pkg: "./cmd/tool", want: "tool dep v1\n"},
		{name: "import path", long: true, pkg: "example.com/app/cmd/tool", want: "tool dep v1\n"},
		{name: "import path from below", long: true, in: "cmd", pkg: "example.com/app", want: "version=unset tag=no dep=dep v1 embedded=text of the file\n"},
		{name: "absolute folder", long: true, in: "cmd/tool", pkg: "$WORK/app", want: "version=unset tag=no dep=dep v1 embedded=text of the file\n"},
		{name: "file", long: true, pkg: "cmd/tool/main.go", want: "tool dep v1\n"},
		{name: "module of a dependency", long: true, pkg: "example.com/dep/cmd/deptool", want: "deptool\n"},
		{name: "tags", flags: []string{"-tags", "special"}, pkg: ".", want: "version=unset tag=yes dep=dep v1 embedded=text of the file\n"},
		{name: "ldflags", long: true, flags: []string{"-ldflags", "-s -w -X main.version=1.2.3"}, pkg: ".", want: "version=1.2.3 tag=no dep=dep v1 embedded=text of the file\n"},
		{name: "trimpath", long: true, flags: []string{"-trimpath"}, pkg: ".", want: "version=unset tag=no dep=dep v1 embedded=text of the file\n"},
		{name: "no inlining", long: true, flags: []string{"-gcflags=all=-N -l"}, pkg: "./cmd/tool", want: "tool dep v1\n"},
		{name: "vendoring", pkg: ".", want: "version=unset tag=no dep=vendored embedded=text of the file\n"},
		{name: "overlay of the caller", long: true, flags: []string{"-overlay", "$WORK/overlay.json"}, pkg: "./cmd/tool", want: "overlaid dep v1\n"},
		{name: "workspace", long: true, in: "../work/inside", pkg: ".", want: "inside dep v1\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.long && testing.Short() {
				t.Skip("takes longer than -short allows")
			}
			start(t)
			shared.slots <- struct{}{}
			work := unpack(t)
			dir := filepath.Join(work, "app", c.in)
			if c.name == "vendoring" {
				if err := os.Rename(filepath.Join(work, "vendor"), filepath.Join(work, "app", "vendor")); err != nil {
					t.Fatal(err)
				}
			}
			out := t.TempDir()
			b := &build{process: filepath.Join(out, "out"), image: filepath.Join(out, "out.uni")}
			flags := strings.Split(strings.ReplaceAll(strings.Join(c.flags, "\x00"), "$WORK", work), "\x00")
			if len(c.flags) == 0 {
				flags = nil
			}
			pkg := strings.ReplaceAll(c.pkg, "$WORK", work)
			before := hashes(t, work)
			uni := command(dir, shared.uni, append(append([]string{"build", "-o", b.image}, flags...), pkg)...)
			if after := hashes(t, work); after != before {
				t.Errorf("uni build changed the module:\n%s\nbefore:\n%s", after, before)
			}
			plain := command(dir, "go", append(append([]string{"build", "-o", b.process}, flags...), pkg)...)
			<-shared.slots
			if uni != nil || plain != nil {
				t.Fatal(uni, plain)
			}
			if o := (job{}).compare(t, b); o.Stdout != c.want {
				t.Errorf("the process shows %+v, want %q", o, c.want)
			}
			if data, err := os.ReadFile(b.process); err != nil || strings.Contains(string(data), "internal/libos") {
				t.Errorf("plain go build after uni build: %v, or it holds libos", err)
			}
			if c.name == "trimpath" {
				if data, err := os.ReadFile(b.image); err != nil || strings.Contains(string(data), work) {
					t.Errorf("an image built with -trimpath: %v, or it holds %s", err, work)
				}
			}
			for _, name := range []string{b.process, b.image} {
				info, err := buildinfo.ReadFile(name)
				if err != nil {
					t.Error(err)
				} else if info.Main.Path == "" && c.name != "file" {
					t.Errorf("%s says nothing about its module: %v", filepath.Base(name), info)
				}
			}
		})
	}
}

// unpack writes testdata/build/modules.txt to a new folder.
func unpack(t *testing.T) string {
	t.Helper()
	work, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	archive, err := txtar.ParseFile(filepath.Join("testdata", "build", "modules.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.Files {
		name := filepath.Join(work, f.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(strings.ReplaceAll(string(f.Data), "$WORK", work)), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return work
}

// hashes lists the files in dir, with the contents of those that a build might
// be tempted to write.
func hashes(t *testing.T, dir string) string {
	t.Helper()
	var list strings.Builder
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		list.WriteString(name + "\n")
		if strings.HasPrefix(filepath.Base(name), "go.") {
			text, err := os.ReadFile(path)
			list.Write(text)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list.String()
}

// TestRunPackage: uni run builds and boots in one step, and leaves nothing.
func TestRunPackage(t *testing.T) {
	start(t)
	shared.slots <- struct{}{}
	defer func() { <-shared.slots }()
	work := unpack(t)
	tmp := t.TempDir()
	cmd := exec.Command(shared.uni, "run", "-tags=special", "-cpus", "2", ".", "--", "-x")
	cmd.Dir, cmd.Env = filepath.Join(work, "app"), append(os.Environ(), "TMPDIR="+tmp)
	out, err := cmd.Output()
	if want := "version=unset tag=yes dep=dep v1 embedded=text of the file\n"; err != nil || string(out) != want {
		t.Errorf("uni run = %q, %v, want %q", out, err, want)
	}
	if left, err := os.ReadDir(tmp); err != nil || len(left) > 0 {
		t.Errorf("uni run left %v, %v", left, err)
	}
}
