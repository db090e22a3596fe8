package posix

import (
	"unibench/libos/guest/cpio"
	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// badArchive is the exit status when the archive of initial files is broken.
const badArchive = 125

// mount makes the file system: first the files that every program may expect,
// then those of the archive, which may replace them. Half of the memory is the
// most that files written later can take, as on Linux for tmpfs.
func (p *Process) mount() *vfs.FS {
	total, _ := p.hal.MemInfo()
	fs := vfs.New(p.now, memory{p}, int64(total/2))
	p.tree = fs // what is made up refers to it
	p.mountProc(fs)
	for _, f := range skeleton(p.hal.Hostname()) {
		f.Mtime = p.now()
		if n, errno := fs.Plant(f.path, f.Node); errno == 0 {
			p.remember(f.path, n)
		}
	}
	if archive := p.hal.Initrd(); len(archive) > 0 {
		if offset, text := unpack(fs, archive); text != "" {
			p.refuse("read initial files: " + text + " (at byte " + decimal(offset) + "): pack them again with uni run -root")
		}
	}
	return fs
}

// refuse ends a program that cannot have what it was promised.
func (p *Process) refuse(text string) {
	p.hal.ConsoleWrite(2, []byte("libos: "+text+"\n"))
	p.hal.Exit(badArchive)
}

// startDir returns the folder in which the program starts.
func (p *Process) startDir(fs *vfs.FS) *vfs.Inode {
	path := p.hal.WorkDir()
	if path == "" {
		return fs.Root()
	}
	n, errno := fs.Lookup(fs.Root(), path, true)
	if errno == 0 && !n.IsDir() {
		errno = linux.ENOTDIR
	}
	if errno != 0 {
		p.refuse("start in folder " + path + ": error " + decimal(int(errno)) + ": make it with uni run -root, or leave out -dir")
	}
	return n
}

// unpack plants all files of the archives that follow each other in archive, as
// Linux allows in an initramfs: what comes later wins. It returns what is wrong,
// if anything, and where.
func unpack(fs *vfs.FS, archive []byte) (offset int, text string) {
	linked := make(map[uint32]*vfs.Inode) // by archive inode
	r := cpio.NewReader(archive)
	for {
		offset := r.Offset()
		e, ok, err := r.Next()
		if err != nil {
			return offset, err.Error()
		}
		if !ok {
			if !r.Another() {
				return 0, ""
			}
			clear(linked)
			continue
		}
		if errno := plant(fs, e, linked); errno != 0 {
			return offset, "cannot make " + e.Name + ": error " + decimal(int(errno))
		}
	}
}

// plant makes one file. Of the links of one file, any one entry may hold the
// contents (GNU cpio: the last).
func plant(fs *vfs.FS, e cpio.Entry, linked map[uint32]*vfs.Inode) linux.Errno {
	node := vfs.Node{
		Mode: e.Mode, UID: e.UID, GID: e.GID, Mtime: linux.Timespec{Sec: int64(e.Mtime)},
		Rdev: uint64(e.Major)<<8 | uint64(e.Minor),
	}
	switch e.Mode & linux.ModeType {
	case linux.ModeDir, linux.ModeChar, linux.ModeBlock:
	case linux.ModeSymlink:
		if len(e.Data) == 0 || len(e.Data) >= linux.PathMax {
			return linux.EINVAL
		}
		node.Target = string(e.Data)
	case linux.ModeRegular:
		node.Data = e.Data
		if n := linked[e.Ino]; n != nil && e.Nlink > 1 {
			if len(e.Data) > 0 {
				n.SetData(e.Data)
			}
			return fs.PlantLink("/"+e.Name, n)
		}
	default:
		return linux.EINVAL
	}
	n, errno := fs.Plant("/"+e.Name, node)
	if errno == 0 && e.Nlink > 1 && e.Mode&linux.ModeType == linux.ModeRegular {
		linked[e.Ino] = n
	}
	return errno
}

func decimal(n int) string {
	var b [20]byte
	i := len(b)
	for {
		i--
		b[i] = byte('0' + n%10)
		if n /= 10; n == 0 {
			return string(b[i:])
		}
	}
}
