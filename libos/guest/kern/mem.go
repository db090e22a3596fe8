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
// used again.
//
// Pages that the heap releases (madvise), and those of files that are removed, go
// back to the host in whole blocks of 2 MiB only, once all of a block is out of use,
// and only when there is time (see
// Reclaim): leaving the VM for each of the heap's 64 KiB pieces, and splitting
// the host's 2 MiB pages, would cost more than the memory is worth. Until then a
// released page keeps its content, and is cleared when the heap says that it
// uses it again. Released pages do not count against the limit: a heap that is
// fragmented has many, and Linux would not count them either.
//
// Four bitmaps have a bit for each page; they lie at the start of RAM itself. One
// of them says which addresses are taken: files come and go in pieces of 64 KiB,
// so a list of what is free could become as long.
type Memory struct {
	start, end uintptr
	limit      uint64 // bytes that may be in use
	InUse      uint64 // bytes in use and not released
	Peak       uint64 // most bytes in use so far
	Released   uint64 // bytes that went out of use since Reclaim last found nothing
	taken      bitmap
	inUse      bitmap
	dirty      bitmap  // the page does not read as zero
	released   bitmap  // in use, but its content is not needed
	low, high  uintptr // all below low is taken, and all from high on
	arenas     uintptr // no arena below is free as a whole
	files      bool    // ReserveTop has been called
}

// Init takes over RAM from start to end, both page-aligned, of which limit
// bytes may be in use.
func (m *Memory) Init(start, end uintptr, limit uint64) {
	first := start &^ (wordSize - 1) // so that blocks are whole words
	size := (end - first + wordSize - 1) / wordSize * 8
	m.inUse = bitmap{start, first}
	m.dirty = bitmap{start + size, first}
	m.released = bitmap{start + 2*size, first}
	m.taken = bitmap{start + 3*size, first}
	m.start = (start + 4*size + pageSize - 1) &^ (pageSize - 1)
	m.low, m.arenas = m.start, m.start
	m.end, m.high = end, end
	m.limit = limit
}

// maxLength is more than any address space here has; a longer range is an error
// wherever the program names one, and sums of addresses below cannot wrap.
const maxLength = 1 << 46

func round(n uintptr) uintptr { return (n + pageSize - 1) &^ (pageSize - 1) }

// contains reports whether [addr, addr+n) is memory and not empty; n counts as
// rounded up to pages.
func (m *Memory) contains(addr, n uintptr) bool {
	return addr%pageSize == 0 && addr >= m.start && addr <= m.end &&
		n > 0 && n <= maxLength && round(n) <= m.end-addr
}

// reserved reports whether no address of [addr, end) is free.
func (m *Memory) reserved(addr, end uintptr) bool {
	return m.taken.next(addr, end, false) == end
}

// Reserve takes n bytes of addresses for Go's runtime, or returns 0. Where they
// lie follows from their size, which tells what it wants them for:
//
//   - below half a megabyte, from the bottom: metadata, all of it in use;
//   - from 4 MiB on, aligned to that, from the bottom up: heap arenas, so aligned
//     that the runtime has nothing to trim;
//   - between, from the top down: indexes with a page in use here and there,
//     which are kept away from memory that the host backs with 2 MiB pages. That is
//     as long as there are no files, which would be below: what the runtime takes
//     of this size later, from the bottom too, it mostly fills.
func (m *Memory) Reserve(n uintptr) uintptr {
	if n = round(n); n > m.end-m.start {
		return 0
	}
	if n >= sparseSize && n < arenaSize && !m.files {
		return m.top(n)
	}
	if n < arenaSize {
		m.low = m.taken.next(m.low, m.end, false)
		return m.take(m.lowest(m.low, n, pageSize), n)
	}
	at := m.lowest(m.arenas, arenaSize, arenaSize)
	if m.arenas = at; at == 0 {
		m.arenas = m.end
	}
	if n > arenaSize {
		at = m.lowest(m.arenas, n, arenaSize)
	}
	return m.take(at, n)
}

// ReserveTop takes the last n bytes of addresses, or returns 0. Files, and what
// programs map, come and go: below them the heap grows, and never gives an
// address back. Among them, an arena would cut what they leave in two.
func (m *Memory) ReserveTop(n uintptr) uintptr {
	if n = round(n); n > m.end-m.start {
		return 0
	}
	m.files = true
	return m.top(n)
}

// top takes the last n free bytes, or returns 0.
func (m *Memory) top(n uintptr) uintptr {
	m.high = m.taken.last(m.low, m.high, false)
	return m.take(m.highest(n), n)
}

// highest returns the last n free bytes, or 0.
func (m *Memory) highest(n uintptr) uintptr {
	for end := m.high; ; {
		end = m.taken.last(m.low, end, false)
		if end-m.low < n {
			return 0
		}
		obstacle := m.taken.last(end-n, end, true)
		if obstacle == end-n {
			return end - n
		}
		end = obstacle
	}
}

// lowest returns the first n free bytes from the address from on at a multiple of
// align, or 0.
func (m *Memory) lowest(from, n, align uintptr) uintptr {
	for at := from; ; {
		at = (m.taken.next(at, m.end, false) + align - 1) &^ (align - 1)
		if at > m.end || m.end-at < n {
			return 0
		}
		obstacle := m.taken.next(at, at+n, true)
		if obstacle == at+n {
			return at
		}
		at = obstacle
	}
}

// take marks n bytes at addr as taken, unless addr is 0, and returns addr.
func (m *Memory) take(addr, n uintptr) uintptr {
	if addr != 0 {
		m.taken.fill(addr, addr+n, true)
	}
	return addr
}

const (
	sparseSize = 512 << 10
	arenaSize  = 4 << 20
)

// Use makes [addr, addr+n) usable and zero, whatever it was before, or returns
// false if that would exceed the limit or if an address of it is not reserved.
func (m *Memory) Use(addr, n uintptr) bool {
	if !m.contains(addr, n) {
		return false
	}
	end := addr + round(n)
	if !m.reserved(addr, end) {
		return false
	}
	fresh := uint64(0)
	for p := addr; p < end; p += pageSize {
		if !m.inUse.get(p) || m.released.get(p) {
			fresh += pageSize
		}
	}
	if fresh > m.limit-m.InUse {
		return false
	}
	m.InUse += fresh
	m.Peak = max(m.Peak, m.InUse)
	for p := addr; p < end; p += pageSize {
		switch {
		case m.dirty.get(p):
			clearPage(p)
		case n <= touchSize:
			// A first access that reads would fault twice: once for the
			// host's zero page, and again to replace it.
			Store64(p, 0)
		}
		m.inUse.set(p)
		m.dirty.set(p)
		m.released.unset(p)
	}
	return true
}

// Ensure makes the pages of [addr, addr+n) usable that are not yet, and leaves
// the others alone. It returns false if that would exceed the limit; some may be
// usable then.
func (m *Memory) Ensure(addr, n uintptr) bool {
	if !m.contains(addr, n) {
		return false
	}
	end := addr + round(n)
	for p := addr; p < end; p += pageSize {
		if m.inUse.get(p) {
			continue
		}
		first := p
		for p < end && !m.inUse.get(p) {
			p += pageSize
		}
		if !m.Use(first, p-first) {
			return false
		}
	}
	return true
}

// touchSize is the largest range all of whose pages are touched by Use, since
// they are used soon.
const touchSize = 16 << 10

// Unuse gives the pages of [addr, addr+n) that are in use back to the limit;
// the addresses stay reserved.
func (m *Memory) Unuse(addr, n uintptr) bool {
	if !m.contains(addr, n) {
		return false
	}
	for p := addr; p < addr+round(n); p += pageSize {
		if m.inUse.get(p) {
			if !m.released.get(p) {
				m.InUse -= pageSize
				m.Released += pageSize
			}
			m.inUse.unset(p)
			m.released.unset(p)
		}
	}
	return true
}

// Free gives [addr, addr+n) back: its addresses and the pages in use. What was
// free before stays so. It returns false if the range is not memory.
func (m *Memory) Free(addr, n uintptr) bool {
	if !m.Unuse(addr, n) {
		return false
	}
	m.taken.fill(addr, addr+round(n), false)
	m.low = min(m.low, addr)
	m.arenas = min(m.arenas, max(addr&^(arenaSize-1), m.start))
	m.high = max(m.high, addr+round(n))
	return true
}

// Clear makes the pages of [addr, addr+n) that are in use read as zero.
func (m *Memory) Clear(addr, n uintptr) {
	if !m.contains(addr, n) {
		return
	}
	for p := addr; p < addr+round(n); p += pageSize {
		if m.inUse.get(p) && m.dirty.get(p) {
			clearPage(p)
		}
	}
}
