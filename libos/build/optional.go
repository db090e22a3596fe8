package build

import (
	"fmt"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// directCalls stands, among the import paths of a program, for system calls
// that it makes itself: a package outside of the standard library imports
// syscall, as golang.org/x/sys/unix does.
const directCalls = "(system calls)"

// directFiles are the files of the library OS for programs with directCalls. The
// standard library does without, and a call's number tells the linker nothing.
var directFiles = []string{"syscall/zlibos_polling.go"}

// An option is the part of the library OS that only programs with a certain
// package of the standard library, or with directCalls, get: the files that
// join that package, and the packages of other modules below them.
type option struct {
	files   overlay
	modules []string // import paths, outside of an image, that files lead to
}

// takeOptions takes directFiles out of o, and the files of those packages of the
// standard library that lead, by imports of the library OS's packages, to other
// modules, and returns them by package. Other modules may not be at hand, and nobody should
// need them for a program that does without.
func (o overlay) takeOptions() (map[string]option, error) {
	graph, err := o.imports()
	if err != nil {
		return nil, err
	}
	options := map[string]option{}
	direct := overlay{}
	for _, name := range directFiles {
		if text, ok := o[name]; ok {
			direct[name] = text
			delete(o, name)
		}
	}
	if len(direct) > 0 {
		options[directCalls] = option{files: direct}
	}
	for pkg := range graph {
		if strings.HasPrefix(pkg, imagePath) {
			continue
		}
		modules := reach(graph, pkg)
		if len(modules) == 0 {
			continue
		}
		opt := option{files: overlay{}, modules: modules}
		for name, text := range o {
			if path.Dir(name) == pkg {
				opt.files[name] = text
			}
		}
		for name := range opt.files {
			delete(o, name)
		}
		options[pkg] = opt
	}
	return options, nil
}

// imports returns what each package of o imports.
func (o overlay) imports() (map[string][]string, error) {
	graph := map[string][]string{}
	for name, text := range o {
		if path.Ext(name) != ".go" || text == nil {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
		if err != nil {
			return nil, fmt.Errorf("parse imports: %w", err)
		}
		pkg := path.Dir(name)
		for _, spec := range file.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return nil, fmt.Errorf("%s: import %s: %w", name, spec.Path.Value, err)
			}
			graph[pkg] = append(graph[pkg], target)
		}
	}
	return graph, nil
}

// reach returns the packages of other modules that pkg leads to through
// packages of the library OS, sorted.
func reach(graph map[string][]string, pkg string) []string {
	modules, seen := map[string]bool{}, map[string]bool{}
	var visit func(pkg string)
	visit = func(pkg string) {
		for _, target := range graph[pkg] {
			if outside, ok := strings.CutPrefix(target, vendoredPath); ok {
				modules[outside] = true
			} else if strings.HasPrefix(target, imagePath) && !seen[target] {
				seen[target] = true
				visit(target)
			}
		}
	}
	visit(pkg)
	return slices.Sorted(maps.Keys(modules))
}
