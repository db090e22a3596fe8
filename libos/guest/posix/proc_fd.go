package posix

import (
	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// procFDs lists the descriptors, as links to what they have open.
func (p *Process) procFDs() vfs.Virtual {
	return &procNumbers{all: p.openFiles, make: func(self *vfs.Inode, fd int) *vfs.Inode {
		return self.FS().NewLink(func() string { return p.describeFile(fd) })
	}}
}

// procFDInfos lists the descriptors, with their state.
func (p *Process) procFDInfos() vfs.Virtual {
	return &procNumbers{all: p.openFiles, make: func(self *vfs.Inode, fd int) *vfs.Inode {
		return self.FS().NewText(0o444, func() []byte { return p.fileInfo(fd) })
	}}
}

// openFiles returns the descriptors that are open.
func (p *Process) openFiles() (fds []int) {
	table := *p.table.Load()
	for fd := range table {
		if table[fd].file.Load() != nil {
			fds = append(fds, fd)
		}
	}
	return fds
}

// named is a stream that says what /proc/self/fd shows of it.
type named interface{ procName() string }

// describeFile returns what the link of a descriptor shows. The tree is locked.
func (p *Process) describeFile(fd int) string {
	// Without a reference, for giving one back may end the description, in the
	// middle of a lookup. What is read here never changes.
	table := *p.table.Load()
	if fd >= len(table) {
		return ""
	}
	f := table[fd].file.Load()
	if f == nil {
		return ""
	}
	if f.node != nil {
		return f.node.NameLocked()
	}
	if s, ok := f.stream.(named); ok {
		return s.procName()
	}
	switch st := f.stream.stat(); st.Mode & linux.ModeType {
	case linux.ModeFifo:
		return "pipe:[" + decimal(int(st.Ino)) + "]"
	case linux.ModeSocket:
		return "socket:[" + decimal(int(st.Ino)) + "]"
	case linux.ModeChar:
		if st.Rdev == devNull {
			return "/dev/null"
		}
		return "/dev/console"
	}
	return "anon_inode:[other]"
}

// fileInfo is the text of /proc/self/fdinfo/FD.
func (p *Process) fileInfo(fd int) []byte {
	f, errno := p.get(fd)
	if errno != 0 {
		return nil
	}
	defer f.put()
	flags := ""
	for n := uint32(f.flags.Load()); n != 0; n >>= 3 {
		flags = string([]byte{byte('0' + n&7)}) + flags
	}
	return []byte("pos:\t" + decimal(int(f.off.Load())) + "\nflags:\t0" + flags + "\nmnt_id:\t1\nino:\t" + decimal(int(f.stat().Ino)) + "\n")
}

func (e *epoll) procName() string   { return "anon_inode:[eventpoll]" }
func (e *eventfd) procName() string { return "anon_inode:[eventfd]" }
func (t *timerfd) procName() string { return "anon_inode:[timerfd]" }
