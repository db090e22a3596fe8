package repocheck

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// root is the repository's top folder, seen from this package.
const root = "../.."

// module is the import path of the root.
const module = "unibench"

// tracked lists the files of the repository that git tracks and that are there,
// slash-separated below root.
func tracked(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("git", "ls-files", "-z")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("git cannot list the files of this folder: %v", err)
	}
	var files []string
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		// Stat also tells the go command that the test depends on the file, and
		// the folder's on those that join it.
		if info, err := os.Stat(local(name)); err == nil && info.Mode().IsRegular() {
			files = append(files, name)
			_, _ = os.Stat(local(path.Dir(name)))
		}
	}
	if len(files) == 0 {
		t.Fatal("git lists no files")
	}
	return files
}

// local is the path of a tracked file from here.
func local(name string) string { return filepath.Join(root, filepath.FromSlash(name)) }

// A source is one parsed Go file.
type source struct {
	name string // below root
	file *ast.File
	fset *token.FileSet
}

// dir is the folder of the file below root, "." for root itself.
func (s source) dir() string { return path.Dir(s.name) }

// test reports whether only tests contain the file: by its name, or because it
// belongs to a program that tests start.
func (s source) test() bool {
	return strings.HasSuffix(s.name, "_test.go") || strings.Contains(s.name, "testdata/")
}

// at is the position of n for a message.
func (s source) at(n ast.Node) string {
	p := s.fset.Position(n.Pos())
	p.Filename = s.name
	p.Column = 0
	return p.String()
}

// imports lists the import paths of the file.
func (s source) imports() map[string]ast.Node {
	m := map[string]ast.Node{}
	for _, spec := range s.file.Imports {
		m[strings.Trim(spec.Path.Value, `"`)] = spec
	}
	return m
}

// in reports whether dir is folder or below it.
func in(dir, folder string) bool {
	return dir == folder || strings.HasPrefix(dir, folder+"/")
}

var parse = sync.OnceValues(func() (map[string]*ast.File, *token.FileSet) {
	return map[string]*ast.File{}, token.NewFileSet()
})

// sources parses the tracked Go files.
func sources(t *testing.T) []source {
	t.Helper()
	files, fset := parse()
	var list []source
	for _, name := range tracked(t) {
		if path.Ext(name) != ".go" {
			continue
		}
		if files[name] == nil {
			f, err := parser.ParseFile(fset, local(name), nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				t.Errorf("parse %s: %v", name, err)
				continue
			}
			files[name] = f
		}
		list = append(list, source{name: name, file: files[name], fset: fset})
	}
	return list
}
