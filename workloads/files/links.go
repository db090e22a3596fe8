package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

func checkLink(dir string) error {
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	if err := first(os.WriteFile(a, []byte("one"), 0o644), os.Link(a, b), os.WriteFile(b, []byte("other"), 0o644),
		holds(a, []byte("other")), fails("link over a file", os.Link(a, b), fs.ErrExist)); err != nil {
		return err
	}
	ai, err := os.Stat(a)
	bi, err2 := os.Stat(b)
	if err := first(err, err2, equal("same file", os.SameFile(ai, bi), true),
		equal("links", ai.Sys().(*syscall.Stat_t).Nlink, 2)); err != nil {
		return err
	}
	if err := first(os.Rename(a, b), holds(a, []byte("other")), os.Remove(a), holds(b, []byte("other"))); err != nil {
		return err // a rename between two links of one file does nothing
	}
	return fails("link to a folder", os.Link(dir, a), fs.ErrPermission)
}

func checkSymlink(dir string) error {
	p := func(name string) string { return filepath.Join(dir, name) }
	if err := first(os.Mkdir(p("d"), 0o755), os.WriteFile(p("d/f"), []byte("target"), 0o644),
		os.Symlink("d/f", p("rel")), os.Symlink(p("d"), p("abs")), os.Symlink("new", p("dangling"))); err != nil {
		return err
	}
	target, err := os.Readlink(p("rel"))
	if err := first(err, equal("target", target, "d/f"), holds(p("rel"), []byte("target")),
		holds(p("abs/f"), []byte("target")), holds(p("abs/../rel"), []byte("target"))); err != nil {
		return err
	}
	info, err := os.Lstat(p("abs"))
	if err := first(err, equal("type", info.Mode().Type(), fs.ModeSymlink), equal("size", info.Size(), int64(len(p("d"))))); err != nil {
		return err
	}
	if _, err = os.Stat(p("dangling")); err == nil {
		return fails("stat of a dangling link", err, fs.ErrNotExist)
	}
	// Writing through a dangling link makes its target.
	if err := first(os.WriteFile(p("dangling"), []byte("made"), 0o644), holds(p("new"), []byte("made"))); err != nil {
		return err
	}
	_, err = os.Readlink(p("d"))
	_, err2 := os.OpenFile(p("abs"), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_DIRECTORY, 0)
	if err := first(fails("readlink of a folder", err, syscall.EINVAL), fails("open without following", err2, syscall.ENOTDIR),
		os.Remove(p("rel")), holds(p("d/f"), []byte("target"))); err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(p("abs/f"))
	want, err2 := filepath.EvalSymlinks(p("d/f"))
	return first(err, err2, equal("real path", real, want))
}

func checkLoop(dir string) error {
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	if err := first(os.Symlink("b", a), os.Symlink("a", b)); err != nil {
		return err
	}
	_, err := os.Stat(a)
	_, err2 := os.Open(filepath.Join(a, "x"))
	return first(fails("stat of a loop", err, syscall.ELOOP), fails("open through a loop", err2, syscall.ELOOP))
}
