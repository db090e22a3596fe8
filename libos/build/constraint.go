package build

import (
	"bytes"
	"fmt"
	"go/build/constraint"
	"slices"
)

// guestTag is the build tag that counts as set in an image. It cannot be
// passed by -tags, which belongs to the user, so it is resolved here.
const guestTag = "unibench_guest"

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
