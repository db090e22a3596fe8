package e2e

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// shared is what all tests use; TestMain makes it and removes it.
var shared struct {
	dir   string // temporary folder
	uni   string // the command, with uni-vmm beside it
	skip  string // why nothing can run, or ""
	slots chan struct{}

	mu    sync.Mutex
	built map[string]*build
}

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	kvm, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err != nil {
		shared.skip = fmt.Sprintf("no unikernel can run here: %v; uni doctor says more", err)
		fmt.Println("e2e: skipping all tests:", shared.skip)
		return m.Run()
	}
	kvm.Close()
	if shared.dir, err = os.MkdirTemp("", "unibench-e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	defer os.RemoveAll(shared.dir)
	bin := filepath.Join(shared.dir, "bin") + string(filepath.Separator)
	cmd := exec.Command("go", "build", "-o", bin, "unibench/libos/cmd/uni", "unibench/libos/cmd/uni-vmm")
	if out, err := cmd.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "e2e: build the commands: %v\n%s", err, out)
		return 1
	}
	shared.uni = filepath.Join(bin, "uni")
	// Two at a time, however many CPUs there are: the programs keep several
	// vCPUs busy each, and hangs are found by a time limit.
	shared.slots = make(chan struct{}, 2)
	shared.built = map[string]*build{}
	return m.Run()
}

// look opens every folder with sources. So go test knows that the result, which it
// may keep, depends on what lies there: that go build reads it, it would not see. It
// takes note while tests run only.
var look = sync.OnceValue(func() (err error) {
	for _, dir := range []string{"..", workload("")} {
		err = errors.Join(err, filepath.WalkDir(dir, func(_ string, _ fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // another test's, and gone already
			}
			return err
		}))
	}
	return err
})

// start marks t as one that runs programs, beside others that do.
func start(t *testing.T) {
	t.Helper()
	if shared.skip != "" {
		t.Skip(shared.skip)
	}
	if err := look(); err != nil {
		t.Fatal(err)
	}
	t.Parallel()
}

// A build is one package, built as a process and as an image.
type build struct {
	once           sync.Once
	process, image string
	err            error
}

// program builds the package in dir, relative to this folder, once.
func program(t *testing.T, dir string) *build {
	t.Helper()
	shared.mu.Lock()
	b := shared.built[dir]
	if b == nil {
		b = &build{}
		shared.built[dir] = b
	}
	shared.mu.Unlock()
	b.once.Do(func() {
		shared.slots <- struct{}{}
		defer func() { <-shared.slots }()
		base := filepath.Join(shared.dir, strings.NewReplacer("..", "", "/", "-").Replace(dir))
		b.process, b.image = base, base+".uni"
		b.err = compile(dir, b.process, b.image)
	})
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b
}

// compile builds the package in dir, which may lie in a module of its own.
func compile(dir, process, image string, flags ...string) error {
	args := append([]string{"build", "-o", process}, flags...)
	if err := command(dir, "go", append(args, ".")...); err != nil {
		return err
	}
	args = append([]string{"build", "-o", image}, flags...)
	return command(dir, shared.uni, append(args, ".")...)
}

// command runs a tool in dir.
func command(dir, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %q: %w\n%s", filepath.Base(name), args, err, out)
	}
	return nil
}

// own is the folder of a program below testdata.
func own(name string) string { return filepath.Join("testdata", "src", name) }

// workload is the folder of a workload.
func workload(name string) string { return filepath.Join("..", "..", "workloads", name) }
