// Package initrd packs a folder of the host into the archive from which a
// unikernel makes its initial files: the portable cpio format "newc" (kernel
// document driver-api/early-userspace/buffer-format.rst), as cpio -H newc
// writes it and package cpio of the guest reads it.
//
// The same tree gives the same bytes: names are sorted, inode numbers are
// counted from 1, owners are the superuser, and modes and times (whole seconds)
// are kept. Contents are not read until the archive is written, so a monitor
// may map large files instead; those start on page boundaries, for which their
// names are padded with zeros.
//
// The package runs on the host. It follows no symbolic link.
package initrd

import (
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"unibench/libos/guest/cpio"
)

// alignAbove is the size from which contents start on a page boundary, in
// bytes: below it, copying is cheaper than mapping.
const (
	alignAbove = 64 << 10
	pageSize   = 4096
)

// ErrKind is wrapped by the error for a file that no archive can hold.
var ErrKind = errors.New("only files, folders and symbolic links can be packed")

// ErrChanged is wrapped by the error for a file that changed after Scan.
var ErrChanged = errors.New("file changed while it was packed")

// Segment is one piece of an archive: bytes, or the contents of a file.
type Segment struct {
	Offset int64  // in the archive
	Size   int64  // in bytes
	Bytes  []byte // nil for a file
	Path   string // of the file on the host; empty for bytes
}

// Archive is a packed folder, without the contents of its files. Its segments
// follow each other without gaps.
type Archive struct {
	Segments []Segment
	size     int64
}

// Size returns the length of the archive in bytes.
func (a *Archive) Size() int64 { return a.size }

// Pack writes the archive of the folder dir to w.
func Pack(w io.Writer, dir string) error {
	a, err := Scan(dir)
	if err != nil {
		return err
	}
	_, err = a.WriteTo(w)
	return err
}

// Scan lays out the archive of the folder dir.
func Scan(dir string) (*Archive, error) {
	b := NewBuilder()
	if err := b.Tree(dir, "", nil); err != nil {
		return nil, err
	}
	return b.Archive(), nil
}

// A Builder makes an archive of several parts.
type Builder struct {
	a    *Archive
	ino  uint32
	seen map[[2]uint64]uint32 // device and inode of files with several links
}

// NewBuilder returns a builder of an empty archive.
func NewBuilder() *Builder {
	return &Builder{a: &Archive{}, seen: make(map[[2]uint64]uint32)}
}

// Archive ends the archive and returns it; the builder is not used again.
func (b *Builder) Archive() *Archive {
	b.entry(header{nlink: 1}, cpio.Trailer, 0, false)
	return b.a
}

// Tree adds the folder dir and what is in it, as the path at of the program. Files
// and folders for which leave returns true are left out; their path is relative
// to dir. Without leave, a file that no archive can hold is an error.
func (b *Builder) Tree(dir, at string, leave func(path string, d fs.DirEntry) bool) error {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return wrap("pack folder", err)
	}
	if info, err := os.Stat(root); err != nil {
		return wrap("pack folder", err)
	} else if !info.IsDir() {
		return wrap("pack folder: "+dir, syscall.ENOTDIR)
	}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if leave != nil && rel != "." && leave(rel, d) {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name := rel
		if at != "" {
			name = filepath.Join(at, rel)
		}
		if err := b.add(path, filepath.ToSlash(name), info); err != nil {
			return wrap(path, err)
		}
		return nil
	})
	if err != nil {
		return wrap("pack folder", err)
	}
	return nil
}

// File adds the file path of the host, links followed, as the path at.
func (b *Builder) File(path, at string) error {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return wrap("pack file", err)
	}
	info, err := os.Stat(real)
	if err == nil {
		err = b.add(real, at, info)
	}
	if err != nil {
		return wrap("pack file", err)
	}
	return nil
}

// Folder adds an empty folder with the permissions perm.
func (b *Builder) Folder(at string, perm uint32) {
	b.ino++
	b.entry(header{ino: b.ino, mode: syscall.S_IFDIR | perm, nlink: 2}, at, 0, false)
}

// Device adds a character device that everybody may read and write.
func (b *Builder) Device(at string, major, minor uint32) {
	b.ino++
	b.entry(header{ino: b.ino, mode: syscall.S_IFCHR | 0o666, nlink: 1, major: major, minor: minor}, at, 0, false)
}

func (b *Builder) add(path, name string, info fs.FileInfo) error {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return errors.New("the host does not tell inode numbers")
	}
	b.ino++
	h := header{ino: b.ino, mode: st.Mode, nlink: 1, mtime: uint32(min(max(info.ModTime().Unix(), 0), math.MaxUint32))}
	switch st.Mode & syscall.S_IFMT {
	case syscall.S_IFDIR:
		h.nlink = 2
		b.entry(h, name, 0, false)
	case syscall.S_IFLNK:
		target, err := os.Readlink(path)
		if err != nil {
			return err
		}
		b.entry(h, name, uint32(len(target)), false)
		b.bytes(pad([]byte(target)))
	case syscall.S_IFREG:
		return b.file(h, path, name, st)
	default:
		return &detailError{ErrKind, "leave out this " + info.Mode().Type().String()}
	}
	return nil
}

// file adds a regular file; only the first of several links has contents.
func (b *Builder) file(h header, path, name string, st *syscall.Stat_t) error {
	if st.Size > math.MaxUint32 {
		return errors.New(strconv.FormatInt(st.Size, 10) + " bytes are too many, the format ends at 4 GiB")
	}
	size := st.Size
	if st.Nlink > 1 {
		h.nlink = uint32(st.Nlink)
		key := [2]uint64{st.Dev, st.Ino}
		if first, ok := b.seen[key]; ok {
			h.ino, size = first, 0
		} else {
			b.seen[key] = h.ino
		}
	}
	b.entry(h, name, uint32(size), size >= alignAbove)
	if size > 0 {
		b.a.Segments = append(b.a.Segments, Segment{Offset: b.a.size, Size: size, Path: path})
		b.a.size += size
		b.bytes(make([]byte, -b.a.size&3))
	}
	return nil
}

// entry adds a header and a name, padded so that contents start on a multiple
// of four, or of a page.
func (b *Builder) entry(h header, name string, size uint32, aligned bool) {
	nameSize := len(name) + 1
	if aligned {
		end := b.a.size + cpio.HeaderSize + int64(nameSize)
		nameSize += int(-end & (pageSize - 1))
	}
	h.size, h.nameSize = size, uint32(nameSize)
	text := append(h.text(), name...)
	text = append(text, make([]byte, nameSize-len(name))...)
	b.bytes(pad(text))
}

// bytes adds bytes, to the last segment if that is bytes too.
func (b *Builder) bytes(p []byte) {
	if len(p) == 0 {
		return
	}
	if n := len(b.a.Segments); n > 0 && b.a.Segments[n-1].Path == "" {
		s := &b.a.Segments[n-1]
		s.Bytes = append(s.Bytes, p...)
		s.Size += int64(len(p))
	} else {
		b.a.Segments = append(b.a.Segments, Segment{Offset: b.a.size, Size: int64(len(p)), Bytes: p})
	}
	b.a.size += int64(len(p))
}

// pad appends zeros up to a multiple of four; all entries start on one.
func pad(p []byte) []byte { return append(p, make([]byte, -len(p)&3)...) }

// header is what an entry says besides its name.
type header struct {
	ino, mode, nlink, mtime, size, major, minor, nameSize uint32
}

// text returns the header as package cpio lays it out.
func (h header) text() []byte {
	out := []byte(cpio.Magic)
	for _, v := range [...]uint32{h.ino, h.mode, 0, 0, h.nlink, h.mtime, h.size, 0, 0, h.major, h.minor, h.nameSize, 0} {
		out = appendHex(out, v)
	}
	return out
}
