package kern

// blockSize is how much memory goes back to the host at a time.
const blockSize = 2 << 20

// Prepare makes [addr, addr+n) released memory: reserved addresses whose pages
// count as in use from Reuse on. It returns false if the range is not reserved.
func (m *Memory) Prepare(addr, n uintptr) bool {
	if !m.contains(addr, n) || !m.reserved(addr, addr+round(n)) {
		return false
	}
	for p := addr; p < addr+round(n); p += pageSize {
		if m.inUse.get(p) && !m.released.get(p) {
			m.InUse -= pageSize
		}
		m.inUse.set(p)
		m.released.set(p)
	}
	return true
}

// Release says that the content of [addr, addr+n), which is in use, is not
// needed until Reuse. Until then it does not count.
func (m *Memory) Release(addr, n uintptr) {
	if !m.contains(addr, n) {
		return
	}
	for p := addr; p < addr+round(n); p += pageSize {
		if m.inUse.get(p) && !m.released.get(p) {
			m.released.set(p)
			m.Released += pageSize
			m.InUse -= pageSize
		}
	}
}

// Reuse takes Release back: the pages of [addr, addr+n) that were released read
// as zero, and count. It returns false if that would exceed the limit.
func (m *Memory) Reuse(addr, n uintptr) bool {
	if !m.contains(addr, n) {
		return false
	}
	fresh := uint64(0)
	for p := addr; p < addr+round(n); p += pageSize {
		if m.released.get(p) {
			fresh += pageSize
		}
	}
	if fresh > m.limit-m.InUse {
		return false
	}
	m.InUse += fresh
	m.Peak = max(m.Peak, m.InUse)
	for p := addr; p < addr+round(n); p += pageSize {
		if !m.released.get(p) {
			continue
		}
		switch {
		case m.dirty.get(p):
			clearPage(p)
		case n <= touchSize:
			Store64(p, 0)
		}
		m.dirty.set(p)
		m.released.unset(p)
	}
	return true
}

// Reclaim returns memory from the address from on that can go back to the host,
// blocks next to each other together; size 0 if there is none. It has to go back
// before anything else happens to m, and reads as zero afterwards.
func (m *Memory) Reclaim(from uintptr) (start, size uintptr) {
	first := (max(from, m.start) + blockSize - 1) &^ (blockSize - 1)
	for b := first; b < m.end && m.end-b >= blockSize; b += blockSize {
		if !m.reclaimable(b) {
			if size != 0 {
				return start, size
			}
			continue
		}
		m.dirty.fill(b, b+blockSize, false)
		if size == 0 {
			start = b
		}
		size += blockSize
	}
	if size == 0 {
		m.Released = 0
	}
	return start, size
}

// reclaimable reports whether the whole block at start is released or unused,
// and some of it would become zero by going back to the host.
func (m *Memory) reclaimable(start uintptr) bool {
	dirty := uint64(0)
	for p := start; p < start+blockSize; p += wordSize {
		inUse, _ := m.inUse.word(p)
		released, _ := m.released.word(p)
		if *inUse&^*released != 0 {
			return false
		}
		d, _ := m.dirty.word(p)
		dirty |= *d
	}
	return dirty != 0
}
