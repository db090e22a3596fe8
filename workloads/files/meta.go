package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

func checkStat(dir string) error {
	name := filepath.Join(dir, "f")
	before := time.Now().Add(-2 * time.Second)
	if err := os.WriteFile(name, []byte("12345"), 0o640); err != nil {
		return err
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	after := time.Now().Add(2 * time.Second)
	if t := info.ModTime(); t.Before(before) || t.After(after) {
		return equal("age of the file", time.Since(t), 0)
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if err := first(equal("name", info.Name(), "f"), equal("size", info.Size(), 5), equal("mode", info.Mode(), 0o640),
		equal("is a folder", info.IsDir(), false), equal("has Stat_t", ok, true), equal("links", st.Nlink, 1),
		equal("owner", int(st.Uid), os.Getuid())); err != nil {
		return err
	}
	d, err := os.Stat(dir)
	if err != nil {
		return err
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	again, err := f.Stat()
	return first(err, equal("mode of a folder", d.Mode(), fs.ModeDir|0o755),
		equal("same file by name and by descriptor", os.SameFile(info, again), true),
		equal("file and folder are the same", os.SameFile(info, d), false))
}

func checkMode(dir string) error {
	name := filepath.Join(dir, "f")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		return err
	}
	for _, mode := range []fs.FileMode{0, 0o400, 0o755, 0o711, 0o644 | fs.ModeSetuid, 0o777 | fs.ModeSticky} {
		if err := os.Chmod(name, mode); err != nil {
			return err
		}
		info, err := os.Stat(name)
		if err := first(err, equal("mode", info.Mode(), mode)); err != nil {
			return err
		}
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Chmod(0o620); err != nil {
		return err
	}
	info, err := f.Stat()
	return first(err, equal("mode by descriptor", info.Mode(), 0o620), os.Chown(name, os.Getuid(), os.Getgid()),
		fails("chmod of nothing", os.Chmod(filepath.Join(dir, "none"), 0), fs.ErrNotExist))
}

func checkTimes(dir string) error {
	name := filepath.Join(dir, "f")
	if err := os.WriteFile(name, []byte("x"), 0o644); err != nil {
		return err
	}
	at := time.Date(2001, 2, 3, 4, 5, 6, 123_456_789, time.UTC)
	if err := os.Chtimes(name, time.Time{}, at); err != nil {
		return err
	}
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if !info.ModTime().Equal(at) {
		return equal("time", info.ModTime(), at)
	}
	// A write moves the time on, a read does not.
	if _, err := os.ReadFile(name); err != nil {
		return err
	}
	read, err := os.Stat(name)
	if err != nil {
		return err
	}
	if err := os.WriteFile(name, []byte("y"), 0o644); err != nil {
		return err
	}
	written, err := os.Stat(name)
	return first(err, equal("reading changed the time", read.ModTime().Equal(at), true),
		equal("writing changed the time", written.ModTime().After(at), true))
}
