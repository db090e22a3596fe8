package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// A listed package, as `go list -json` describes it.
type listed struct {
	Dir            string
	ImportPath     string
	Name           string
	Standard       bool
	DepOnly        bool
	GoFiles        []string
	CgoFiles       []string
	IgnoredGoFiles []string
	Error          *struct{ Err string }
}

const listFields = "-json=Dir,ImportPath,Name,Standard,DepOnly,GoFiles,CgoFiles,IgnoredGoFiles,Error"

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

// A NotMainError says that the package is not a program.
type NotMainError struct {
	Package string // import path
	Name    string // name in its package clause
}

func (e *NotMainError) Error() string {
	return fmt.Sprintf("package %s is %q, not main, so there is nothing to boot: give the package of a command", e.Package, e.Name)
}

// A LoadError says that the package, or one that it imports, cannot be found
// or read.
type LoadError struct {
	Package string // import path
	Message string // the go command's own
}

func (e *LoadError) Error() string { return fmt.Sprintf("load package %s: %s", e.Package, e.Message) }

// A program is what loadProgram found out.
type program struct {
	importPath string
	execName   string   // the name that go build would give to the executable
	cgo        []string // packages that lose their cgo files and still have others
}

// loadProgram finds the program that args name, and checks that it is one and
// has no package that consists of cgo only.
func loadProgram(ctx context.Context, tc toolchain, flags, args []string) (program, error) {
	pkgs, err := list(ctx, tc, nil, flags, args)
	if err != nil {
		return program{}, err
	}
	var prog program
	var roots []listed
	var failed *listed
	for i, p := range pkgs {
		if p.Error != nil && failed == nil {
			failed = &pkgs[i]
		}
		if !p.DepOnly {
			roots = append(roots, p)
		}
	}
	switch {
	case failed == nil && len(roots) == 0:
		return prog, &LoadError{Package: strings.Join(args, " "), Message: "matched no packages"}
	case len(roots) > 1:
		return prog, fmt.Errorf("%s matches %d packages: give one", strings.Join(args, " "), len(roots))
	}
	// A package without its cgo files may be the cause of a failure to load.
	if prog.cgo, err = findCgo(ctx, tc, flags, args, pkgs); err != nil {
		return prog, err
	}
	if failed != nil {
		return prog, &LoadError{Package: failed.ImportPath, Message: failed.Error.Err}
	}
	if roots[0].Name != "main" {
		return prog, &NotMainError{Package: roots[0].ImportPath, Name: roots[0].Name}
	}
	prog.importPath = roots[0].ImportPath
	prog.execName = execName(roots[0])
	return prog, nil
}

// list runs go list -deps.
func list(ctx context.Context, tc toolchain, env, flags, args []string) ([]listed, error) {
	argv := append([]string{"list", "-e", "-deps", listFields}, flags...)
	argv = append(append(argv, "--"), args...)
	out, err := tc.output(ctx, env, argv...)
	if err != nil {
		return nil, fmt.Errorf("list packages of %s: %w", strings.Join(args, " "), err)
	}
	var pkgs []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs, nil
		} else if err != nil {
			return nil, fmt.Errorf("read the answer of go list: %w", err)
		}
		pkgs = append(pkgs, p)
	}
}

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
		if left[p.ImportPath] == 0 {
			return nil, &CgoError{Package: p.ImportPath}
		}
		names = append(names, p.ImportPath)
	}
	return names, nil
}

// execName is the rule of go build: the last element of the import path that
// is not a major version, or the name of the first file given.
func execName(p listed) string {
	if p.ImportPath == "command-line-arguments" && len(p.GoFiles) > 0 {
		return strings.TrimSuffix(p.GoFiles[0], ".go")
	}
	dir, elem := path.Split(p.ImportPath)
	if dir != "" && isMajorVersion(elem) {
		return path.Base(dir)
	}
	return elem
}

// isMajorVersion reports whether elem is v2, v3, ... v10, ...
func isMajorVersion(elem string) bool {
	digits, ok := strings.CutPrefix(elem, "v")
	return ok && digits != "" && digits[0] != '0' && digits != "1" && strings.Trim(digits, "0123456789") == ""
}
