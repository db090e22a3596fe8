package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// The programs of other people, with the versions of testdata/thirdparty/tools
// (go.mod.txt, go.sum.txt). They come from the Go module proxy and are built in
// a module of their own, by import path.
const (
	yq      = "github.com/mikefarah/yq/v4"
	esbuild = "github.com/evanw/esbuild/cmd/esbuild"
	gojq    = "github.com/itchyny/gojq/cmd/gojq"
)

// modules are the modules of testdata/thirdparty that have been made, by name.
var modules sync.Map // of func() (string, error)

// module makes a folder of a module of testdata/thirdparty, once: its files are
// there under names that keep them from being part of this module.
func module(name string) (dir string, err error) {
	once, _ := modules.LoadOrStore(name, sync.OnceValues(func() (string, error) {
		dir := filepath.Join(shared.dir, "thirdparty-"+name)
		if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "thirdparty", name))); err != nil {
			return "", err
		}
		for _, name := range []string{"go.mod", "go.sum"} {
			if err := os.Rename(filepath.Join(dir, name+".txt"), filepath.Join(dir, name)); err != nil {
				return "", err
			}
		}
		return dir, nil
	}))
	return once.(func() (string, error))()
}

// reach returns the folder of a module whose package pkg can be fetched, or skips.
func reach(t *testing.T, name, pkg string) string {
	t.Helper()
	dir, err := module(name)
	if err != nil {
		t.Fatal(err)
	}
	list := exec.Command("go", "list", "-mod=mod", "-deps", pkg)
	list.Dir = dir
	if out, err := list.CombinedOutput(); err != nil {
		t.Skipf("cannot fetch %s from the module proxy: %v\n%s", pkg, err, head(string(out)))
	}
	return dir
}

// fetched builds one of them both ways, or skips.
func fetched(t *testing.T, pkg string) *build {
	t.Helper()
	if testing.Short() {
		t.Skip("builds large programs of other people: not with -short")
	}
	start(t)
	dir := reach(t, "tools", pkg)
	name := filepath.Base(strings.TrimSuffix(pkg, "/v4"))
	b := &build{process: filepath.Join(dir, name), image: filepath.Join(dir, name+".uni")}
	shared.slots <- struct{}{}
	defer func() { <-shared.slots }()
	if err := command(dir, "go", "build", "-o", b.process, pkg); err != nil {
		t.Fatal(err)
	}
	if err := command(dir, shared.uni, "build", "-o", b.image, pkg); err != nil {
		t.Fatal(err)
	}
	return b
}

// times is what these programs tell about the time.
var times = regexp.MustCompile(`time=\S+|Done in \d+m?s`)

// A use is one call of such a program on the files of testdata/thirdparty/files,
// which are its working directory as a process, and the root in the unikernel.
type use struct {
	args   []string
	stdin  string // file name, or empty
	status int
	out    string // contained in standard output
}

func tryAll(t *testing.T, b *build, uses []use) {
	t.Helper()
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS(filepath.Join("testdata", "thirdparty", "files"))); err != nil {
		t.Fatal(err)
	}
	for _, u := range uses {
		j := job{args: u.args, env: []string{"NO_COLOR=1"}}
		if u.stdin != "" {
			j.stdin = file(t, filepath.Join(root, u.stdin))
		}
		p, k := j, j
		p.with = func(cmd *exec.Cmd) func() { cmd.Dir = root; return func() {} }
		k.flags = []string{"-root", root, "-mem", "256M", "-cpus", "2"}
		want, got := p.asProcess(t, b), k.asUnikernel(t, b)
		for _, o := range []*outcome{&want, &got} {
			o.Stderr, o.cpu = times.ReplaceAllString(o.Stderr, "(time)"), 0
		}
		if got != want {
			t.Errorf("%q:\nunikernel %+v\nprocess   %+v", u.args, got, want)
		}
		if want.Status != u.status || !strings.Contains(want.Stdout, u.out) {
			t.Errorf("%q: the process shows %+v, want status %d and output with %q", u.args, want, u.status, u.out)
		}
	}
}

func TestGojq(t *testing.T) {
	b := fetched(t, gojq)
	tryAll(t, b, []use{
		{args: []string{".users[] | {name, n: (.tags|length)}"}, stdin: "data.json", out: `"Grace"`},
		{args: []string{"-c", "[.users[].big] | add", "data.json"}, out: "123456789012345678901234567890"},
		{args: []string{"-r", ".users|map(.name)|@csv", "data.json"}, out: "Grace"},
		{args: []string{"--yaml-output", ".", "data.json"}, out: "nested:"},
		{args: []string{"--yaml-input", "-c", ".", "data.yaml"}, out: `"document"`},
		{args: []string{"[range(20000)|.*.]|add", "-n"}, out: "2666466670000"},
		{args: []string{".date|fromdate|todate", "data.json"}, out: "2024-02-29T12:34:56Z"},
		{args: []string{".a.b.c|error", "data.json"}, status: 5},
		{args: []string{".", "missing.json"}, status: 5},
		{args: []string{".["}, stdin: "data.json", status: 3},
		{args: []string{"--help"}, out: "Usage"},
	})
}

func TestYq(t *testing.T) {
	b := fetched(t, yq)
	tryAll(t, b, []use{
		{args: []string{".one.name", "data.yaml"}, out: "first"},
		{args: []string{"explode(.)", "data.yaml"}, out: "kind: server"},
		{args: []string{"-o=json", "."}, stdin: "data.yaml", out: `"second"`},
		{args: []string{"-P", ".", "data.json"}, out: "Ada"},
		{args: []string{"-p=xml", "-o=yaml", ".", "data.xml"}, out: "+@id: x"},
		{args: []string{"-p=toml", "-o=json", ".", "data.toml"}, out: "1979-05-27"},
		{args: []string{"eval-all", ". as $i ireduce ({}; . * $i)", "data.yaml", "data.json"}, out: "Grace"},
		{args: []string{".users[].tags | join(\"-\")", "data.json"}, out: "navy-compiler"},
		{args: []string{".a.[", "data.yaml"}, status: 1},
		{args: []string{".", "missing.yaml"}, status: 1},
	})
}

func TestEsbuild(t *testing.T) {
	b := fetched(t, esbuild)
	tryAll(t, b, []use{
		{args: []string{"--loader=ts", "--minify"}, stdin: "app/lib/greet.ts", out: "hello, "},
		{args: []string{"app/main.tsx", "--bundle", "--format=esm", "--jsx=automatic", "--external:react/*", "--loader:.css=empty"}, out: "square"},
		{args: []string{"app/main.tsx", "--bundle", "--jsx-factory=h", "--outdir=out", "--sourcemap", "--metafile=out/meta.json"}},
		{args: []string{"app/main.tsx", "--bundle", "--minify", "--target=es2017", "--jsx-factory=h", "--loader:.css=text", "--sourcemap=inline"}, out: "sourceMappingURL"},
		{args: []string{"app/style.css", "--bundle", "--minify", "--target=chrome90"}, out: "red"},
		{args: []string{"app/broken.js"}, status: 1},
		{args: []string{"app/missing.js", "--bundle"}, status: 1},
		{args: []string{"--version"}, out: "0.28.2"},
		{args: []string{"--no-such-flag"}, status: 1},
	})
}
