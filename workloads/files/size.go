package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

func checkTruncate(dir string) error {
	name, data := filepath.Join(dir, "f"), pattern(9_000)
	if err := os.WriteFile(name, data, 0o644); err != nil {
		return err
	}
	if err := first(os.Truncate(name, 5_000), holds(name, data[:5_000])); err != nil {
		return err
	}
	// What was cut off must not come back when the file grows again.
	if err := first(os.Truncate(name, 9_000), holds(name, append(bytes.Clone(data[:5_000]), make([]byte, 4_000)...))); err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return first(f.Truncate(3), holds(name, data[:3]),
		fails("truncate to a negative size", f.Truncate(-1), syscall.EINVAL),
		fails("truncate of a folder", os.Truncate(dir, 0), syscall.EISDIR),
		f.Truncate(0), holds(name, nil))
}

func checkSparse(dir string) error {
	f, err := os.Create(filepath.Join(dir, "f"))
	if err != nil {
		return err
	}
	defer f.Close()
	const far = 1 << 40 // far more than there is memory
	if _, err := f.WriteAt([]byte("end"), far); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	b := make([]byte, 4096)
	n, err := f.ReadAt(b, far/2)
	if err := first(err, equal("size", info.Size(), far+3), equal("bytes in the hole", n, len(b))); err != nil {
		return err
	}
	if !bytes.Equal(b, make([]byte, len(b))) {
		return errors.New("the hole is not zero")
	}
	n, err = f.ReadAt(b[:10], far-2)
	return first(equal("bytes at the end", n, 5), fails("read over the end", err, io.EOF),
		equal("contents", string(b[:5]), "\x00\x00end"))
}

// checkBig writes a file in pieces that fit no page, with a time limit in
// spirit: a file layer that copies all at each growth would take minutes.
func checkBig(dir string) error {
	name, data := filepath.Join(dir, "f"), pattern(2<<20)
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	for rest := data; len(rest) > 0; {
		n := min(len(rest), 3_001)
		if _, err := f.Write(rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	if err := holds(name, data); err != nil {
		return err
	}
	copy(data[1_500_000:], "overwritten")
	if _, err := f.WriteAt([]byte("overwritten"), 1_500_000); err != nil {
		return err
	}
	return holds(name, data)
}

func checkCopy(dir string) error {
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	data := pattern(100_000)
	if err := os.WriteFile(from, data, 0o644); err != nil {
		return err
	}
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.Create(to)
	if err != nil {
		return err
	}
	defer dst.Close()
	if _, err := src.Seek(1_000, io.SeekStart); err != nil {
		return err
	}
	n, err := io.Copy(dst, src) // copy_file_range where there is one
	if err := first(err, equal("bytes copied", n, 99_000), holds(to, data[1_000:])); err != nil {
		return err
	}
	n, err = io.Copy(dst, io.LimitReader(src, 10))
	return first(err, equal("bytes copied at the end", n, 0))
}
