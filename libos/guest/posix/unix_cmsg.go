package posix

import "unibench/libos/guest/linux"

// parseControl reads the control messages of a send (__scm_send of Linux).
func (s *unixSocket) parseControl(b []byte) (with attached, errno linux.Errno) {
	defer func() {
		if errno != 0 {
			with.drop()
			with = attached{}
		}
	}()
	for {
		c, rest, ok, errno := nextCmsg(b)
		if errno != 0 || !ok {
			return with, errno
		}
		b = rest
		if c.level != linux.SolSocket {
			continue
		}
		switch c.kind {
		case linux.ScmRights:
			count := len(c.data) / 4
			if count+len(with.files) > linux.ScmMaxFd {
				return with, linux.EINVAL
			}
			for i := range count {
				f, errno := s.n.p.get(int(int32(le32(c.data[4*i:]))))
				if errno != 0 {
					return with, errno
				}
				with.files = append(with.files, f)
			}
		case linux.ScmCredentials:
			if len(c.data) != 12 {
				return with, linux.EINVAL
			}
			cred := linux.Ucred{PID: int32(le32(c.data)), UID: le32(c.data[4:]), GID: le32(c.data[8:])}
			switch {
			case cred.PID != pid:
				return with, linux.ESRCH // there is no other process
			case cred.UID == ^uint32(0) || cred.GID == ^uint32(0):
				return with, linux.EINVAL
			case cred.UID != 0 || cred.GID != 0:
				with.cred = &cred
			}
		default:
			return with, linux.EINVAL
		}
	}
}

// sameCred compares credentials, of which nil are the process's own.
func sameCred(x, y *linux.Ucred) bool {
	return x == y || x != nil && y != nil && *x == *y
}

// putControl stores what came with a message, and ends what there is no room
// for.
func (s *unixSocket) putControl(m *message, flags int, with *attached) {
	creds := s.asks.Load()&askCred != 0
	if creds && len(m.control) > 0 {
		c := linux.Ucred{PID: pid}
		if with.cred != nil {
			c = *with.cred
		}
		copy(m.putCmsg(linux.SolSocket, linux.ScmCredentials, 12), ucredBytes(&c))
	} else if creds {
		m.flags |= linux.MsgCtrunc
	}
	if len(with.files) > 0 {
		s.putFiles(m, flags, with)
		with.drop()
	}
}

// putFiles makes descriptors of as many files as there is room for, and takes
// them out of with.
func (s *unixSocket) putFiles(m *message, flags int, with *attached) {
	count := min(len(with.files), (len(m.control)-m.stored-linux.CmsgHeader)/4)
	if count < len(with.files) {
		m.flags |= linux.MsgCtrunc
	}
	if count <= 0 {
		return
	}
	var fds [linux.ScmMaxFd]int32
	n := 0
	for n < count {
		f := with.files[n]
		f.hold() // install takes a reference, also when it fails
		fd, errno := s.n.p.install(f, 0, flags&linux.MsgCmsgCloexec != 0)
		if errno != 0 {
			m.flags |= linux.MsgCtrunc
			break
		}
		fds[n] = int32(fd)
		n++
	}
	if n == 0 {
		return
	}
	b := m.putCmsg(linux.SolSocket, linux.ScmRights, 4*n)
	for i := range n {
		putLE32(b[4*i:], uint32(fds[i]))
	}
}
