package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

func checkMkdir(dir string) error {
	deep := filepath.Join(dir, "a", "b", "c")
	if err := first(fails("mkdir without its parent", os.Mkdir(deep, 0o755), fs.ErrNotExist),
		os.MkdirAll(deep, 0o755), os.MkdirAll(deep, 0o755),
		fails("mkdir over a folder", os.Mkdir(deep, 0o755), fs.ErrExist)); err != nil {
		return err
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		return err
	}
	return first(fails("mkdir below a file", os.Mkdir(filepath.Join(file, "x"), 0o755), syscall.ENOTDIR),
		fails("mkdirall through a file", os.MkdirAll(filepath.Join(file, "x", "y"), 0o755), syscall.ENOTDIR))
}

// checkReadDir lists a folder of more entries than one system call returns and
// removes entries while it lists.
func checkReadDir(dir string) error {
	const count = 1_500
	for i := range count {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("file-%04d", i)), nil, 0o644); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(dir)
	if err := first(err, equal("entries", len(entries), count)); err != nil {
		return err
	}
	for i, e := range entries {
		if err := first(equal("entry", e.Name(), fmt.Sprintf("file-%04d", i)), equal("type", e.Type(), 0)); err != nil {
			return err
		}
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	seen := make(map[string]bool)
	for {
		names, err := d.Readdirnames(100)
		for _, n := range names {
			if seen[n] {
				return fmt.Errorf("entry %s came twice", n)
			}
			seen[n] = true
			if err := os.Remove(filepath.Join(dir, n)); err != nil {
				return err
			}
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	left, err := os.ReadDir(dir)
	if err := first(err, equal("entries seen", len(seen), count), equal("entries left", len(left), 0)); err != nil {
		return err
	}
	if _, err := d.Seek(0, io.SeekStart); err != nil {
		return err
	}
	again, err := d.Readdirnames(-1)
	return first(err, equal("entries after rewind", len(again), 0))
}

// plant makes a small tree below dir: folders a/b and c, files and a link.
func plant(dir string) error {
	err := first(os.MkdirAll(filepath.Join(dir, "a/b"), 0o755), os.Mkdir(filepath.Join(dir, "c"), 0o700))
	for _, name := range []string{"a/1", "a/b/2", "c/3", "4"} {
		err = first(err, os.WriteFile(filepath.Join(dir, name), []byte(name), 0o644))
	}
	return first(err, os.Symlink("../a", filepath.Join(dir, "c/link")))
}

func checkWalk(dir string) error {
	if err := plant(dir); err != nil {
		return err
	}
	var seen []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		seen = append(seen, rel+" "+d.Type().String())
		return err
	})
	const want = ". d---------|4 ----------|a d---------|a/1 ----------|a/b d---------|a/b/2 ----------|" +
		"c d---------|c/3 ----------|c/link L---------"
	return first(err, equal("walk", strings.Join(seen, "|"), want))
}

func checkRemoveAll(dir string) error {
	tree := filepath.Join(dir, "tree")
	if err := first(os.Mkdir(tree, 0o755), plant(tree),
		fails("removal of a full folder", os.Remove(tree), syscall.ENOTEMPTY),
		os.RemoveAll(tree), os.RemoveAll(tree)); err != nil {
		return err
	}
	_, err := os.Lstat(tree)
	return fails("lstat of the removed tree", err, fs.ErrNotExist)
}
