package record

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// sumFiles returns the content of SHA256SUMS for dir: one line per regular file
// below it, in the format of sha256sum(1), sorted by path, itself left out.
func sumFiles(dir string) ([]byte, error) {
	var paths []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if d.Type().IsRegular() && rel != SumsFile && !strings.HasPrefix(d.Name(), ".") {
			paths = append(paths, rel)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	sort.Strings(paths)
	var out bytes.Buffer
	for _, p := range paths {
		sum, err := sumFile(filepath.Join(dir, p))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&out, "%s  %s\n", sum, filepath.ToSlash(p))
	}
	return out.Bytes(), nil
}

func sumFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// VerifySums compares the folder with its SHA256SUMS. It reports false without
// an error when the folder has none, which is so while a run is not finished,
// and a *DataError for a file that is missing or changed.
func VerifySums(dir string) (bool, error) {
	list, err := os.ReadFile(filepath.Join(dir, SumsFile))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, dataErr(filepath.Join(dir, SumsFile), 0, err, "cannot be read")
	}
	if !bytes.HasSuffix(list, []byte("\n")) {
		return false, dataErr(filepath.Join(dir, SumsFile), 0, nil, "cut short")
	}
	listed := make(map[string]bool)
	sc := bufio.NewScanner(bytes.NewReader(list))
	for line := 1; sc.Scan(); line++ {
		want, rel, ok := strings.Cut(sc.Text(), "  ")
		if !ok || len(want) != 2*sha256.Size || !filepath.IsLocal(filepath.FromSlash(rel)) {
			return false, dataErr(filepath.Join(dir, SumsFile), line, nil, "not a line of sha256sum")
		}
		path := filepath.Join(dir, filepath.FromSlash(rel))
		got, err := sumFile(path)
		if err != nil {
			return false, dataErr(path, 0, err, "listed in %s but cannot be read", SumsFile)
		}
		if got != want {
			return false, dataErr(path, 0, nil, "%s: its digest differs from %s", howChanged(path), SumsFile)
		}
		listed[rel] = true
	}
	if err := sc.Err(); err != nil {
		return false, dataErr(filepath.Join(dir, SumsFile), 0, err, "cannot be read")
	}
	// Its lines are sorted, so one of these is missing from whatever is left of a
	// list that was cut between two lines.
	for _, name := range []string{RunFile, HostFile, ScheduleFile, TrialsFile} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil && !listed[name] && run(dir) {
			return false, dataErr(filepath.Join(dir, SumsFile), 0, nil, "cut short: it does not list %s", name)
		}
	}
	return true, nil
}

// run reports whether dir is the folder of a run, as far as can be told.
func run(dir string) bool {
	ok, err := isRun(dir)
	return ok && err == nil
}

// howChanged tells a file of lines that lost its end from one with another content.
func howChanged(path string) string {
	switch filepath.Ext(path) {
	case ".json", ".jsonl", ".bench":
		data, err := os.ReadFile(path)
		if err == nil && !bytes.HasSuffix(data, []byte("\n")) {
			return "cut short since the run"
		}
	}
	return "changed since the run"
}
