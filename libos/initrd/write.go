package initrd

import (
	"errors"
	"io"
	"os"
	"strconv"
)

// WriteTo writes the archive. A file whose size is not what Scan saw is an
// error that wraps ErrChanged.
func (a *Archive) WriteTo(w io.Writer) (int64, error) {
	total := int64(0)
	for _, s := range a.Segments {
		var n int64
		var err error
		if s.Path == "" {
			var k int
			k, err = w.Write(s.Bytes)
			n = int64(k)
		} else {
			n, err = copyFile(w, s)
		}
		total += n
		if err != nil {
			return total, wrap("write archive", err)
		}
	}
	return total, nil
}

// Read fills p, which has the archive's size, with the archive.
func (a *Archive) Read(p []byte) error {
	if int64(len(p)) != a.size {
		return errors.New("read archive: got room for " + strconv.Itoa(len(p)) + " bytes, want " + strconv.FormatInt(a.size, 10))
	}
	for _, s := range a.Segments {
		part := p[s.Offset : s.Offset+s.Size]
		if s.Path == "" {
			copy(part, s.Bytes)
			continue
		}
		if err := readFile(part, s); err != nil {
			return wrap("read archive", err)
		}
	}
	return nil
}

func copyFile(w io.Writer, s Segment) (int64, error) {
	f, err := open(s)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	n, err := io.CopyN(w, f, s.Size)
	if err == io.EOF {
		err = wrap(s.Path, ErrChanged)
	}
	return n, err
}

func readFile(p []byte, s Segment) error {
	f, err := open(s)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.ReadFull(f, p); err == io.EOF || err == io.ErrUnexpectedEOF {
		return wrap(s.Path, ErrChanged)
	} else if err != nil {
		return err
	}
	return nil
}

// open opens the file of s if it still has its size.
func open(s Segment) (*os.File, error) {
	f, err := os.Open(s.Path)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Size() != s.Size {
		err = wrap(s.Path, ErrChanged)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
