package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing/fstest"
)

func checkChdir(dir string) (err error) {
	old, err := os.Getwd()
	if err != nil {
		return err
	}
	defer func() { err = first(err, os.Chdir(old)) }()
	// The temporary folder itself may lie behind a symbolic link.
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return err
	}
	if err := first(os.Unsetenv("PWD"), os.Mkdir(filepath.Join(dir, "sub"), 0o755), os.Chdir(filepath.Join(dir, "sub"))); err != nil {
		return err
	}
	wd, err := os.Getwd()
	if err := first(err, equal("working folder", wd, filepath.Join(dir, "sub")), os.WriteFile("../f", []byte("up"), 0o644),
		holds(filepath.Join(dir, "f"), []byte("up")), os.Chdir(".."), holds("f", []byte("up")), holds("./sub/../f", []byte("up"))); err != nil {
		return err
	}
	d, err := os.Open("sub")
	if err != nil {
		return err
	}
	defer d.Close()
	if err := first(os.Rename("sub", "moved"), d.Chdir()); err != nil {
		return err
	}
	wd, err = os.Getwd()
	return first(err, equal("working folder after a rename", wd, filepath.Join(dir, "moved")),
		fails("chdir to a file", os.Chdir("../f"), syscall.ENOTDIR), fails("chdir to nothing", os.Chdir("none"), fs.ErrNotExist))
}

func checkTemp(dir string) error {
	seen := make(map[string]bool)
	for range 50 {
		f, err := os.CreateTemp(dir, "t-*.txt")
		if err != nil {
			return err
		}
		base := filepath.Base(f.Name())
		if err := first(f.Close(), equal("name taken twice", seen[base], false),
			equal("name has the pattern", strings.HasPrefix(base, "t-") && strings.HasSuffix(base, ".txt"), true)); err != nil {
			return err
		}
		seen[base] = true
	}
	sub, err := os.MkdirTemp(dir, "d")
	return first(err, isDir(sub))
}

func checkDirFS(dir string) error {
	if err := first(plant(dir), os.Remove(filepath.Join(dir, "c/link"))); err != nil {
		return err
	}
	fsys := os.DirFS(dir)
	names, err := fs.Glob(fsys, "*/*")
	return first(err, equal("glob", strings.Join(names, " "), "a/1 a/b c/3"),
		fstest.TestFS(fsys, "a/1", "a/b/2", "c/3", "4"))
}

// checkRoot keeps to a folder through os.Root, which works with openat and its
// relatives and must not let a link lead out.
func checkRoot(dir string) error {
	in := filepath.Join(dir, "in")
	if err := first(os.Mkdir(in, 0o755), plant(in), os.WriteFile(filepath.Join(dir, "secret"), []byte("s"), 0o600),
		os.Symlink("../secret", filepath.Join(in, "out"))); err != nil {
		return err
	}
	root, err := os.OpenRoot(in)
	if err != nil {
		return err
	}
	defer root.Close()
	b, err := root.ReadFile("c/link/1")
	if err := first(err, equal("contents through a link inside", string(b), "a/1")); err != nil {
		return err
	}
	if _, err := root.ReadFile("out"); err == nil {
		return equal("a link led out of the root", true, false)
	}
	if _, err := root.Open("../secret"); err == nil {
		return equal("dots led out of the root", true, false)
	}
	if err := first(root.MkdirAll("x/y/z", 0o755), root.WriteFile("x/y/f", []byte("w"), 0o644), root.Rename("x/y/f", "x/g"),
		root.Chmod("x/g", 0o600), holds(filepath.Join(in, "x/g"), []byte("w")), root.RemoveAll("x")); err != nil {
		return err
	}
	_, err = root.Stat("x")
	return fails("stat of the removed tree", err, fs.ErrNotExist)
}

func checkErrors(dir string) error {
	long := filepath.Join(dir, strings.Repeat("n", 256))
	file := filepath.Join(dir, "f")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		return err
	}
	open := func(name string, flag int) error {
		f, err := os.OpenFile(name, flag, 0o644)
		if err == nil {
			f.Close()
		}
		return err
	}
	return first(
		fails("open of nothing", open(filepath.Join(dir, "none"), os.O_RDONLY), fs.ErrNotExist),
		fails("open below a file", open(file+"/x", os.O_RDONLY), syscall.ENOTDIR),
		fails("open of a file as a folder", open(file+"/", os.O_RDONLY), syscall.ENOTDIR),
		fails("open of a folder for writing", open(dir, os.O_WRONLY), syscall.EISDIR),
		fails("create of a name too long", open(long, os.O_CREATE|os.O_WRONLY), syscall.ENAMETOOLONG),
		fails("open of a path too long", open(strings.Repeat("x/", 2_100), os.O_RDONLY), syscall.ENAMETOOLONG),
		fails("open of no name", open("", os.O_RDONLY), fs.ErrNotExist),
		fails("open of a name with a zero", open("a\x00b", os.O_RDONLY), syscall.EINVAL),
		fails("close of a bad descriptor", syscall.Close(9_999), syscall.EBADF))
}
