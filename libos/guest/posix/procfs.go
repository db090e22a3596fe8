package posix

import (
	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// The file system of processes, proc(5): folders and files that are made up when
// someone looks. There is one process, so /proc/1 and /proc/thread-self are
// /proc/self. What programs of any use read is there; nothing can be set.

// procFile is one file of a folder that is made up, by one of the fields behind
// name. Lists of them are constants: laid out by the linker, never changed.
type procFile struct {
	name  string
	data  string
	text  func(p *Process) []byte
	to    string // a symbolic link
	link  func(p *Process) string
	files []procFile
	dir   func(p *Process) vfs.Virtual
	perm  uint32 // 0: as usual
}

// procDir is a folder of files that are always there.
type procDir struct {
	p     *Process
	self  *vfs.Inode
	files []procFile
	nodes []*vfs.Inode // those that were asked for
}

// newProcDir returns a folder whose entries v makes up, below parent.
func (p *Process) newProcDir(parent *vfs.Inode, name string, v vfs.Virtual, perm uint32) *vfs.Inode {
	n := parent.FS().NewVirtual(perm, v)
	switch d := v.(type) {
	case *procDir:
		d.self = n
	case *procNumbers:
		d.self = n
	}
	parent.FS().Adopt(parent, name, n)
	return n
}

func (d *procDir) Names() []string {
	names := make([]string, len(d.files))
	for i, f := range d.files {
		names[i] = f.name
	}
	return names
}

func (d *procDir) Lookup(name string) *vfs.Inode {
	for i, f := range d.files {
		if f.name != name {
			continue
		}
		if d.nodes == nil {
			d.nodes = make([]*vfs.Inode, len(d.files))
		}
		if d.nodes[i] == nil {
			d.nodes[i] = d.make(f)
		}
		return d.nodes[i]
	}
	return nil
}

func (d *procDir) make(f procFile) *vfs.Inode {
	fs, perm := d.self.FS(), f.perm
	switch {
	case f.to != "":
		return fs.NewLink(func() string { return f.to })
	case f.link != nil:
		return fs.NewLink(func() string { return f.link(d.p) })
	case f.files != nil || f.dir != nil:
		var entries vfs.Virtual = &procDir{p: d.p, files: f.files}
		if f.dir != nil {
			entries = f.dir(d.p)
		}
		return d.p.newProcDir(d.self, f.name, entries, usual(perm, 0o555))
	case f.text != nil:
		return fs.NewText(usual(perm, 0o444), func() []byte { return f.text(d.p) })
	default:
		return fs.NewText(usual(perm, 0o444), func() []byte { return []byte(f.data) })
	}
}

// usual returns perm, or what stands for 0.
func usual(perm, without uint32) uint32 {
	if perm == 0 {
		return without
	}
	return perm
}

// mountProc puts the file system at /proc, and what the standard library and its
// neighbours read of sysfs at /sys.
func (p *Process) mountProc(fs *vfs.FS) {
	p.newProcDir(fs.Root(), "proc", &procDir{p: p, files: procRoot}, 0o555)
	p.newProcDir(fs.Root(), "sys", &procDir{p: p, files: sysRoot}, 0o555)
}

// procNumbers is a folder whose names are numbers that come and go.
type procNumbers struct {
	all  func() []int
	make func(self *vfs.Inode, n int) *vfs.Inode
	self *vfs.Inode
	// nodes keeps what was made, so that a file stays the same one. It never
	// grows beyond the numbers that were there.
	nodes map[int]*vfs.Inode
}

func (d *procNumbers) Names() (names []string) {
	for _, n := range d.all() {
		names = append(names, decimal(n))
	}
	return names
}

func (d *procNumbers) Lookup(name string) *vfs.Inode {
	n, ok := number(name)
	if !ok || decimal(n) != name {
		return nil
	}
	for _, x := range d.all() {
		if x != n {
			continue
		}
		if d.nodes[n] == nil {
			if d.nodes == nil {
				d.nodes = make(map[int]*vfs.Inode)
			}
			d.nodes[n] = d.make(d.self, n)
		}
		return d.nodes[n]
	}
	return nil
}

// snapshot is the text of a file that is made up, as it was when someone read
// its beginning.
type snapshot struct {
	text []byte
	has  bool
}

// readAt reads from the node of f at off. The description's lock, or the only
// reference to s, is held.
func (s *snapshot) readAt(node *vfs.Inode, b []byte, off int64) int {
	if off == 0 || !s.has {
		s.text, s.has = node.Text()
	}
	if off >= int64(len(s.text)) {
		return 0
	}
	return copy(b, s.text[off:])
}

// procMagic is f_type of proc(5).
const procMagic = 0x9fa0

// statfs describes the file system of node.
func (p *Process) statfs(node *vfs.Inode) linux.Statfs {
	if node != nil && node.Virtual() {
		return linux.Statfs{Type: procMagic, Bsize: 4096, Frsize: 4096, Namelen: linux.NameMax}
	}
	return p.fs().Statfs()
}
