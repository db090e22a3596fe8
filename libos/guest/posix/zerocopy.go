package posix

import (
	"sync"

	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// loanShards is how many tables of borrowed buffers there are: descriptors
// share them by their numbers.
const loanShards = 8

// loanTable holds the buffers that the program has borrowed, and keeps them
// alive. A token is, from the lowest bit, the shard (3 bits), the slot (29) and
// how often the slot was used (32).
type loanTable struct {
	mu    sync.Mutex
	slots []loan
	free  []uint32
}

type loan struct {
	b       []byte
	release func()
	turn    uint32
}

// lend notes a loan and returns its token.
func (t *loanTable) lend(shard int, b []byte, release func()) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	var i uint32
	if n := len(t.free); n > 0 {
		i = t.free[n-1]
		t.free = t.free[:n-1]
	} else {
		i = uint32(len(t.slots))
		t.slots = append(t.slots, loan{})
	}
	s := &t.slots[i]
	s.b, s.release = b, release
	s.turn++
	return uint64(s.turn)<<32 | uint64(i)<<3 | uint64(shard)
}

// take ends the loan of a token and returns what gives the buffer back.
func (t *loanTable) take(token uint64) (func(), bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	i := uint32(token) >> 3
	if int(i) >= len(t.slots) || t.slots[i].release == nil || t.slots[i].turn != uint32(token>>32) {
		return nil, false
	}
	release := t.slots[i].release
	t.slots[i].b, t.slots[i].release = nil, nil
	t.free = append(t.free, i)
	return release, true
}

// lentSends is what a socket has sent without copies and not reported yet.
type lentSends struct {
	mu     sync.Mutex
	free   *lentSend
	flying int
	done   []uint64 // cookies
}

// lentSend keeps the buffer of one send alive. They are used again.
type lentSend struct {
	s      *inetSocket
	b      []byte
	cookie uint64
	finish func() // its method, made once
	next   *lentSend
}

// begin takes a lentSend for b.
func (s *inetSocket) begin(b []byte, cookie uint64) *lentSend {
	l := &s.lent
	l.mu.Lock()
	defer l.mu.Unlock()
	x := l.free
	if x == nil {
		x = &lentSend{s: s}
		x.finish = x.finished
	} else {
		l.free = x.next
	}
	x.b, x.cookie, x.next = b, cookie, nil
	l.flying++
	return x
}

// finished is called by the stack, perhaps with its locks held.
func (x *lentSend) finished() {
	x.s.end(x, true)
	x.s.notes.notify(x.s.n.p.hal, linux.PollOut)
}

// end gives a lentSend back; report says that its cookie is due.
func (s *inetSocket) end(x *lentSend, report bool) {
	l := &s.lent
	l.mu.Lock()
	defer l.mu.Unlock()
	if report {
		l.done = append(l.done, x.cookie)
	}
	x.b, x.next = nil, l.free
	l.free = x
	l.flying--
}

// zeroCopy makes the calls of linux.SysZcProbe and its fellows.
func (n *network) zeroCopy(num uintptr, a *Args) (uintptr, linux.Errno) {
	if num == linux.SysZcRelease {
		return 0, n.sysZcRelease(uint64(a.U[1]))
	}
	any, f, errno := n.socket(a)
	if errno != 0 {
		return 0, errno
	}
	defer f.put()
	s, ok := any.(*inetSocket)
	var z inet.ZeroCopy
	if ok {
		z, ok = s.sock.(inet.ZeroCopy)
	}
	switch {
	case num == linux.SysZcProbe && ok:
		return 1, 0
	case num == linux.SysZcProbe:
		return 0, 0
	case !ok:
		return 0, linux.EOPNOTSUPP
	case num == linux.SysZcRecv:
		return 0, s.sysZcRecv(z, a, f.nonblock())
	case num == linux.SysZcSend:
		return s.sysZcSend(z, a, f.nonblock())
	}
	return s.sysZcDone(a, f.nonblock())
}

func (s *inetSocket) sysZcRecv(z inet.ZeroCopy, a *Args, nonblock bool) linux.Errno {
	if a.null(1) {
		return linux.EFAULT
	}
	var info inet.Info
	var b []byte
	var more bool
	var release func()
	try := func() (errno linux.Errno) {
		b, more, release, errno = z.RecvBuffer(hide(&info))
		return errno
	}
	errno := try()
	if errno == linux.EAGAIN && !nonblock {
		errno = s.notes.block(s.n.p, linux.PollIn, s.receive.Load(), try)
	}
	if errno != 0 {
		return errno
	}
	out := linux.ZcBuffer{Base: address(b), Len: uint64(len(b))}
	if release != nil {
		shard := a.int(0) % loanShards
		out.Token = s.n.loans[shard].lend(shard, b, release)
	}
	if more {
		out.Flags = linux.ZcMore
	}
	if s.kind != linux.SockStream {
		from := info.From
		out.From = linux.ZcAddr{Family: from.Family, Port: from.Port, Zone: from.Zone, IP: from.IP}
	}
	return store(a, 1, out)
}

func (n *network) sysZcRelease(token uint64) linux.Errno {
	release, ok := n.loans[token%loanShards].take(token)
	if !ok {
		return linux.EINVAL
	}
	release()
	return 0
}

func (s *inetSocket) sysZcSend(z inet.ZeroCopy, a *Args, nonblock bool) (uintptr, linux.Errno) {
	b, errno := a.bytes(1, min(a.U[2], linux.MaxReadWrite))
	if errno != 0 {
		return 0, errno
	}
	if s.onStack(b) {
		b = append([]byte(nil), b...) // what moves cannot be lent
	}
	var addr inet.Addr
	var to *inet.Addr
	if !a.null(3) && s.kind != linux.SockStream {
		v, errno := load[linux.ZcAddr](a, 3)
		switch {
		case errno != 0:
			return 0, errno
		case v.Family == linux.AfInet && s.family == linux.AfInet6:
			addr = mapped(inet.Addr{Family: v.Family, Port: v.Port, IP: v.IP})
		case int(v.Family) != s.family:
			return 0, linux.EAFNOSUPPORT
		default:
			addr = inet.Addr{Family: v.Family, Port: v.Port, Zone: v.Zone, IP: v.IP}
		}
		s.n.reaches(&addr)
		to = &addr
	}
	x := s.begin(b, uint64(a.U[4]))
	n := 0
	try := func() (errno linux.Errno) {
		if len(b) == 0 {
			if n, errno = s.sendOne(b, 0, to); errno == 0 {
				x.finished() // nothing was lent
			}
			return errno
		}
		if n, errno = z.SendBuffer(b, hide(to), x.finish); errno == 0 && n == 0 {
			errno = linux.EAGAIN
		}
		return errno
	}
	errno = try()
	if errno == linux.EAGAIN && !nonblock {
		errno = s.notes.block(s.n.p, linux.PollOut, s.transmit.Load(), try)
	}
	if errno != 0 {
		s.end(x, false)
		return 0, s.broken(errno, linux.MsgNosignal)
	}
	return uintptr(n), 0
}

func (s *inetSocket) sysZcDone(a *Args, nonblock bool) (uintptr, linux.Errno) {
	cookies, errno := words(a, 1, int(min(a.U[2], 1<<20)))
	if errno != 0 {
		return 0, errno
	}
	n := 0
	try := func() linux.Errno {
		l := &s.lent
		l.mu.Lock()
		defer l.mu.Unlock()
		n = copy(cookies, l.done)
		l.done = append(l.done[:0], l.done[n:]...)
		if n == 0 && l.flying > 0 && len(cookies) > 0 {
			return linux.EAGAIN
		}
		return 0
	}
	errno = try()
	if errno == linux.EAGAIN && !nonblock {
		errno = s.notes.block(s.n.p, linux.PollOut, 0, try)
	}
	return uintptr(n), errno
}
