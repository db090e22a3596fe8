package build

import (
	"context"
	"errors"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// TestConfig says what to test. Packages and CacheDir must be set.
type TestConfig struct {
	// Packages are patterns as of go test; none means the package in Dir.
	Packages []string
	// Dir is the working directory; empty means the process's own.
	Dir string
	// Flags are the flags of go build that go test is given.
	Flags []string
	// CacheDir, Go and Env are as in Options.
	CacheDir string
	Go       string
	Env      []string
}

// A TestPlan is what go test needs to build test binaries that are images.
type TestPlan struct {
	// Overlay is the absolute path of the overlay file.
	Overlay string
	// Roots are the folders that hold all files of the packages and of the
	// modules that these are part of: GOROOT for the standard library.
	Roots []string
	// GOROOT is the toolchain's.
	GOROOT string
	// Foreign reports whether there is a package outside the standard library,
	// Broken whether one cannot be loaded.
	Foreign, Broken bool

	job *job
}

// PlanTest prepares a run of go test. A package that cannot be loaded is no
// error here: go test says so, in its own words, and tests the others.
func PlanTest(ctx context.Context, opts TestConfig) (*TestPlan, error) {
	if opts.CacheDir == "" {
		return nil, errors.New("build: no cache folder given")
	}
	packages := opts.Packages
	if len(packages) == 0 {
		packages = []string{"."}
	}
	j, err := newJob(ctx, Options{
		Package: packages, Dir: opts.Dir, Flags: opts.Flags, CacheDir: opts.CacheDir, Go: opts.Go, Env: opts.Env,
	})
	if err != nil {
		return nil, err
	}
	plan := &TestPlan{GOROOT: j.tc.goroot, job: j}
	layout, err := j.layout(opts.CacheDir, newLibrary())
	if err != nil {
		return nil, err
	}
	if plan.Overlay, err = layout.store(); err != nil {
		return nil, err
	}
	flags := append(slices.Clone(j.flags.list), "-test", "-overlay="+plan.Overlay)
	pkgs, err := list(ctx, j.tc, nil, flags, j.args)
	if err != nil {
		return nil, err
	}
	// The standard library's own tests make calls that the library does not.
	imports, roots := map[string]bool{directCalls: true}, map[string]bool{}
	for _, p := range pkgs {
		path, _, variant := strings.Cut(p.ImportPath, " [") // made for a test
		imports[path] = true
		if p.DepOnly || variant || strings.HasSuffix(path, ".test") {
			continue
		}
		plan.Foreign = plan.Foreign || !p.Standard
		plan.Broken = plan.Broken || p.Error != nil
		switch {
		case p.Standard:
			roots[j.tc.goroot] = true
		case p.Module != nil && p.Module.Dir != "":
			roots[p.Module.Dir] = true
		case p.Dir != "":
			roots[p.Dir] = true
		}
	}
	plan.Roots = slices.Sorted(maps.Keys(roots))
	if more, err := layout.addOptions(ctx, imports); err != nil {
		return nil, err
	} else if more {
		if plan.Overlay, err = layout.store(); err != nil {
			return nil, err
		}
	}
	return plan, nil
}

// Test returns the command go test with the flags of the plan, further ones, the
// packages, and args, which follow them. It runs in a process group of its own,
// all of which is interrupted when ctx ends: the test binaries belong to it.
func (p *TestPlan) Test(ctx context.Context, flags, args, env []string) *exec.Cmd {
	argv := append([]string{"test", "-overlay=" + p.Overlay}, p.job.flags.pass...)
	argv = append(append(argv, flags...), p.job.args...)
	cmd := p.job.tc.cmd(ctx, env, append(argv, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	return cmd
}

// Kill ends what a command of Test left running.
func Kill(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // none left is the usual case
	}
}

// Vet returns the command that checks the packages as go test does before it runs
// them, with the analyzers of that by default or those in the list. It is a
// command of its own, without the overlay: the checks of go test enter the
// folder of each package, and those of the library OS exist in the overlay only.
func (p *TestPlan) Vet(ctx context.Context, list string) *exec.Cmd {
	if list == "" {
		// As cmd/go's defaultVetFlags (go help test).
		list = "atomic,bool,buildtags,directive,errorsas,ifaceassert,nilfunc,printf,stringintconv,tests"
	}
	argv := append([]string{"vet"}, p.job.flags.list...)
	if list != "all" {
		for name := range strings.SplitSeq(list, ",") {
			argv = append(argv, "-"+name)
		}
	}
	return p.job.tc.cmd(ctx, nil, append(argv, p.job.args...)...)
}

// TestFlag reports whether name, without dashes, is a flag of go test that go
// build does not have, and whether its value may be the next argument. An error
// says that it is one which unikernels cannot serve.
func TestFlag(name string) (known, takesValue bool, err error) {
	switch name {
	case "exec":
		err = &FlagError{Flag: "-exec", Reason: "uni test uses it to boot the test binaries: leave it out"}
	case "fuzz":
		err = &FlagError{Flag: "-fuzz", Reason: "fuzzing starts processes of its own, and a unikernel is one process: use go test -fuzz"}
	case "artifacts":
		err = &FlagError{Flag: "-artifacts", Reason: "a unikernel has no folder of the host to leave artifacts in: use go test"}
	}
	return testBools[name] || testValues[name], testValues[name], err
}

// testBools and testValues are the flags of go test (go help testflag and go
// help test, Go 1.26) beside those of go build.
var (
	testBools  = words("c i v json short failfast fullpath benchmem artifacts cover")
	testValues = words(`o exec vet bench benchtime count coverprofile cpu fuzz fuzztime fuzzminimizetime list outputdir
		parallel run shuffle skip timeout blockprofile blockprofilerate cpuprofile memprofile memprofilerate
		mutexprofile mutexprofilefraction trace`)
)

// TestFlags lists the flags of go test, with those of go build, that uni test takes,
// sorted, without dashes.
func TestFlags() []string {
	names := GoFlags()
	for _, set := range []map[string]bool{testBools, testValues} {
		for name := range set {
			if _, _, refused := TestFlag(name); refused == nil {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Root returns the root among roots that dir lies in, the innermost, or "".
func Root(roots []string, dir string) (best string) {
	for _, root := range roots {
		rel, err := filepath.Rel(root, dir)
		if err == nil && rel != ".." && !strings.HasPrefix(rel, "../") && len(root) > len(best) {
			best = root
		}
	}
	return best
}
