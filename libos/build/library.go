package build

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"

	"unibench/libos"
)

// A library is all that a library OS is made from, apart from the user's
// GOROOT and module cache.
type library struct {
	sources fs.FS // folders abi and guest
	edits   []Edit
	modules []module
	rules   []moduleRule
}

// newLibrary returns the library OS of this module.
func newLibrary() library {
	return library{sources: libos.Sources, edits: Edits(), modules: pinnedModules(), rules: gvisorRules()}
}

// A layout is the overlay of one build.
type layout struct {
	lib      library
	tc       toolchain
	cacheDir string
	overlay  overlay
	options  map[string]option // not in overlay yet
	user     map[string]string // the user's own overlay
}

// layout lays out the overlay, without options and merged with the user's own.
func (j *job) layout(cacheDir string, lib library) (*layout, error) {
	l := &layout{lib: lib, tc: j.tc}
	var err error
	if l.overlay, l.options, err = newOverlay(lib.sources, lib.edits, j.tc); err != nil {
		return nil, err
	}
	if l.user, err = readOverlay(j.flags.overlay, j.dir); err != nil {
		return nil, err
	}
	if l.cacheDir, err = filepath.Abs(cacheDir); err != nil {
		return nil, fmt.Errorf("find cache folder: %w", err)
	}
	return l, nil
}

// addOptions adds the options for the packages of a program, imports, and
// reports whether there are any.
func (l *layout) addOptions(ctx context.Context, imports map[string]bool) (bool, error) {
	var modules []string
	more := false
	for _, pkg := range slices.Sorted(maps.Keys(l.options)) {
		if imports[pkg] {
			more = true
			maps.Copy(l.overlay, l.options[pkg].files)
			modules = append(modules, l.options[pkg].modules...)
		}
	}
	if !more {
		return false, nil
	}
	if len(modules) == 0 {
		return true, nil
	}
	slices.Sort(modules)
	placed, err := l.lib.placeModules(ctx, l.tc, l.cacheDir, slices.Compact(modules))
	maps.Copy(l.overlay, placed)
	return true, err
}

// store writes the overlay as it is now, and returns the path of its file.
func (l *layout) store() (string, error) { return l.overlay.store(l.cacheDir, l.tc, l.user) }
