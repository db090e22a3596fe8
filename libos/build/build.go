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
// Packages of other modules that packages of libos/guest import, those of the
// TCP/IP stack, join the standard library as internal/libos/vendored/PATH,
// copied from the module cache at pinned versions with changes by rule
// (moduleRule). They and what leads to them are left out of programs that do
// not import the package of the standard library which needs them (option).
//
// The package runs on the host, needs no network beyond what go build needs,
// and prints nothing. It neither boots images (libos/vmm) nor reads them
// (libos/image, libos/inspect).
package build

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

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
// *CgoError, *NotMainError, *LoadError, *FlagError, *EditError, *ModuleError, *GoError. A
// cancelled ctx ends the go command.
func Build(ctx context.Context, opts Options) (Result, error) {
	return build(ctx, opts, newLibrary())
}

// build is Build with a library OS of one's own.
func build(ctx context.Context, opts Options, lib library) (Result, error) {
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
	layout, err := job.layout(opts.CacheDir, lib)
	if err != nil {
		return res, err
	}
	if res.Overlay, err = layout.store(); err != nil {
		return res, err
	}
	list := append(job.flags.list, "-overlay="+res.Overlay)
	prog, err := loadProgram(ctx, job.tc, list, job.args)
	if err != nil {
		return res, err
	}
	if more, err := layout.addOptions(ctx, prog.imports); err != nil {
		return res, err
	} else if more {
		if res.Overlay, err = layout.store(); err != nil {
			return res, err
		}
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
