package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

func checkCreate(dir string) error {
	name := filepath.Join(dir, "f")
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	n, err := f.WriteString("hello, ")
	m, err2 := f.Write([]byte("world\n"))
	if err := first(err, err2, equal("bytes written", n+m, 13), f.Sync(), f.Close(), holds(name, []byte("hello, world\n"))); err != nil {
		return err
	}
	if err := fails("write to a closed file", second(f.Write([]byte("x"))), os.ErrClosed); err != nil {
		return err
	}
	// Create truncates what is there.
	if f, err = os.Create(name); err != nil {
		return err
	}
	return first(f.Close(), holds(name, nil))
}

// second drops the count of a Read or Write.
func second(_ int, err error) error { return err }

func checkRead(dir string) error {
	name, data := filepath.Join(dir, "f"), pattern(10_000)
	if err := os.WriteFile(name, data, 0o644); err != nil {
		return err
	}
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	var got []byte
	for buf := make([]byte, 777); ; {
		n, err := f.Read(buf)
		got = append(got, buf[:n]...)
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if !bytes.Equal(got, data) {
		return errors.New("read in pieces differs from what was written")
	}
	at := make([]byte, 100)
	n, err := f.ReadAt(at, 9_950)
	if err := first(equal("bytes at the end", n, 50), fails("ReadAt over the end", err, io.EOF)); err != nil {
		return err
	}
	if !bytes.Equal(at[:50], data[9_950:]) {
		return errors.New("ReadAt differs from what was written")
	}
	return fails("write to a file open for reading", second(f.Write([]byte("x"))), syscall.EBADF)
}

func checkSeek(dir string) error {
	f, err := os.Create(filepath.Join(dir, "f"))
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.WriteString("0123456789"); err != nil {
		return err
	}
	for _, c := range []struct {
		offset int64
		whence int
		want   int64
	}{{3, io.SeekStart, 3}, {4, io.SeekCurrent, 7}, {-2, io.SeekCurrent, 5}, {-1, io.SeekEnd, 9}, {5, io.SeekEnd, 15}} {
		got, err := f.Seek(c.offset, c.whence)
		if err := first(err, equal(fmt.Sprintf("Seek(%d, %d)", c.offset, c.whence), got, c.want)); err != nil {
			return err
		}
	}
	_, err = f.Seek(-1, io.SeekStart)
	if err := fails("seek before the start", err, syscall.EINVAL); err != nil {
		return err
	}
	// The failed seek left the offset at 15, behind the end: a hole.
	if _, err := f.WriteString("x"); err != nil {
		return err
	}
	if _, err := f.WriteAt([]byte("AB"), 1); err != nil {
		return err
	}
	return holds(f.Name(), []byte("0AB3456789\x00\x00\x00\x00\x00x"))
}

func checkAppend(dir string) error {
	name := filepath.Join(dir, "f")
	a, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer b.Close()
	for i := range 4 {
		f := []*os.File{a, b}[i%2]
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if _, err := fmt.Fprintf(f, "line %d\n", i); err != nil {
			return err
		}
	}
	return holds(name, []byte("line 0\nline 1\nline 2\nline 3\n"))
}

func checkExclusive(dir string) error {
	name := filepath.Join(dir, "f")
	const flags = os.O_CREATE | os.O_EXCL | os.O_RDWR
	f, err := os.OpenFile(name, flags, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	_, err = os.OpenFile(name, flags, 0o600)
	if err := fails("second exclusive create", err, fs.ErrExist); err != nil {
		return err
	}
	link := filepath.Join(dir, "dangling")
	if err := os.Symlink("nowhere", link); err != nil {
		return err
	}
	_, err = os.OpenFile(link, flags, 0o600)
	return fails("exclusive create through a symbolic link", err, fs.ErrExist)
}
