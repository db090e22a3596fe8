package posix

import "unibench/libos/guest/linux"

func (s *unixSocket) read(b []byte, nonblock bool) (int, linux.Errno) {
	if len(b) == 0 {
		return 0, 0
	}
	m := message{size: len(b)}
	one := [1][]byte{b}
	m.pieces = one[:]
	return recvMessage(s, &m, 0, nonblock)
}

func (s *unixSocket) write(b []byte, nonblock bool) (int, linux.Errno) {
	m := message{size: len(b)}
	one := [1][]byte{b}
	if len(b) > 0 {
		m.pieces = one[:]
	}
	return sendMessage(s, &m, 0, nonblock)
}

func (s *unixSocket) writev(v [][]byte, size int, nonblock bool) (int, linux.Errno) {
	m := message{pieces: v, size: size}
	return sendMessage(s, &m, 0, nonblock)
}

func (s *unixSocket) readv(v [][]byte, size int, nonblock bool) (int, linux.Errno) {
	if size == 0 {
		return 0, 0
	}
	m := message{pieces: v, size: size}
	return recvMessage(s, &m, 0, nonblock)
}

func (s *unixSocket) send(m *message, flags int, nonblock bool) (int, linux.Errno) {
	if s.kind == linux.SockSeqpacket {
		if errno := s.failed(); errno != 0 {
			return 0, errno
		}
		if !s.connected.Load() {
			return 0, linux.ENOTCONN
		}
	}
	var with attached
	if len(m.control) > 0 {
		var errno linux.Errno
		if with, errno = s.parseControl(m.control); errno != 0 {
			return 0, errno
		}
	}
	n, kept, errno := 0, false, linux.Errno(0)
	switch {
	case flags&linux.MsgOOB != 0:
		errno = linux.EOPNOTSUPP
	case s.kind == linux.SockStream:
		n, kept, errno = s.sendStream(m, with, nonblock)
	default:
		n, kept, errno = s.sendPacket(m, with, nonblock)
	}
	if !kept {
		with.drop()
	}
	if errno != 0 && s.kind == linux.SockStream {
		// Only streams signal (unix_stream_sendmsg of Linux).
		errno = s.broken(errno, flags)
	}
	return n, errno
}

// sendStream reports whether the receiver has got with.
func (s *unixSocket) sendStream(m *message, with attached, nonblock bool) (int, bool, linux.Errno) {
	to := s.to.Load()
	switch {
	case m.addr != nil && s.connected.Load():
		return 0, false, linux.EISCONN
	case m.addr != nil:
		return 0, false, linux.EOPNOTSUPP
	case to == nil:
		return 0, false, linux.ENOTCONN
	case s.shut.Load()&shutWrite != 0:
		return 0, false, linux.EPIPE
	}
	sent, piece, at := 0, 0, 0
	kept := false
	try := func() linux.Errno {
		to.mu.Lock()
		if to.ended || to.shut.Load()&shutRead != 0 || s.shut.Load()&shutWrite != 0 {
			to.mu.Unlock()
			return linux.EPIPE
		}
		q := &to.bytes
		start := q.at + uint64(q.used)
		for piece < len(m.pieces) && q.room() > 0 {
			b := m.pieces[piece][at:]
			b = b[:min(len(b), q.room())]
			q.push(b)
			sent += len(b)
			if at += len(b); at == len(m.pieces[piece]) {
				piece, at = piece+1, 0
			}
		}
		end := q.at + uint64(q.used)
		if end > start && !kept && (len(with.files) > 0 || with.cred != nil) {
			q.marks = append(q.marks, mark{with, start, end})
			kept = true
			with.files = nil // only with the first part
		}
		to.mu.Unlock()
		if end > start {
			to.tell(linux.PollIn)
		}
		if piece < len(m.pieces) {
			return linux.EAGAIN
		}
		return 0
	}
	errno := try()
	if errno == linux.EAGAIN && !nonblock {
		errno = s.notes.block(s.n.p, linux.PollOut, s.transmit.Load(), try)
	}
	if sent > 0 {
		errno = 0
	}
	return sent, kept, errno
}

// sendPacket is sendStream for packets. The order of its checks is that of
// unix_dgram_sendmsg of Linux.
func (s *unixSocket) sendPacket(m *message, with attached, nonblock bool) (int, bool, linux.Errno) {
	named := m.addr != nil && !s.paired()
	if named {
		if _, _, errno := checkUnix(m.addr); errno != 0 {
			return 0, false, errno
		}
	}
	if s.asks.Load()&askCred != 0 && s.addr.Load() == nil {
		if errno := s.bind([]byte{linux.AfUnix, 0}); errno != 0 {
			return 0, false, errno // who asks for credentials gives a name with them
		}
	}
	if m.size > int(s.sndbuf.Load())-32 {
		return 0, false, linux.EMSGSIZE
	}
	if errno := s.failed(); errno != 0 {
		return 0, false, errno
	}
	if s.shut.Load()&shutWrite != 0 {
		return 0, false, linux.EPIPE
	}
	to := s.to.Load()
	if named {
		var errno linux.Errno
		if to, errno = s.n.find(m.addr, s.kind); errno != 0 {
			return 0, false, errno
		}
	}
	if to == nil {
		return 0, false, linux.ENOTCONN
	}
	p := packet{attached: with, from: s, data: append(make([]byte, 0, m.size), m.join()...)}
	try := func() linux.Errno { return s.enqueue(to, p) }
	errno := try()
	if errno == linux.EAGAIN && !nonblock {
		errno = s.notes.block(s.n.p, linux.PollOut, s.transmit.Load(), try)
	}
	if errno == linux.ECONNREFUSED && s.to.CompareAndSwap(to, nil) {
		s.connected.Store(false) // what it was connected to is gone
		s.parted(to)
	}
	if errno != 0 {
		return 0, false, errno
	}
	return m.size, true, 0
}

// enqueue puts p into the queue of to: EAGAIN if that is full.
func (s *unixSocket) enqueue(to *unixSocket, p packet) linux.Errno {
	to.mu.Lock()
	back := to.to.Load()
	switch {
	case to.ended && s.paired():
		to.mu.Unlock()
		return linux.EPIPE
	case to.ended:
		to.mu.Unlock()
		return linux.ECONNREFUSED
	case !s.paired() && back != nil && back != s:
		to.mu.Unlock()
		return linux.EPERM
	case to.shut.Load()&shutRead != 0, s.shut.Load()&shutWrite != 0:
		to.mu.Unlock()
		return linux.EPIPE
	case back != s && to != s && len(to.packets) > linux.UnixDgramQlen, len(to.packets) > 0 && to.load+packetLoad+len(p.data) > linux.BufDefault:
		to.starve(s)
		to.mu.Unlock()
		return linux.EAGAIN
	}
	to.packets = append(to.packets, p)
	to.load += packetLoad + len(p.data)
	to.mu.Unlock()
	to.tell(linux.PollIn)
	return 0
}

func (s *unixSocket) recv(m *message, flags int, nonblock bool) (int, linux.Errno) {
	switch {
	case flags&linux.MsgOOB != 0:
		return 0, linux.EOPNOTSUPP
	case s.kind == linux.SockStream && !s.connected.Load():
		return 0, linux.EINVAL
	case s.kind == linux.SockSeqpacket && !s.connected.Load():
		return 0, linux.ENOTCONN
	}
	var with attached
	n := 0
	try := func() (errno linux.Errno) {
		if s.kind == linux.SockStream {
			n, errno = s.recvStream(m, flags, n, &with)
		} else {
			n, errno = s.recvPacket(m, flags, &with, nonblock)
		}
		return errno
	}
	errno := try()
	if errno == linux.EAGAIN && !nonblock {
		errno = s.notes.block(s.n.p, linux.PollIn, s.receive.Load(), try)
	}
	if n > 0 || errno == 0 {
		if !with.end {
			s.putControl(m, flags, &with)
		}
		return n, 0
	}
	return 0, errno
}

// recvStream fills m from byte n on and returns how many bytes it holds then.
// EAGAIN means that the call should wait for more.
func (s *unixSocket) recvStream(m *message, flags, n int, with *attached) (int, linux.Errno) {
	s.mu.Lock()
	q := &s.bytes
	if q.used == 0 {
		s.mu.Unlock()
		switch errno := s.failed(); {
		case n > 0 && errno == 0 && s.shut.Load()&shutRead == 0:
			return n, linux.EAGAIN // MSG_WAITALL
		case n > 0:
			return n, 0
		case errno != 0:
			return 0, errno
		case s.shut.Load()&shutRead != 0:
			with.cred = &linux.Ucred{} // nobody's
			return 0, 0
		}
		return 0, linux.EAGAIN
	}
	creds := s.asks.Load()&askCred != 0
	sender := q.sender()
	if n > 0 && creds && !sameCred(sender, with.cred) {
		s.mu.Unlock()
		return n, 0
	}
	take, at := q.limit(m.size-n, creds)
	q.copyOut(m.pieces, n, take)
	with.cred = sender
	peek := flags&linux.MsgPeek != 0
	if at >= 0 {
		if with.files = q.marks[at].files; peek {
			with.files = q.marks[at].copied().files
		} else {
			q.marks[at].files = nil
		}
	}
	before := q.used
	if !peek {
		q.drop(take)
	}
	s.mu.Unlock()
	to := s.to.Load()
	if !peek && before > linux.BufDefault/2 && before-take <= linux.BufDefault/2 && to != nil {
		to.tell(linux.PollOut)
	}
	if to != nil && m.addr != nil {
		m.used = fillAddr(m.addr, to.addr.Load())
	}
	if n += take; n < m.size && at < 0 && flags&(linux.MsgWaitall|linux.MsgPeek) == linux.MsgWaitall {
		return n, linux.EAGAIN
	}
	return n, 0
}

// copyOut copies n bytes to the pieces, whose first skip bytes are left out.
func (q *byteQueue) copyOut(pieces [][]byte, skip, n int) {
	done := 0
	for _, b := range pieces {
		if skip >= len(b) {
			skip -= len(b)
			continue
		}
		b = b[skip:]
		skip = 0
		b = b[:min(len(b), n-done)]
		if len(b) == 0 {
			return
		}
		q.copyTo(b, done)
		done += len(b)
	}
}

// fillAddr stores an address, if there is one, and returns its length.
func fillAddr(b []byte, addr *[]byte) int {
	if addr == nil {
		return 0
	}
	return copy(b, *addr)
}

// recvPacket receives one packet; what does not fit is lost.
func (s *unixSocket) recvPacket(m *message, flags int, with *attached, nonblock bool) (int, linux.Errno) {
	if errno := s.failed(); errno != 0 {
		return 0, errno // before what is there, unlike streams
	}
	s.mu.Lock()
	if len(s.packets) == 0 {
		s.mu.Unlock()
		if s.shut.Load()&shutRead != 0 && (s.paired() || !nonblock) {
			with.end = true
			return 0, 0
		}
		return 0, linux.EAGAIN
	}
	p := s.packets[0]
	peek := flags&linux.MsgPeek != 0
	var starved []*unixSocket
	if peek {
		*with = p.copied()
	} else {
		*with = p.attached
		s.packets[0] = packet{}
		if s.packets = s.packets[1:]; len(s.packets) == 0 {
			s.packets = nil
		}
		s.load -= packetLoad + len(p.data)
		starved, s.starved = s.starved, nil
	}
	s.mu.Unlock()
	if to := s.to.Load(); to != nil && s.paired() && !peek {
		to.tell(linux.PollOut)
	}
	for _, w := range starved {
		w.tell(linux.PollOut)
	}
	n := m.scatter(p.data)
	if m.addr != nil {
		m.used = fillAddr(m.addr, p.from.addr.Load())
	}
	if n < len(p.data) {
		m.flags |= linux.MsgTrunc
	}
	if flags&linux.MsgTrunc != 0 {
		n = len(p.data)
	}
	return n, 0
}
