package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

func checkDevices(string) error {
	return first(checkNull(), checkZero("/dev/zero"), checkZero("/dev/full"), checkRandom("/dev/random"), checkRandom("/dev/urandom"),
		fails("write to /dev/full", os.WriteFile("/dev/full", []byte("x"), 0), syscall.ENOSPC), checkDeviceStat())
}

func checkNull() error {
	if err := os.WriteFile(os.DevNull, pattern(100_000), 0o666); err != nil {
		return err
	}
	return holds(os.DevNull, nil)
}

func checkZero(name string) error {
	b, err := head(name, 10_000)
	if err != nil {
		return err
	}
	if !bytes.Equal(b, make([]byte, len(b))) {
		return errors.New(name + " is not zero")
	}
	return nil
}

// checkRandom asks for so many bytes that all zero, or the same twice, means a
// broken source and not bad luck.
func checkRandom(name string) error {
	a, err := head(name, 64)
	b, err2 := head(name, 64)
	if err := first(err, err2); err != nil {
		return err
	}
	if bytes.Equal(a, b) || bytes.Equal(a, make([]byte, len(a))) {
		return errors.New(name + " is not random")
	}
	return nil
}

// head returns the first n bytes of a file.
func head(name string, n int) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, n)
	_, err = io.ReadFull(f, b)
	return b, err
}

func checkDeviceStat() error {
	info, err := os.Stat(os.DevNull)
	if err != nil {
		return err
	}
	st := info.Sys().(*syscall.Stat_t)
	return first(equal("type", info.Mode().Type(), fs.ModeDevice|fs.ModeCharDevice), equal("device number", st.Rdev, 1<<8|3))
}
