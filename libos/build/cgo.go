package build

import (
	"context"
	"errors"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
)

// A CgoError says that the program cannot be built without cgo.
type CgoError struct {
	Package string // import path of the package that uses cgo
	Err     error  // how the build failed, or nil if no file of it is left
}

func (e *CgoError) Error() string {
	text := "package " + e.Package + " needs cgo, and a unikernel cannot hold C code: use a pure Go package in its place, or a build tag that selects one"
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *CgoError) Unwrap() error { return e.Err }

// ignoresCgo reports whether a file that was left out of p imports "C". It may
// have been left out for another reason, such as its operating system.
func ignoresCgo(p listed) bool {
	for _, name := range p.IgnoredGoFiles {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(p.Dir, name), nil, parser.ImportsOnly)
		if err != nil {
			continue
		}
		for _, spec := range file.Imports {
			if spec.Path.Value == `"C"` {
				return true
			}
		}
	}
	return false
}

// findCgo returns the packages outside the standard library that use cgo where
// they can, and an error if one of them, seen without cgo in pkgs, has nothing
// left. (In the standard library, net and os/user do well without.)
func findCgo(ctx context.Context, tc toolchain, flags, args []string, pkgs []listed) ([]string, error) {
	if !slices.ContainsFunc(pkgs, func(p listed) bool { return !p.Standard && ignoresCgo(p) }) {
		return nil, nil // the usual case, without a second go list
	}
	with, err := list(ctx, tc, []string{"CGO_ENABLED=1"}, flags, args)
	if err != nil {
		return nil, err
	}
	left := map[string]int{}
	for _, p := range pkgs {
		left[p.ImportPath] = len(p.GoFiles)
	}
	var names []string
	for _, p := range with {
		if p.Standard || len(p.CgoFiles) == 0 {
			continue
		}
		files, needed := left[p.ImportPath]
		if !needed {
			continue // imported only by files that need cgo themselves
		}
		if files == 0 {
			return nil, &CgoError{Package: p.ImportPath}
		}
		names = append(names, p.ImportPath)
	}
	return names, nil
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
