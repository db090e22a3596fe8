package build

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
)

// placeFormat is part of the names of stored closures. It changes with what
// the code of this package makes of the same modules and rules.
const placeFormat = 1

// placeModules returns the files of the packages pkgs of other modules, and of
// all that they import, placed. It keeps them below cacheDir, so that only the
// first build asks for the modules.
func (l library) placeModules(ctx context.Context, tc toolchain, cacheDir string, pkgs []string) (overlay, error) {
	h := sha256.New()
	fmt.Fprintf(h, "%d %q %q\n%#v\n%#v\n", placeFormat, releaseTags(tc.version), pkgs, l.modules, l.rules)
	name := filepath.Join(cacheDir, "modules", hex.EncodeToString(h.Sum(nil)[:12])+".zip")
	if o, err := readPlaced(name); err == nil {
		return o, nil // else it is missing or damaged, and made again
	}
	dirs, err := moduleDirs(ctx, tc, l.modules)
	if err != nil {
		return nil, err
	}
	c := newClosure(l.modules, l.rules, dirs, tc.version)
	if err := c.add(pkgs...); err != nil {
		return nil, err
	}
	text, err := zipPlaced(c.out)
	if err == nil {
		err = ensureFile(name, text)
	}
	if err != nil {
		return nil, fmt.Errorf("store placed modules: %w", err)
	}
	return c.out, nil
}

// zipPlaced packs o, which deletes nothing, without compression: what counts
// is how fast it is read.
func zipPlaced(o overlay) ([]byte, error) {
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, name := range slices.Sorted(maps.Keys(o)) {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		if err != nil {
			return nil, err
		}
		if _, err := f.Write(o[name]); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// readPlaced reads what zipPlaced packed; package zip checks the sums.
func readPlaced(name string) (overlay, error) {
	r, err := zip.OpenReader(name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	o := overlay{}
	for _, file := range r.File {
		f, err := file.Open()
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(f)
		f.Close()
		if err != nil {
			return nil, err
		}
		o[file.Name] = text
	}
	return o, nil
}
