package build

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Import paths of the library OS, outside and inside of an image.
const (
	guestPath = "unibench/libos/guest/"
	abiPath   = "unibench/libos/abi"
	imagePath = "internal/libos/"
	// vendoredPath begins the import paths of packages of other modules.
	vendoredPath = imagePath + "vendored/"
)

// imageImport returns the import path inside an image of a package that is not
// the standard library's: one of libos or of another module.
func imageImport(path string) (string, bool) {
	if path == abiPath {
		return imagePath + "abi", true
	}
	if rest, ok := strings.CutPrefix(path, guestPath); ok {
		return imagePath + rest, true
	}
	if isThirdParty(path) {
		return vendoredPath + path, true
	}
	return "", false
}

// isThirdParty reports whether path is that of a package of another module:
// as the go command sees it, one whose first element has a dot.
func isThirdParty(path string) bool {
	first, _, ok := strings.Cut(path, "/")
	return ok && strings.Contains(first, ".")
}

// rewriteGo returns the Go file text with import paths, and the symbol names
// in linkname directives, as they are inside an image: rename gives the new
// path of one that changes. imports lists the new paths of all imports.
func rewriteGo(name string, text []byte, rename func(string) (string, bool)) (out []byte, imports []string, err error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.ImportsOnly)
	if err != nil {
		return nil, nil, fmt.Errorf("parse imports: %w", err)
	}
	specs := slices.Clone(file.Imports)
	slices.SortFunc(specs, func(a, b *ast.ImportSpec) int { return int(a.Pos() - b.Pos()) })

	last := 0
	for _, spec := range specs {
		old, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: import %s: %w", name, spec.Path.Value, err)
		}
		inside, ok := rename(old)
		if !ok {
			imports = append(imports, old)
			continue
		}
		imports = append(imports, inside)
		at := fset.Position(spec.Path.Pos()).Offset
		out = append(out, text[last:at]...)
		if spec.Name == nil && path.Base(old) != path.Base(inside) {
			out = append(out, path.Base(old)+" "...) // the name that the file uses
		}
		out = strconv.AppendQuote(out, inside)
		last = at + len(spec.Path.Value)
	}
	out = append(out, text[last:]...)
	return rewriteLinknames(out, rename), imports, nil
}

// rewriteLinknames rewrites the third word of `//go:linkname local path.name`
// lines. A directive must begin its line, so lines are enough to find it.
func rewriteLinknames(text []byte, rename func(string) (string, bool)) []byte {
	directive := []byte("//go:linkname ")
	if !bytes.Contains(text, directive) {
		return text
	}
	lines := strings.SplitAfter(string(text), "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, string(directive)) {
			continue
		}
		words := strings.Fields(line)
		if len(words) != 3 {
			continue
		}
		dot := strings.LastIndex(words[2], ".")
		if dot < 0 {
			continue
		}
		if inside, ok := rename(words[2][:dot]); ok {
			lines[i] = words[0] + " " + words[1] + " " + inside + words[2][dot:] + "\n"
		}
	}
	return []byte(strings.Join(lines, ""))
}
