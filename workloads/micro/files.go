package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// fileSize is the size of the file that is worked on.
const fileSize = 64 << 10

// errNoMemory means that there is no folder of a file system in memory.
var errNoMemory = errors.New("no file system in memory at /dev/shm or /tmp: mount a tmpfs there")

// memoryDir returns a folder of a file system in memory: tmpfs by its number, which
// is also what the library OS says of its own (statfs(2)).
func memoryDir() (string, error) {
	const tmpfs = 0x01021994
	for _, dir := range []string{"/dev/shm", "/tmp"} {
		var st syscall.Statfs_t
		if err := syscall.Statfs(dir, &st); err == nil && st.Type == tmpfs && syscall.Access(dir, 2) == nil {
			return dir, nil
		}
	}
	return "", errNoMemory
}

// file makes the file and opens it.
func file(m *measured) (name string, fd int, err error) {
	if m.Dir, err = memoryDir(); err != nil {
		return "", -1, err
	}
	m.FileSystem = "tmpfs"
	name = filepath.Join(m.Dir, fmt.Sprintf("micro-%d", os.Getpid()))
	m.close = func() { os.Remove(name) }
	if err := os.WriteFile(name, content(), 0o600); err != nil {
		return "", -1, err
	}
	fd, err = syscall.Open(name, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	return name, fd, err
}

func content() []byte {
	b := make([]byte, fileSize)
	for i := range b {
		b[i] = byte(i*7 + i>>8)
	}
	return b
}

func openClose(m *measured) (op, error) { return onName(m, open) }

func stat(m *measured) (op, error) { return onName(m, statSize) }

func openCloseStat(m *measured) (op, error) {
	return onName(m, func(name string) error {
		if err := open(name); err != nil {
			return err
		}
		return statSize(name)
	})
}

func onName(m *measured, f func(name string) error) (op, error) {
	name, _, err := file(m)
	if err != nil {
		return nil, err
	}
	return loop(func() error { return f(name) }), nil
}

func open(name string) error {
	fd, err := syscall.Open(name, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", name, err)
	}
	return syscall.Close(fd)
}

func statSize(name string) error {
	var st syscall.Stat_t
	if err := syscall.Stat(name, &st); err != nil || st.Size != fileSize {
		return fmt.Errorf("stat %s: %w: size %d, %w", name, errWrong, st.Size, err)
	}
	return nil
}

// fileRead reads the file from its begin to its end, and again.
func fileRead(size int) func(*measured) (op, error) {
	return func(m *measured) (op, error) {
		_, fd, err := file(m)
		if err != nil {
			return nil, err
		}
		buf, want := make([]byte, size), content()[:size]
		return timed(func(n int) error {
			for i := range n {
				at := i * size % fileSize
				if k, err := syscall.Pread(fd, buf, int64(at)); k != size || err != nil {
					return fmt.Errorf("pread: %w: %d bytes, %w", errWrong, k, err)
				}
			}
			// What the last of them brought, outside the count of operations.
			if k, err := syscall.Pread(fd, buf, 0); k != size || err != nil || !bytes.Equal(buf, want) {
				return fmt.Errorf("pread: %w: %d bytes, %w", errWrong, k, err)
			}
			return nil
		}), nil
	}
}
