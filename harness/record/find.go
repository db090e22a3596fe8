package record

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Find returns the folders of runs at or below root, in the order of their paths:
// those with a RunFile. Folders that are being made are left out.
func Find(root string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !e.IsDir() {
			return nil
		}
		if strings.HasPrefix(e.Name(), staging) {
			return fs.SkipDir
		}
		if _, err := os.Stat(filepath.Join(path, RunFile)); err == nil {
			out = append(out, path)
			return fs.SkipDir
		} else if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
	if err != nil {
		return nil, dataErr(root, 0, err, "cannot be searched for runs")
	}
	return out, nil
}

// ShortCommit names a commit for a reader: twelve digits, with what it leaves out.
func ShortCommit(commit string, dirty bool) string {
	s := commit[:min(len(commit), 12)]
	if s == "" {
		s = "no commit"
	}
	if dirty {
		s += " with uncommitted changes"
	}
	return s
}
