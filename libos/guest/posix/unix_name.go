package posix

import (
	"sync"

	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// unixNames knows which socket is bound to which name.
type unixNames struct {
	linking sync.Mutex // serialises connecting, binding and listening

	mu       sync.Mutex // guards what follows
	abstract map[abstractName]*unixSocket
	bound    map[*vfs.Inode]*unixSocket
	next     uint32 // of the names that bind makes up
}

// abstractName is a name without a file; each type of socket has its own.
type abstractName struct {
	name string
	kind int
}

func (u *unixNames) init() {
	u.abstract = make(map[abstractName]*unixSocket)
	u.bound = make(map[*vfs.Inode]*unixSocket)
}

func (u *unixNames) unbind(s *unixSocket) {
	addr := s.addr.Load()
	if addr == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if s.node != nil && u.bound[s.node] == s {
		delete(u.bound, s.node)
	} else if name := (abstractName{string((*addr)[linux.SockaddrUnPath:]), s.kind}); u.abstract[name] == s {
		delete(u.abstract, name)
	}
}

// checkUnix reads a struct sockaddr_un: EINVAL if it is none. What it means is
// a path, or an abstract name, which begins with a zero.
func checkUnix(sa []byte) (path string, abstract bool, errno linux.Errno) {
	if len(sa) <= linux.SockaddrUnPath || len(sa) > linux.SockaddrUn || le16(sa) != linux.AfUnix {
		return "", false, linux.EINVAL
	}
	name := sa[linux.SockaddrUnPath:]
	if name[0] == 0 {
		return string(name), true, 0
	}
	for i, c := range name {
		if c == 0 {
			return string(name[:i]), false, 0
		}
	}
	return string(name), false, 0
}

func (s *unixSocket) bind(sa []byte) linux.Errno {
	u := &s.n.names
	if len(sa) == linux.SockaddrUnPath && le16(sa) == linux.AfUnix {
		u.linking.Lock()
		defer u.linking.Unlock()
		return s.autobind()
	}
	path, abstract, errno := checkUnix(sa)
	if errno != 0 {
		return errno
	}
	u.linking.Lock()
	defer u.linking.Unlock()
	if abstract {
		if s.addr.Load() != nil {
			return linux.EINVAL
		}
		return s.bindAbstract(path)
	}
	p := s.n.p
	at, errno := p.at(linux.AtFdcwd, path)
	if errno != 0 {
		return errno
	}
	node, errno := p.fs().Mksock(at, path, p.masked(0o777))
	if errno == linux.EEXIST {
		return linux.EADDRINUSE
	}
	if errno != 0 {
		return errno
	}
	if s.addr.Load() != nil {
		p.fs().Unlink(at, path)
		return linux.EINVAL
	}
	u.mu.Lock()
	u.bound[node] = s
	u.mu.Unlock()
	s.node = node
	s.setAddr(path + "\x00")
	return 0
}

func (s *unixSocket) setAddr(name string) {
	addr := append([]byte{linux.AfUnix, 0}, name...)
	s.addr.Store(&addr)
}

func (s *unixSocket) bindAbstract(name string) linux.Errno {
	u := &s.n.names
	u.mu.Lock()
	defer u.mu.Unlock()
	key := abstractName{name, s.kind}
	if u.abstract[key] != nil {
		return linux.EADDRINUSE
	}
	u.abstract[key] = s
	s.setAddr(name)
	return 0
}

// autobind makes up a name of five hexadecimal digits (unix(7)).
func (s *unixSocket) autobind() linux.Errno {
	if s.addr.Load() != nil {
		return 0
	}
	u := &s.n.names
	for range 1 << 20 {
		u.mu.Lock()
		u.next = (u.next + 1) & (1<<20 - 1)
		x := u.next
		u.mu.Unlock()
		name := []byte{0, 0, 0, 0, 0, 0}
		for i := range 5 {
			name[5-i] = "0123456789abcdef"[x>>(4*i)&15]
		}
		if s.bindAbstract(string(name)) == 0 {
			return 0
		}
	}
	return linux.ENOSPC
}

// find returns the socket that is bound to sa.
func (n *network) find(sa []byte, kind int) (*unixSocket, linux.Errno) {
	path, abstract, errno := checkUnix(sa)
	if errno != 0 {
		return nil, errno
	}
	u := &n.names
	var node *vfs.Inode
	if !abstract {
		at, errno := n.p.at(linux.AtFdcwd, path)
		if errno != 0 {
			return nil, errno
		}
		if node, errno = n.p.fs().Lookup(at, path, true); errno != 0 {
			return nil, errno
		}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	s := u.abstract[abstractName{path, kind}]
	if !abstract {
		s = u.bound[node]
	}
	switch {
	case s == nil:
		return nil, linux.ECONNREFUSED
	case s.kind != kind:
		return nil, linux.EPROTOTYPE
	}
	return s, 0
}

func (s *unixSocket) listen(backlog int) linux.Errno {
	s.n.names.linking.Lock()
	defer s.n.names.linking.Unlock()
	switch {
	case !s.paired():
		return linux.EOPNOTSUPP
	case s.addr.Load() == nil, s.connected.Load():
		return linux.EINVAL
	}
	s.mu.Lock()
	s.backlog = backlog
	s.mu.Unlock()
	s.listening.Store(true)
	s.tell(linux.PollOut) // there may be more room for those that wait to connect
	return 0
}

func (s *unixSocket) accept(nonblock bool, flags int, from []byte) (*file, int, linux.Errno) {
	if !s.paired() {
		return nil, 0, linux.EOPNOTSUPP
	}
	if !s.listening.Load() {
		return nil, 0, linux.EINVAL
	}
	var f *file
	try := func() linux.Errno {
		s.mu.Lock()
		defer s.mu.Unlock()
		switch {
		case len(s.pending) > 0:
			f = s.pending[0]
			s.pending = append(s.pending[:0], s.pending[1:]...)
		case s.shut.Load()&shutRead != 0 && !nonblock:
			return linux.EINVAL
		default:
			return linux.EAGAIN
		}
		return 0
	}
	errno := try()
	if errno == linux.EAGAIN && !nonblock {
		errno = s.notes.block(s.n.p, linux.PollIn, s.receive.Load(), try)
	}
	if errno != 0 {
		return nil, 0, errno
	}
	s.tell(linux.PollOut) // room for one that waits to connect
	f.setFlags(linux.ONonblock, flags)
	return f, s.addrOf(f.stream.(*unixSocket).to.Load(), from), 0
}

func (s *unixSocket) connect(sa []byte, nonblock bool) linux.Errno {
	u := &s.n.names
	if !s.paired() {
		if len(sa) < 2 {
			return linux.EINVAL
		}
		u.linking.Lock()
		defer u.linking.Unlock()
		return s.associate(sa)
	}
	if _, _, errno := checkUnix(sa); errno != 0 {
		return errno
	}
	var other *unixSocket
	try := func() (errno linux.Errno) {
		u.linking.Lock()
		defer u.linking.Unlock()
		if s.asks.Load()&askCred != 0 {
			if errno := s.autobind(); errno != 0 {
				return errno
			}
		}
		if other, errno = s.n.find(sa, s.kind); errno != 0 {
			return errno
		}
		return s.link(other)
	}
	errno := try()
	if errno == linux.EAGAIN && !nonblock {
		errno = other.notes.block(s.n.p, linux.PollOut, s.transmit.Load(), try)
	}
	return errno
}

// link connects s to a listening socket: EAGAIN if too many wait already.
// linking is held.
func (s *unixSocket) link(other *unixSocket) linux.Errno {
	other.mu.Lock()
	switch {
	case !other.listening.Load() || other.ended || other.shut.Load()&shutRead != 0:
		other.mu.Unlock()
		return linux.ECONNREFUSED
	case len(other.pending) > other.backlog:
		other.mu.Unlock()
		return linux.EAGAIN
	case s.connected.Load():
		other.mu.Unlock()
		return linux.EISCONN
	case s.listening.Load():
		other.mu.Unlock()
		return linux.EINVAL
	}
	made, _ := s.n.newUnix(s.kind, 0)
	made.addr.Store(other.addr.Load())
	made.asks.Store(other.asks.Load() & askCred)
	join(s, made)
	other.pending = append(other.pending, newFile(nil, made, linux.ORdwr))
	other.mu.Unlock()
	other.tell(linux.PollIn)
	s.tell(linux.PollOut)
	return 0
}

// associate sets where a datagram socket sends to. linking is held.
func (s *unixSocket) associate(sa []byte) linux.Errno {
	old := s.to.Load()
	if le16(sa) == linux.AfUnspec {
		s.to.Store(nil)
		s.connected.Store(false)
		s.parted(old)
		s.tell(linux.PollOut)
		return 0
	}
	if _, _, errno := checkUnix(sa); errno != 0 {
		return errno
	}
	if s.asks.Load()&askCred != 0 {
		if errno := s.autobind(); errno != 0 {
			return errno
		}
	}
	other, errno := s.n.find(sa, s.kind)
	if errno != 0 {
		return errno
	}
	if back := other.to.Load(); back != nil && back != s {
		return linux.EPERM
	}
	s.to.Store(other)
	s.connected.Store(true)
	if old != other {
		s.parted(old)
	}
	s.tell(linux.PollOut)
	return 0
}

// parted cleans up after a datagram socket has left old: what it has not
// received is lost, and old is told if it sends to s (unix_dgram_disconnected
// of Linux).
func (s *unixSocket) parted(old *unixSocket) {
	if old == nil {
		return
	}
	s.mu.Lock()
	lost, starved := s.packets, s.starved
	s.packets, s.starved, s.load = nil, nil, 0
	s.mu.Unlock()
	for _, p := range lost {
		p.drop()
	}
	for _, w := range starved {
		w.tell(linux.PollOut)
	}
	if len(lost) > 0 && old.to.Load() == s {
		old.fail(linux.ECONNRESET)
		old.tell(linux.PollErr)
	}
}

// addrOf stores the address of other, or that it has none, and returns its
// length.
func (s *unixSocket) addrOf(other *unixSocket, b []byte) int {
	putLE16(b, linux.AfUnix)
	addr := other.addr.Load()
	if addr == nil {
		return linux.SockaddrUnPath
	}
	return copy(b, *addr)
}

func (s *unixSocket) name(b []byte) (int, linux.Errno) { return s.addrOf(s, b), 0 }

func (s *unixSocket) peer(b []byte) (int, linux.Errno) {
	to := s.to.Load()
	if to == nil {
		return 0, linux.ENOTCONN
	}
	return s.addrOf(to, b), 0
}
