package build

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
)

// An overlay maps paths below GOROOT/src, with forward slashes, to their new
// content; nil content means that the file is to vanish.
type overlay map[string][]byte

// deleteList is the name of the file that lists deletions in a goroot folder.
const deleteList = "DELETE"

func isDeleteList(rel string) bool { return path.Base(rel) == deleteList }

// newOverlay lays out the sources of the library OS (folders abi and guest of
// sources) and the edited files of the toolchain. What only some programs get
// is in options, by the package of the standard library that they have.
func newOverlay(sources fs.FS, edits []Edit, tc toolchain) (o overlay, options map[string]option, err error) {
	o = overlay{}
	if err := o.addPackage(sources, "abi", imagePath+"abi"); err != nil {
		return nil, nil, err
	}
	entries, err := fs.ReadDir(sources, "guest")
	if err != nil {
		return nil, nil, fmt.Errorf("read sources of the library OS: %w", err)
	}
	for _, entry := range entries {
		if !entry.IsDir() || entry.Name() == "testdata" {
			continue
		}
		dir := path.Join("guest", entry.Name())
		if entry.Name() == "goroot" {
			err = o.addGoroot(sources, dir, tc)
		} else {
			err = o.addPackage(sources, dir, imagePath+entry.Name())
		}
		if err != nil {
			return nil, nil, err
		}
	}
	if err := o.checkAssembly(tc); err != nil {
		return nil, nil, err
	}
	if err := o.addEdits(edits, tc); err != nil {
		return nil, nil, err
	}
	if options, err = o.takeOptions(); err != nil {
		return nil, nil, err
	}
	return o, options, nil
}

// checkAssembly holds assembly files to folders that exist in GOROOT/src: the
// go command runs the assembler in the package's folder, which is not there if
// only the overlay has it. A package of its own has to keep its assembly under
// goroot, in package runtime say, and reach it by linkname.
func (o overlay) checkAssembly(tc toolchain) error {
	for name, text := range o {
		if path.Ext(name) != ".s" || text == nil {
			continue
		}
		if _, err := os.Stat(tc.file(path.Dir(name))); err != nil {
			return fmt.Errorf("place %s: assembly needs a folder that exists in GOROOT/src, move it below guest/goroot: %w", name, err)
		}
	}
	return nil
}

// addPackage places the folder dir of sources, and those below it, at the
// import path to.
func (o overlay) addPackage(sources fs.FS, dir, to string) error {
	return walkSources(sources, dir, func(rel string, text []byte) error {
		return o.place(path.Join(to, rel), text, false)
	})
}

// addGoroot places the mirror of GOROOT/src.
func (o overlay) addGoroot(sources fs.FS, dir string, tc toolchain) error {
	return walkSources(sources, dir, func(rel string, text []byte) error {
		if isDeleteList(rel) {
			return o.delete(path.Dir(rel), text, tc)
		}
		return o.place(rel, text, true)
	})
}

// walkSources calls f with each file below dir that can be part of a package,
// its path relative to dir.
func walkSources(sources fs.FS, dir string, f func(rel string, text []byte) error) error {
	return fs.WalkDir(sources, dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("read sources of the library OS: %w", err)
		}
		if d.IsDir() {
			if d.Name() == "testdata" {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, ".md") {
			return nil
		}
		text, err := fs.ReadFile(sources, name)
		if err != nil {
			return fmt.Errorf("read sources of the library OS: %w", err)
		}
		if err := f(strings.TrimPrefix(name, dir+"/"), text); err != nil {
			return fmt.Errorf("place %s: %w", name, err)
		}
		return nil
	})
}

// addEdits applies edits to the files of the toolchain.
func (o overlay) addEdits(edits []Edit, tc toolchain) error {
	edited := overlay{}
	for _, e := range edits {
		fail := func(err error) error {
			return &EditError{File: e.File, Name: e.Name, GoVersion: tc.version, Err: err}
		}
		text, ok := edited[e.File]
		if !ok {
			if _, replaced := o[e.File]; replaced {
				return fail(ErrEditReplaced)
			}
			var err error
			if text, err = os.ReadFile(tc.file(e.File)); err != nil {
				return fail(err)
			}
		}
		text, err := applyEdit(text, e)
		if err != nil {
			return fail(err)
		}
		edited[e.File] = text
	}
	for name, text := range edited {
		o[name] = text
	}
	return nil
}
