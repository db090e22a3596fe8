package posix

import (
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// lendBytes is the least that is worth a buffer of its own; less is copied.
const lendBytes = 4096

// sendFile gives the memory of a file to the stack. What comes from the archive
// of initial files never changes, so the stack may keep it until it is sent, if
// it can; the rest it copies, while the file cannot change.
func (s *inetSocket) sendFile(node *vfs.Inode, off int64, n int, nonblock bool) (int, linux.Errno) {
	sent := 0
	try := func() linux.Errno {
		for sent < n {
			k, end, errno := s.sendPart(node, off+int64(sent), n-sent)
			sent += k
			if errno != 0 || end {
				return errno
			}
		}
		return 0
	}
	errno := try()
	if errno == linux.EAGAIN && !nonblock {
		errno = s.notes.block(s.n.p, linux.PollOut, s.transmit.Load(), try)
	}
	if sent > 0 {
		return sent, 0
	}
	return 0, s.broken(errno, 0)
}

// sendPart sends some bytes of a file and reports whether it was at its end.
func (s *inetSocket) sendPart(node *vfs.Inode, off int64, n int) (int, bool, linux.Errno) {
	var few [fewPieces][]byte
	v, fixed := node.Lend(few[:0], off, n)
	if !fixed {
		defer node.Unlend()
	}
	if len(v) == 0 {
		return 0, true, 0
	}
	if fixed && len(v[0]) >= lendBytes && s.kind == linux.SockStream {
		if z, ok := s.sock.(inet.ZeroCopy); ok {
			k, errno := z.SendBuffer(v[0], nil, func() {})
			return k, false, errno
		}
	}
	k, errno := s.sendMany(v, 0, nil)
	return k, false, errno
}
