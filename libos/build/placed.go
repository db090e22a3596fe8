package build

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"unibench/libos"
)

// Placed returns the files that the library OS places into packages of the
// standard library, as paths below GOROOT/src, sorted: what libos/inspect
// needs to tell them from Go's own.
func Placed() ([]string, error) {
	o := overlay{}
	err := walkSources(libos.Sources, "guest/goroot", func(rel string, text []byte) error {
		if isDeleteList(rel) {
			return nil
		}
		return o.place(rel, text, true)
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list placed files: %w", err)
	}
	return slices.Sorted(maps.Keys(o)), nil
}
