package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

func checkRename(dir string) error {
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	if err := first(os.WriteFile(a, []byte("a"), 0o644), os.WriteFile(b, []byte("b"), 0o644)); err != nil {
		return err
	}
	old, err := os.Open(b)
	if err != nil {
		return err
	}
	defer old.Close()
	if err := first(os.Rename(a, b), holds(b, []byte("a"))); err != nil {
		return err
	}
	// Who had the replaced file open still reads it.
	var buf [4]byte
	n, err := old.Read(buf[:])
	if err := first(err, equal("contents of the replaced file", string(buf[:n]), "b")); err != nil {
		return err
	}
	_, err = os.Stat(a)
	return first(fails("stat of the old name", err, fs.ErrNotExist), os.Rename(b, b), holds(b, []byte("a")),
		fails("rename of nothing", os.Rename(a, b), fs.ErrNotExist))
}

func checkRenameDir(dir string) error {
	p := func(name string) string { return filepath.Join(dir, name) }
	if err := first(os.MkdirAll(p("d/sub"), 0o755), os.Mkdir(p("empty"), 0o755), os.Mkdir(p("full"), 0o755),
		os.WriteFile(p("full/f"), nil, 0o644), os.WriteFile(p("file"), nil, 0o644)); err != nil {
		return err
	}
	return first(
		// Package os refuses to rename over a folder itself, so ask below it.
		fails("rename into itself", os.Rename(p("d"), p("d/sub/d")), syscall.EINVAL),
		fails("rename over its parent", syscall.Rename(p("d/sub"), p("d")), syscall.ENOTEMPTY),
		fails("rename of a folder over a full one", syscall.Rename(p("d"), p("full")), syscall.ENOTEMPTY),
		fails("rename of a folder over a file", os.Rename(p("d"), p("file")), syscall.ENOTDIR),
		fails("rename of a file over a folder", syscall.Rename(p("file"), p("empty")), syscall.EISDIR),
		syscall.Rename(p("d"), p("empty")),
		isDir(p("empty/sub")),
		os.Rename(p("empty"), p("full/moved")),
		isDir(p("full/moved/sub")),
		isDir(p("full/moved/sub/../../moved/sub")))
}

func isDir(name string) error {
	info, err := os.Lstat(name)
	if err != nil {
		return err
	}
	return equal(name+" is a folder", info.IsDir(), true)
}

func checkRemove(dir string) error {
	file, sub := filepath.Join(dir, "file"), filepath.Join(dir, "sub")
	return first(os.WriteFile(file, nil, 0o644), os.Mkdir(sub, 0o755),
		fails("rmdir of a file", syscall.Rmdir(file), syscall.ENOTDIR),
		fails("unlink of a folder", syscall.Unlink(sub), syscall.EISDIR),
		os.Remove(file), os.Remove(sub),
		fails("removal of nothing", os.Remove(file), fs.ErrNotExist))
}

// checkUnlinked keeps a file open over its removal and over a new file of the
// same name.
func checkUnlinked(dir string) error {
	name := filepath.Join(dir, "f")
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := first(os.Remove(name), os.WriteFile(name, []byte("new"), 0o644)); err != nil {
		return err
	}
	if _, err := f.WriteString("still here"); err != nil {
		return err
	}
	b := make([]byte, 10)
	_, err = f.ReadAt(b, 0)
	if err := first(err, equal("contents", string(b), "still here"), holds(name, []byte("new"))); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return equal("links of the removed file", info.Sys().(*syscall.Stat_t).Nlink, 0)
}
