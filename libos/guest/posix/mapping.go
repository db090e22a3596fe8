package posix

import (
	"sync"

	"unibench/libos/guest/linux"
	"unibench/libos/guest/vfs"
)

// mapping is a part of a file in memory. A shared one is the file's own memory
// (vfs.Inode.Map), so that several may have the same addresses; a private one is
// a copy. Anonymous memory is not listed: the kernel below knows it.
type mapping struct {
	start, end uintptr
	node       *vfs.Inode // held: by Map if shared, by Acquire if not
	off        int64      // in the file, of start
	shared     bool
	prot       int
	writer     bool // it may be made writable: the description was, and no seal was against it
}

// span is a range of addresses.
type span struct{ start, end uintptr }

// mappings lists mappings of files. The zero value is empty.
//
// Lock order: mu, an inode's own lock, inner.
type mappings struct {
	mu   sync.Mutex // guards list
	list []mapping

	inner   sync.Mutex // guards extents
	extents []span     // addresses that vfs has reserved, ascending
}

// reserve and unreserve keep the list of addresses which belong to files: what
// becomes of them is not for munmap to decide.
func (m *mappings) reserve(s span) {
	m.inner.Lock()
	defer m.inner.Unlock()
	i := len(m.extents)
	for i > 0 && m.extents[i-1].start > s.start {
		i--
	}
	m.extents = append(m.extents, span{})
	copy(m.extents[i+1:], m.extents[i:])
	m.extents[i] = s
}

func (m *mappings) unreserve(s span) {
	m.inner.Lock()
	defer m.inner.Unlock()
	for i, x := range m.extents {
		if x == s {
			m.extents = append(m.extents[:i], m.extents[i+1:]...)
			return
		}
	}
}

// outside returns the parts of s that belong to no file's own memory.
func (m *mappings) outside(s span) (parts []span) {
	m.inner.Lock()
	defer m.inner.Unlock()
	for _, x := range m.extents {
		if x.end <= s.start || x.start >= s.end {
			continue
		}
		if s.start < x.start {
			parts = append(parts, span{s.start, x.start})
		}
		if s.start = x.end; s.start >= s.end {
			return parts
		}
	}
	return append(parts, s)
}

func (m *mappings) add(x mapping) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = append(m.list, x)
}

// share maps n bytes of the file of x, from x.off on, and adds that, at the
// addresses that it returns. mu is held: a seal (Process.seals) comes before all of
// it or behind.
func (m *mappings) share(x mapping, n uintptr) (span, linux.Errno) {
	b, errno := x.node.Map(x.off, int64(n))
	if errno != 0 {
		return span{}, errno
	}
	s := spanOf(b)
	x.start, x.end = s.start, s.end
	m.list = append(m.list, x)
	return s, 0
}

// within calls f with the part of each mapping that lies in s. f may change
// attributes of the mapping itself, whole.
func (m *mappings) within(s span, f func(part mapping, whole *mapping) linux.Errno) linux.Errno {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.list {
		x := m.list[i]
		part := x
		part.start, part.end = max(x.start, s.start), min(x.end, s.end)
		if part.start >= part.end {
			continue
		}
		part.off += int64(part.start - x.start)
		if errno := f(part, &m.list[i]); errno != 0 {
			return errno
		}
	}
	return 0
}

// cut takes s out of the mappings and returns what was taken, with what it
// holds. Of several mappings of the same memory it takes one, best the one that
// is all of s.
func (m *mappings) cut(s span) []mapping {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.take(s)
}

// take is cut with mu held.
func (m *mappings) take(s span) (taken []mapping) {
	for s.start < s.end {
		best, next := -1, s.end
		for i, x := range m.list {
			switch {
			case x.start > s.start:
				next = min(next, x.start)
			case x.end > s.start && (best < 0 || x.start == s.start && x.end == s.end):
				best = i
			}
		}
		if best < 0 {
			s.start = next
			continue
		}
		x := m.list[best]
		m.list = append(m.list[:best], m.list[best+1:]...)
		piece := x
		piece.start, piece.end = s.start, min(x.end, s.end)
		piece.off += int64(piece.start - x.start)
		if x.start < piece.start {
			rest := x
			rest.end = piece.start
			m.list = append(m.list, rest.again())
		}
		if piece.end < x.end {
			rest := x
			rest.start = piece.end
			rest.off += int64(rest.start - x.start)
			m.list = append(m.list, rest.again())
		}
		taken = append(taken, piece)
		s.start = piece.end
	}
	return taken
}

// again returns x with a hold of its own.
func (x mapping) again() mapping {
	if x.shared {
		x.node.Map(x.off, int64(x.end-x.start)) // of what is mapped already, so it cannot fail
	} else {
		x.node.Acquire()
	}
	return x
}

// release gives back what x holds.
func (x mapping) release() {
	if !x.shared {
		x.node.Release()
		return
	}
	if x.prot&linux.ProtWrite != 0 {
		x.node.Modified()
	}
	x.node.Unmap()
}
