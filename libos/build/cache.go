package build

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// overlayFile is the JSON that go build's -overlay flag reads.
type overlayFile struct {
	Replace map[string]string
}

// store writes the overlay below cacheDir and returns the path of its JSON
// file. The folder's name is a hash of all that it holds, so equal overlays
// have equal paths, which lets Go's build cache hit, and different ones never
// share a file. Each file is written beside its place and renamed into it, and
// one that is missing or damaged is written again: concurrent builds and a
// cleaned cache do no harm. extra holds further entries, the user's own.
func (o overlay) store(cacheDir string, tc toolchain, extra map[string]string) (string, error) {
	names := slices.Sorted(maps.Keys(o))
	extraNames := slices.Sorted(maps.Keys(extra))
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n", tc.version, tc.goroot)
	for _, name := range names {
		fmt.Fprintf(h, "%q %t %d\n", name, o[name] == nil, len(o[name]))
		h.Write(o[name])
	}
	for _, name := range extraNames {
		fmt.Fprintf(h, "%q %q\n", name, extra[name])
	}
	dir := filepath.Join(cacheDir, "overlay", hex.EncodeToString(h.Sum(nil)[:12]))

	index := overlayFile{Replace: maps.Clone(extra)}
	if index.Replace == nil {
		index.Replace = map[string]string{}
	}
	for _, name := range names {
		real := tc.file(name)
		if _, ok := index.Replace[real]; ok {
			return "", fmt.Errorf("merge overlays: %s is replaced by both -overlay and the library OS: leave it out of yours", real)
		}
		if o[name] == nil {
			index.Replace[real] = ""
			continue
		}
		placed := filepath.Join(dir, "src", filepath.FromSlash(name))
		if err := ensureFile(placed, o[name]); err != nil {
			return "", fmt.Errorf("write overlay: %w", err)
		}
		index.Replace[real] = placed
	}
	text, err := json.MarshalIndent(index, "", "\t")
	if err != nil {
		return "", fmt.Errorf("write overlay: %w", err)
	}
	name := filepath.Join(dir, "overlay.json")
	if err := ensureFile(name, text); err != nil {
		return "", fmt.Errorf("write overlay: %w", err)
	}
	return name, nil
}

// ensureFile makes name hold text, atomically, and leaves it alone if it does.
func ensureFile(name string, text []byte) error {
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, text) {
		return nil
	}
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".tmp-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once renamed
	if _, err := f.Write(text); err != nil {
		f.Close()
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
