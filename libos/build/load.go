package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
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
	Imports        []string
	Module         *struct{ Dir string }
	Error          *struct{ Err string }
}

const listFields = "-json=Dir,ImportPath,Name,Standard,DepOnly,GoFiles,CgoFiles,IgnoredGoFiles,Imports,Module,Error"

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
	execName   string          // the name that go build would give to the executable
	cgo        []string        // packages that lose their cgo files and still have others
	imports    map[string]bool // import paths of the program's packages, and directCalls
}

// loadProgram finds the program that args name, and checks that it is one and
// has no package that consists of cgo only.
func loadProgram(ctx context.Context, tc toolchain, flags, args []string) (program, error) {
	pkgs, err := list(ctx, tc, nil, flags, args)
	if err != nil {
		return program{}, err
	}
	prog := program{imports: map[string]bool{}}
	var roots []listed
	var failed *listed
	for i, p := range pkgs {
		prog.imports[p.ImportPath] = true
		if !p.Standard && slices.Contains(p.Imports, "syscall") {
			prog.imports[directCalls] = true
		}
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
