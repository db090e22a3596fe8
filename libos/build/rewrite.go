package build

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// Import paths of the library OS, outside and inside of an image.
const (
	guestPath = "unibench/libos/guest/"
	abiPath   = "unibench/libos/abi"
	imagePath = "internal/libos/"
)

// imageImport returns the import path inside an image of a package of libos.
func imageImport(path string) (string, bool) {
	if path == abiPath {
		return imagePath + "abi", true
	}
	if rest, ok := strings.CutPrefix(path, guestPath); ok {
		return imagePath + rest, true
	}
	return "", false
}

// rewriteGo returns the Go file text with the import paths of libos, and the
// symbol names in linkname directives, as they are inside an image.
func rewriteGo(name string, text []byte) ([]byte, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.ImportsOnly)
	if err != nil {
		return nil, fmt.Errorf("parse imports: %w", err)
	}
	specs := slices.Clone(file.Imports)
	slices.SortFunc(specs, func(a, b *ast.ImportSpec) int { return int(a.Pos() - b.Pos()) })

	var out []byte
	last := 0
	for _, spec := range specs {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: import %s: %w", name, spec.Path.Value, err)
		}
		inside, ok := imageImport(path)
		if !ok {
			continue
		}
		at := fset.Position(spec.Path.Pos()).Offset
		out = append(out, text[last:at]...)
		out = strconv.AppendQuote(out, inside)
		last = at + len(spec.Path.Value)
	}
	out = append(out, text[last:]...)
	return rewriteLinknames(out), nil
}

// rewriteLinknames rewrites the third word of `//go:linkname local path.name`
// lines. A directive must begin its line, so lines are enough to find it.
func rewriteLinknames(text []byte) []byte {
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
		if inside, ok := imageImport(words[2][:dot]); ok {
			lines[i] = words[0] + " " + words[1] + " " + inside + words[2][dot:] + "\n"
		}
	}
	return []byte(strings.Join(lines, ""))
}
