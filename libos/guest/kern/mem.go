package kern

// pageSize is the granularity of the address space.
const pageSize = 4096

// Memory hands out the RAM between two addresses, in whole pages. Virtual
// addresses are physical ones, and all of RAM is mapped from the start; what
// mmap and munmap change is only who owns an address, and how much is in use.
//
//   - Reserving takes addresses, which are plentiful.
//   - Using takes pages from a limit, which is the VM's memory.
//
// Pages that were in use before read as garbage; they are cleared when they are
// used again. Two bitmaps say, for each page, whether it is in use and whether
// it was ever used; they lie at the start of RAM itself.
type Memory struct {
	start, end uintptr
	limit      uint64 // bytes that may be in use
	InUse      uint64 // bytes in use
	Peak       uint64 // most bytes in use so far
	inUse      bitmap
	dirty      bitmap
	holes      [maxHoles]hole // free address ranges, ascending, not adjacent
	nholes     int
}

type hole struct{ start, end uintptr }

// maxHoles bounds fragmentation; Go's runtime maps and unmaps in large pieces.
const maxHoles = 256

// Init takes over RAM from start to end, both page-aligned, of which limit
// bytes may be in use.
func (m *Memory) Init(start, end uintptr, limit uint64) {
	pages := (end - start) / pageSize
	size := (pages/8 + 7) &^ 7
	m.inUse = bitmap{start, start}
	m.dirty = bitmap{start + size, start}
	m.start = (start + 2*size + pageSize - 1) &^ (pageSize - 1)
	m.end = end
	m.limit = limit
	m.holes[0] = hole{m.start, end}
	m.nholes = 1
}

func round(n uintptr) uintptr { return (n + pageSize - 1) &^ (pageSize - 1) }

// contains reports whether [addr, addr+n) is memory; n is rounded up.
func (m *Memory) contains(addr, n uintptr) bool {
	return addr%pageSize == 0 && addr >= m.start && addr <= m.end && n <= m.end-addr
}

// Reserve takes n bytes of addresses, or returns 0. Where they lie follows from
// their size, which tells what the runtime wants them for:
//
//   - below half a megabyte, from the bottom: metadata, all of it in use;
//   - from 4 MiB on, aligned to that, from the bottom up: heap arenas, so aligned
//     that the runtime has nothing to trim;
//   - between, from the top down: indexes with a page in use here and there,
//     which are kept away from memory that the host backs with 2 MiB pages.
func (m *Memory) Reserve(n uintptr) uintptr {
	n = round(n)
	if n >= sparseSize && n < arenaSize {
		for i := m.nholes - 1; i >= 0; i-- {
			if h := m.holes[i]; h.end-h.start >= n && m.take(i, h.end-n, h.end) {
				return h.end - n
			}
		}
		return 0
	}
	align := uintptr(pageSize)
	if n >= arenaSize {
		align = arenaSize
	}
	for i := 0; i < m.nholes; i++ {
		h := m.holes[i]
		at := (h.start + align - 1) &^ (align - 1)
		if at < h.start || at > h.end || h.end-at < n {
			continue
		}
		if !m.take(i, at, at+n) {
			return 0
		}
		return at
	}
	return 0
}

const (
	sparseSize = 512 << 10
	arenaSize  = 4 << 20
)

// take removes [start, end) from hole i.
func (m *Memory) take(i int, start, end uintptr) bool {
	h := &m.holes[i]
	switch {
	case h.start == start && h.end == end:
		copy(m.holes[i:], m.holes[i+1:m.nholes])
		m.nholes--
	case h.start == start:
		h.start = end
	case h.end == end:
		h.end = start
	default:
		if m.nholes == maxHoles {
			return false
		}
		copy(m.holes[i+1:m.nholes+1], m.holes[i:m.nholes])
		m.nholes++
		m.holes[i].end = start
		m.holes[i+1].start = end
	}
	return true
}

// Use makes [addr, addr+n) usable and zero, or returns false if that would
// exceed the limit. The range has to be reserved.
func (m *Memory) Use(addr, n uintptr) bool {
	n = round(n)
	if !m.contains(addr, n) {
		return false
	}
	fresh := uint64(0)
	for p := addr; p < addr+n; p += pageSize {
		if !m.inUse.get(p) {
			fresh += pageSize
		}
	}
	if fresh > m.limit-m.InUse {
		return false
	}
	m.InUse += fresh
	m.Peak = max(m.Peak, m.InUse)
	for p := addr; p < addr+n; p += pageSize {
		if m.dirty.get(p) && !m.inUse.get(p) {
			clearPage(p)
		}
		m.inUse.set(p)
		m.dirty.set(p)
	}
	return true
}

// Free gives [addr, addr+n) back: its addresses and the pages in use.
func (m *Memory) Free(addr, n uintptr) {
	n = round(n)
	if !m.contains(addr, n) || n == 0 {
		return
	}
	for p := addr; p < addr+n; p += pageSize {
		if m.inUse.get(p) {
			m.inUse.unset(p)
			m.InUse -= pageSize
		}
	}
	m.insert(addr, addr+n)
}

// Clean says that a range now reads as zero, because the host took its pages.
func (m *Memory) Clean(addr, n uintptr) {
	for p := addr; p < addr+n; p += pageSize {
		if !m.inUse.get(p) {
			m.dirty.unset(p)
		}
	}
}

// insert adds a free range and merges it with its neighbours. If there is no
// room for another hole, the addresses are lost, which costs nothing else.
func (m *Memory) insert(start, end uintptr) {
	i := 0
	for i < m.nholes && m.holes[i].start < start {
		i++
	}
	left := i > 0 && m.holes[i-1].end >= start
	right := i < m.nholes && m.holes[i].start <= end
	switch {
	case left && right:
		m.holes[i-1].end = m.holes[i].end
		copy(m.holes[i:], m.holes[i+1:m.nholes])
		m.nholes--
	case left:
		m.holes[i-1].end = max(m.holes[i-1].end, end)
	case right:
		m.holes[i].start = start
	case m.nholes < maxHoles:
		copy(m.holes[i+1:m.nholes+1], m.holes[i:m.nholes])
		m.holes[i] = hole{start, end}
		m.nholes++
	}
}
