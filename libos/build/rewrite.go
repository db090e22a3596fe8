package build

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build/constraint"
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

// guestTag is the build tag that counts as set in an image. It cannot be
// passed by -tags, which belongs to the user, so it is resolved here.
const guestTag = "unibench_guest"

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

// resolveTag resolves guestTag in the //go:build line of a Go or assembly
// file: it returns the text with the constraint that remains, if any (line
// numbers stay), and whether the file belongs to the image at all. tagged says
// that the constraint named guestTag.
func resolveTag(text []byte) (out []byte, keep, tagged bool, err error) {
	start, end := constraintLine(text)
	if start < 0 {
		return text, true, false, nil
	}
	expr, err := constraint.Parse(string(text[start:end]))
	if err != nil {
		return nil, false, false, fmt.Errorf("parse build constraint: %w", err)
	}
	rest, value := simplify(expr, &tagged)
	if !tagged {
		return text, true, false, nil
	}
	line := ""
	if rest != nil {
		line = "//go:build " + rest.String()
	}
	out = slices.Concat(text[:start], []byte(line), text[end:])
	return out, rest != nil || value, true, nil
}

// constraintLine returns the extent of the //go:build line, without its
// newline, or -1. Only blank lines and line comments may stand before it.
func constraintLine(text []byte) (start, end int) {
	for start < len(text) {
		end = start + bytes.IndexByte(text[start:], '\n')
		if end < start {
			end = len(text)
		}
		line := bytes.TrimSpace(text[start:end])
		if constraint.IsGoBuild(string(line)) {
			return start, end
		}
		if len(line) > 0 && !bytes.HasPrefix(line, []byte("//")) {
			break
		}
		start = end + 1
	}
	return -1, -1
}

// simplify sets guestTag to true in e. It returns what is left, or nil and the
// value if nothing is.
func simplify(e constraint.Expr, tagged *bool) (constraint.Expr, bool) {
	switch e := e.(type) {
	case *constraint.TagExpr:
		if e.Tag == guestTag {
			*tagged = true
			return nil, true
		}
	case *constraint.NotExpr:
		x, v := simplify(e.X, tagged)
		if x == nil {
			return nil, !v
		}
		return &constraint.NotExpr{X: x}, false
	case *constraint.AndExpr:
		x, xv := simplify(e.X, tagged)
		y, yv := simplify(e.Y, tagged)
		switch {
		case x == nil && y == nil:
			return nil, xv && yv
		case x == nil && xv:
			return y, false
		case y == nil && yv:
			return x, false
		case x == nil || y == nil:
			return nil, false
		}
		return &constraint.AndExpr{X: x, Y: y}, false
	case *constraint.OrExpr:
		x, xv := simplify(e.X, tagged)
		y, yv := simplify(e.Y, tagged)
		switch {
		case x == nil && y == nil:
			return nil, xv || yv
		case x == nil && !xv:
			return y, false
		case y == nil && !yv:
			return x, false
		case x == nil || y == nil:
			return nil, true
		}
		return &constraint.OrExpr{X: x, Y: y}, false
	}
	return e, false
}
