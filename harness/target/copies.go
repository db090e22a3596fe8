package target

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// copyCount is the number of copies of each file that a comparison of two builds starts
// programs from.
//
// Where the kernel keeps the pages of a file is chance, and stays as it is while the file
// is in use. On the host that this was built on, starts from eight identical copies differed
// by up to 1 %, and of two builds that were the same, with one copy each, one was slower by
// 2 to 3 % in nearly every session; that the copies alone were the cause is not proven. With
// one copy of each build, whatever a copy costs is a difference of the builds.
const copyCount = 8

func copyName(path string, k int) string { return fmt.Sprintf("%s.copy%d", path, k) }

// spread makes the copies of files, once; only where two builds are compared.
func (e *Env) spread(paths ...string) error {
	if e.arm == "" {
		return nil
	}
	for _, path := range paths {
		if _, err := os.Stat(copyName(path, copyCount-1)); err == nil {
			continue // of another workload
		}
		for k := range copyCount {
			if err := copyTool(copyName(path, k), path); err != nil {
				return fmt.Errorf("copy what is started: %w", err)
			}
		}
	}
	return nil
}

// rotate puts one of the copies of each file in its place. No byte is written.
func (e *Env) rotate(k int, paths ...string) error {
	if e.arm == "" {
		return nil
	}
	for _, path := range paths {
		next := path + ".next"
		// It is there if the copy was in its place already: to rename one name of a file
		// to another of it does nothing.
		if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("change what is started: %w", err)
		}
		if err := os.Link(copyName(path, k%copyCount), next); err != nil {
			return fmt.Errorf("change what is started: %w", err)
		}
		if err := os.Rename(next, path); err != nil {
			return fmt.Errorf("change what is started: %w", err)
		}
	}
	return nil
}
