package repocheck

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// placed reports whether a file joins a package of the standard library, whose
// rules are not ours.
func placed(s source) bool { return in(s.dir(), "libos/guest/goroot") }

// TestPackageDocs: every package says what it is for.
func TestPackageDocs(t *testing.T) {
	documented := map[string]bool{}
	for _, s := range sources(t) {
		if placed(s) || strings.HasSuffix(s.file.Name.Name, "_test") {
			continue
		}
		text := s.file.Doc.Text()
		documented[s.dir()] = documented[s.dir()] ||
			strings.HasPrefix(text, "Package "+s.file.Name.Name+" ") || s.file.Name.Name == "main" && strings.HasPrefix(text, "Command ")
	}
	for dir, ok := range documented {
		if !ok && !strings.Contains(dir, "testdata") {
			t.Errorf("%s: no file begins with a package comment", dir)
		}
	}
}

// obvious names the methods whose meaning the interfaces that they implement give.
var obvious = []string{"Error", "Unwrap", "String", "Len", "Less", "Swap", "Read", "Write", "Close", "GoString", "MarshalJSON", "UnmarshalJSON", "Is", "As"}

// TestExportedComments: every exported name of a package that others may import
// says what it means.
func TestExportedComments(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() || placed(s) || s.file.Name.Name == "main" {
			continue
		}
		for _, d := range s.file.Decls {
			for _, name := range undocumented(d) {
				t.Errorf("%s: exported %s has no comment", s.at(name), name.Name)
			}
		}
	}
}

// TestUndocumented shows that the rule finds what it is for.
func TestUndocumented(t *testing.T) {
	const text = `package p

func Bare() {}

// Said is documented.
func Said() {}

func (t *T[K]) Bare() {}
func (t T) String() string
func (t hidden) Public() {}

type T struct{}

// Group comment.
const (
	A = iota
	B
)

var (
	V, w int
	L    int // its line says it
)
`
	f, err := parser.ParseFile(token.NewFileSet(), "p.go", text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range f.Decls {
		for _, name := range undocumented(d) {
			got = append(got, name.Name)
		}
	}
	if want := []string{"Bare", "Bare", "T", "V"}; !slices.Equal(got, want) {
		t.Errorf("undocumented(...) = %v, want %v", got, want)
	}
}

// undocumented returns the exported names that d declares without a comment of
// their own, of their line or of their group.
func undocumented(d ast.Decl) (names []*ast.Ident) {
	add := func(list ...*ast.Ident) {
		for _, id := range list {
			if id.IsExported() {
				names = append(names, id)
			}
		}
	}
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Doc != nil || d.Recv != nil && (!receiver(d).IsExported() || slices.Contains(obvious, d.Name.Name)) {
			return nil
		}
		add(d.Name)
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if spec.Doc == nil && spec.Comment == nil && d.Doc == nil {
					add(spec.Name)
				}
			case *ast.ValueSpec:
				if spec.Doc == nil && spec.Comment == nil && d.Doc == nil {
					add(spec.Names...)
				}
			}
		}
	}
	return names
}

// receiver is the name of a method's type.
func receiver(d *ast.FuncDecl) *ast.Ident {
	for x := d.Recv.List[0].Type; ; {
		switch t := x.(type) {
		case *ast.StarExpr:
			x = t.X
		case *ast.IndexExpr:
			x = t.X
		case *ast.IndexListExpr:
			x = t.X
		case *ast.Ident:
			return t
		default:
			return ast.NewIdent("_")
		}
	}
}

// TestUnsafe: package unsafe is used in files that say so by their name. Elsewhere
// only its constants serve, to assert layouts; files that join the standard library
// keep that library's names.
func TestUnsafe(t *testing.T) {
	constants := []string{"Sizeof", "Offsetof", "Alignof"}
	for _, s := range sources(t) {
		stem := strings.TrimSuffix(strings.TrimSuffix(s.name, ".go"), "_test")
		if placed(s) || strings.HasSuffix(stem, "_unsafe") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if ok && isSelector(sel, "unsafe", sel.Sel.Name) && !slices.Contains(constants, sel.Sel.Name) {
				t.Errorf("%s: unsafe.%s outside a file named *_unsafe.go", s.at(sel), sel.Sel.Name)
			}
			return true
		})
		if spec, ok := s.imports()["unsafe"].(*ast.ImportSpec); ok && spec.Name != nil {
			t.Errorf("%s: unsafe imported under another name", s.at(spec))
		}
	}
}

// frame is the package in which the workloads that are servers parse the flags that
// each of them defines.
const frame = "workloads/internal/server"

// TestEnvironment: only commands read flags, arguments and the environment. Handing
// all of the environment on to a command (os.Environ) is not reading it.
func TestEnvironment(t *testing.T) {
	banned := map[string][]string{
		"os":      {"Args", "Getenv", "LookupEnv", "ExpandEnv", "Setenv", "UserCacheDir", "UserHomeDir", "UserConfigDir"},
		"syscall": {"Getenv", "Setenv"},
		"unix":    {"Getenv", "Setenv"},
	}
	for _, s := range sources(t) {
		if s.test() || placed(s) || s.file.Name.Name == "main" {
			continue
		}
		if spec := s.imports()["flag"]; spec != nil && s.dir() != frame {
			t.Errorf("%s: flags are read by commands only", s.at(spec))
		}
		selectors(s, banned, func(at, name string) {
			t.Errorf("%s: %s is for commands only: take it as a parameter", at, name)
		})
	}
}

// TestSleep: what measures and what starts programs waits for events.
func TestSleep(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() || !in(s.dir(), "harness") && !in(s.dir(), "baselines") {
			continue
		}
		selectors(s, map[string][]string{"time": {"Sleep"}}, func(at, name string) {
			t.Errorf("%s: %s: wait for an event, with a time limit", at, name)
		})
	}
}

// TestInit: importing a package does nothing. Files that join the standard
// library have no other way to be called.
func TestInit(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() || placed(s) {
			continue
		}
		for _, d := range s.file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s: an init function", s.at(f))
			}
		}
	}
}

// TestWrap: an error that becomes part of another stays reachable in it. Workloads
// also speak about errors that they expect.
func TestWrap(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() || in(s.dir(), "workloads") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) < 2 || !isSelector(call.Fun, "fmt", "Errorf") {
				return true
			}
			format, ok := call.Args[0].(*ast.BasicLit)
			if !ok || format.Kind != token.STRING || strings.Contains(format.Value, "%w") {
				return true
			}
			for _, arg := range call.Args[1:] {
				if id, ok := arg.(*ast.Ident); ok && id.Name == "err" {
					t.Errorf("%s: fmt.Errorf formats err without %%w", s.at(call))
				}
			}
			return true
		})
	}
}

// selectors calls found for each use of a name of banned, by package name.
func selectors(s source, banned map[string][]string, found func(at, name string)) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, ok := sel.X.(*ast.Ident); ok && slices.Contains(banned[pkg.Name], sel.Sel.Name) {
			found(s.at(sel), pkg.Name+"."+sel.Sel.Name)
		}
		return true
	})
}

// isSelector reports whether x is pkg.name.
func isSelector(x ast.Expr, pkg, name string) bool {
	sel, ok := x.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != name {
		return false
	}
	id, ok := sel.X.(*ast.Ident)
	return ok && id.Name == pkg
}
