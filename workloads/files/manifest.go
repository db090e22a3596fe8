package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// manifestName is the list of files within the tree that checkManifest reads.
const manifestName = "manifest.sha256"

// checkManifest checks that the regular files below root are just those that
// the manifest lists, with those hashes.
func checkManifest(root string) error {
	want, err := readManifest(filepath.Join(root, manifestName))
	if err != nil {
		return err
	}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil || rel == manifestName {
			return err
		}
		sum, err := hashFile(path)
		if err != nil {
			return err
		}
		if want[rel] != sum {
			return fmt.Errorf("%s has hash %s, want %q", rel, sum, want[rel])
		}
		delete(want, rel)
		return nil
	})
	if err != nil {
		return err
	}
	for name := range want {
		return fmt.Errorf("%s is missing", name)
	}
	return nil
}

// readManifest returns the hash of each path: lines of a hash in hexadecimal,
// two characters and a path, as sha256sum writes them.
func readManifest(name string) (map[string]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sums := make(map[string]string)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		sum, path, ok := strings.Cut(lines.Text(), " ")
		if !ok || len(sum) != 2*sha256.Size || len(path) < 2 {
			return nil, fmt.Errorf("%s: bad line %q, want it as sha256sum writes it", name, lines.Text())
		}
		sums[filepath.Clean(path[1:])] = sum
	}
	return sums, lines.Err()
}

func hashFile(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("hash %s: %w", name, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
