// Package build turns a Go program into a unikernel image with the user's own
// Go toolchain: it runs `go build` for linux/amd64 without cgo and with a
// generated -overlay file (design.md section 2.1), and changes nothing of the
// user's module, of GOROOT or of what a plain go build does.
//
// The overlay has three parts:
//
//   - files of libos/guest/goroot, which replace, join or delete files of
//     GOROOT/src;
//   - the packages of libos/guest and libos/abi, which join the standard
//     library as internal/libos/NAME, import paths rewritten;
//   - anchored edits of the user's own GOROOT files (type Edit).
//
// The package runs on the host, needs no network beyond what go build needs,
// and prints nothing. It neither boots images (libos/vmm) nor reads them
// (libos/image, libos/inspect).
package build

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"unibench/libos"
)

// ImageSuffix ends the name of an image for which no name was given, so that
// it does not overwrite the executable of a plain go build.
const ImageSuffix = ".uni"

// Options says what to build. Package and CacheDir must be set.
type Options struct {
	// Package names the program as go build does: one package, by import
	// path or folder, or one or more Go files. A folder may be in another
	// module than Dir; it is then built as seen from there.
	Package []string
	// Dir is the working directory, to which all relative paths refer.
	// Empty means the process's own.
	Dir string
	// Output is the image's path. Empty means the name that go build would
	// choose, with ImageSuffix, in Dir; a folder, or a path that ends in a
	// slash, means that name in there.
	Output string
	// Flags are flags of go build, such as -tags, -ldflags, -trimpath; -C,
	// which comes first there, is allowed anywhere.
	Flags []string
	// CacheDir is the folder for overlay files, made if it is missing;
	// usually "unibench" in os.UserCacheDir. It may be removed at any time
	// between builds.
	CacheDir string
	// Go is the go command; empty means "go", found on the process's PATH.
	Go string
	// Env is the environment of the go command, nil the process's own.
	Env []string
	// Stdout and Stderr receive what go build prints; nil discards it. Its
	// errors are also in the error that Build returns.
	Stdout, Stderr io.Writer
}

// Result describes a built image.
type Result struct {
	Image     string // absolute path of the image
	Package   string // import path of the program
	GoVersion string // as `go env GOVERSION` prints it
	Overlay   string // absolute path of the overlay file that was used
	// Warnings are for the user: one line each, lower case, no full stop.
	Warnings []string
}

// A GoError says that go build failed.
type GoError struct {
	Output string // what it printed
	Err    error
}

func (e *GoError) Error() string {
	if text := strings.TrimSpace(e.Output); text != "" {
		return fmt.Sprintf("go build: %v:\n%s", e.Err, text)
	}
	return fmt.Sprintf("go build: %v", e.Err)
}

func (e *GoError) Unwrap() error { return e.Err }

// Build builds one image. Errors that a caller may tell apart: *VersionError,
// *CgoError, *NotMainError, *LoadError, *FlagError, *EditError, *GoError. A
// cancelled ctx ends the go command.
func Build(ctx context.Context, opts Options) (Result, error) {
	return build(ctx, opts, libos.Sources, Edits())
}

// build is Build with a library OS of one's own.
func build(ctx context.Context, opts Options, sources fs.FS, edits []Edit) (Result, error) {
	var res Result
	if len(opts.Package) == 0 {
		return res, errors.New("build: no package given")
	}
	if opts.CacheDir == "" {
		return res, errors.New("build: no cache folder given")
	}
	job, err := newJob(ctx, opts)
	if err != nil {
		return res, err
	}
	res.GoVersion = job.tc.version
	if res.Overlay, err = job.overlay(opts.CacheDir, sources, edits); err != nil {
		return res, err
	}
	list := append(job.flags.list, "-overlay="+res.Overlay)
	prog, err := loadProgram(ctx, job.tc, list, job.args)
	if err != nil {
		return res, err
	}
	res.Package = prog.importPath
	res.Image = outputPath(job.dir, opts.Output, prog.execName+ImageSuffix)

	if err := job.run(ctx, opts, res); err != nil {
		return res, blame(err, prog.cgo)
	}
	for _, name := range prog.cgo {
		res.Warnings = append(res.Warnings, "package "+name+" is built without its cgo files and may miss functions")
	}
	return res, nil
}

// outputPath returns the absolute path of the image.
func outputPath(dir, output, name string) string {
	path := absolute(dir, cmp.Or(output, name))
	info, err := os.Stat(path)
	if strings.HasSuffix(output, "/") || err == nil && info.IsDir() {
		return filepath.Join(path, name)
	}
	return path
}

// A job is one build after its options were understood.
type job struct {
	dir   string // absolute; what relative paths refer to
	tc    toolchain
	flags flagPlan
	args  []string // packages or files, as seen from tc.dir
}

func newJob(ctx context.Context, opts Options) (*job, error) {
	flags, err := parseGoFlags(opts.Flags)
	if err != nil {
		return nil, err
	}
	j := &job{args: opts.Package}
	if j.dir, err = filepath.Abs(opts.Dir); err != nil {
		return nil, fmt.Errorf("find working directory: %w", err)
	}
	for _, f := range flags {
		if f.name == "C" {
			j.dir = absolute(j.dir, f.value)
		}
	}
	if info, err := os.Stat(j.dir); err != nil {
		return nil, fmt.Errorf("enter working directory: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("enter working directory: %s is not a folder", j.dir)
	}
	command := cmp.Or(opts.Go, "go")
	if j.tc, err = findToolchain(ctx, command, j.dir, opts.Env); err != nil {
		return nil, err
	}
	if folder, ok := otherModule(j.tc, opts.Package); ok {
		if j.tc, err = findToolchain(ctx, command, folder, opts.Env); err != nil {
			return nil, err
		}
		j.args = []string{"."}
	}
	if err := CheckVersion(j.tc.version); err != nil {
		return nil, err
	}
	j.flags, err = planFlags(flags, j.tc.goflags, j.dir)
	return j, err
}

// otherModule reports whether args is one folder in a module other than the
// one that tc works in, and returns the folder.
func otherModule(tc toolchain, args []string) (string, bool) {
	if len(args) != 1 || tc.gowork != "" && tc.gowork != "off" {
		return "", false
	}
	if arg := filepath.ToSlash(args[0]); !filepath.IsAbs(arg) && arg != "." && arg != ".." &&
		!strings.HasPrefix(arg, "./") && !strings.HasPrefix(arg, "../") {
		return "", false
	}
	folder := absolute(tc.dir, args[0])
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return "", false
	}
	for dir := folder; ; dir = filepath.Dir(dir) {
		gomod := filepath.Join(dir, "go.mod")
		if info, err := os.Stat(gomod); err == nil && !info.IsDir() {
			return folder, gomod != tc.gomod
		}
		if dir == filepath.Dir(dir) {
			return "", false
		}
	}
}

// overlay lays out and stores the overlay, merged with the user's own.
func (j *job) overlay(cacheDir string, sources fs.FS, edits []Edit) (string, error) {
	o, err := newOverlay(sources, edits, j.tc)
	if err != nil {
		return "", err
	}
	extra, err := readOverlay(j.flags.overlay, j.dir)
	if err != nil {
		return "", err
	}
	if cacheDir, err = filepath.Abs(cacheDir); err != nil {
		return "", fmt.Errorf("find cache folder: %w", err)
	}
	return o.store(cacheDir, j.tc, extra)
}

// readOverlay reads the user's own overlay file; relative paths in it refer to
// dir, as in the go command.
func readOverlay(name, dir string) (map[string]string, error) {
	if name == "" {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read overlay: %w", err)
	}
	var file overlayFile
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("read overlay %s: %w", name, err)
	}
	extra := map[string]string{}
	for from, to := range file.Replace {
		extra[filepath.Clean(absolute(dir, from))] = absolute(dir, to)
	}
	return extra, nil
}

// run runs go build.
func (j *job) run(ctx context.Context, opts Options, res Result) error {
	argv := append([]string{"build"}, j.flags.pass...)
	argv = append(argv, "-overlay="+res.Overlay, "-o", res.Image, "--")
	cmd := j.tc.cmd(ctx, nil, append(argv, j.args...)...)
	var stderr bytes.Buffer
	cmd.Stdout = opts.Stdout
	cmd.Stderr = &stderr
	if opts.Stderr != nil {
		cmd.Stderr = io.MultiWriter(&stderr, opts.Stderr)
	}
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return &GoError{Output: stderr.String(), Err: err}
	}
	return nil
}

// blame makes err a *CgoError if go build failed in a package that lost its
// cgo files: others of its files needed what those declare.
func blame(err error, cgo []string) error {
	var failed *GoError
	if !errors.As(err, &failed) {
		return err
	}
	for line := range strings.Lines(failed.Output) {
		for _, name := range cgo {
			if strings.TrimSpace(line) == "# "+name {
				return &CgoError{Package: name, Err: err}
			}
		}
	}
	return err
}
