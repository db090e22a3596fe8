package record

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Find returns the folders of runs at or below root, in the order of their paths:
// those with a RunFile and another file that every run begins with, since others may
// call a file run.json, too. Folders that are being made are left out.
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
		run, err := isRun(path)
		if err != nil || !run {
			return err
		}
		out = append(out, path)
		return fs.SkipDir
	})
	if err != nil {
		return nil, dataErr(root, 0, err, "cannot be searched for runs")
	}
	return out, nil
}

// isRun reports whether dir looks like the folder of a run. One file of its head may be
// missing: to say so is up to Load.
func isRun(dir string) (bool, error) {
	has := make(map[string]bool)
	for _, name := range []string{RunFile, HostFile, ScheduleFile, TrialsFile} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			has[name] = true
		} else if !errors.Is(err, fs.ErrNotExist) {
			return false, err
		}
	}
	return has[RunFile] && len(has) > 1, nil
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
