package build

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// An Edit is one anchored change of one file of the user's own GOROOT: the
// text Anchor, which must occur exactly once in the file as the earlier edits
// left it, becomes Replace. Anchors are whole declarations or lines where
// possible, so that a Go release which changes the code under them breaks the
// build, loudly, rather than the image.
type Edit struct {
	// File is the path below GOROOT/src, with forward slashes.
	File string
	// Name says in a few words what the edit does; it is unique in a file.
	Name string
	// Anchor is the text to find, exactly once.
	Anchor string
	// Replace takes its place.
	Replace string
	// Count, if not 0, is how often Anchor must occur instead of once; each
	// occurrence is replaced. It is for an instruction that stands for the
	// same thing everywhere in a file.
	Count int
}

// Edits returns every edit, in the order of application.
func Edits() []Edit {
	return slices.Concat(runtimeEdits(), syscallEdits(), cryptoEdits(), testenvEdits())
}

// Reasons for which an edit cannot be applied; see EditError.
var (
	ErrAnchorMissing  = errors.New("anchor not found")
	ErrAnchorRepeated = errors.New("anchor found more than once")
	ErrAnchorCount    = errors.New("anchor not found as often as expected")
	ErrEditReplaced   = errors.New("file is already replaced or deleted")
)

// An EditError says that an edit does not fit the file that it is meant for.
// It means that this Go release is not one that libos was made for.
type EditError struct {
	File, Name string // of the Edit
	GoVersion  string // as `go env GOVERSION` prints it
	Err        error  // ErrAnchorMissing, ErrAnchorRepeated, ErrEditReplaced or a file error
}

func (e *EditError) Error() string {
	return fmt.Sprintf("edit %s of %s (%s): %v: this Go release needs a newer uni, or use another patch release of Go",
		e.Name, e.File, e.GoVersion, e.Err)
}

func (e *EditError) Unwrap() error { return e.Err }

// applyEdit returns text with e applied; text itself is not modified.
func applyEdit(text []byte, e Edit) ([]byte, error) {
	anchor := []byte(e.Anchor)
	at := bytes.Index(text, anchor)
	if at < 0 || len(anchor) == 0 {
		return nil, ErrAnchorMissing
	}
	if e.Count != 0 {
		if n := bytes.Count(text, anchor); n != e.Count {
			return nil, fmt.Errorf("%w: %d times instead of %d", ErrAnchorCount, n, e.Count)
		}
		return bytes.ReplaceAll(text, anchor, []byte(e.Replace)), nil
	}
	if bytes.Contains(text[at+1:], anchor) {
		return nil, ErrAnchorRepeated
	}
	return slices.Concat(text[:at], []byte(e.Replace), text[at+len(anchor):]), nil
}
