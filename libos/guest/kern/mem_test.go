package kern

import (
	"math/rand/v2"
	"testing"
)

// memModel is the slow and obvious twin of Memory: a byte per page.
type memModel struct {
	start, end, limit uint64
	page              []modelPage
}

type modelPage struct {
	reserved, used, released bool

	owner int    // reservation that the page belongs to
	stamp uint64 // content, while used and not released
}

func (p modelPage) counts() bool { return p.used && !p.released }

func (m *memModel) pages(addr, n uintptr) []modelPage {
	first := (uint64(addr) - m.start) / pageSize
	return m.page[first : first+uint64(round(n))/pageSize]
}

func (m *memModel) inUse() (n uint64) {
	for _, p := range m.page {
		if p.counts() {
			n += pageSize
		}
	}
	return n
}

// longestFree returns the bytes of the longest free range.
func (m *memModel) longestFree() (longest uintptr) {
	run := uintptr(0)
	for _, p := range m.page {
		run += pageSize
		if p.reserved {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// holes counts the free ranges.
func (m *memModel) holes() (n int) {
	for i, p := range m.page {
		if !p.reserved && (i == 0 || m.page[i-1].reserved) {
			n++
		}
	}
	return n
}

// TestMemoryModel drives Memory and model with the same random operations. No
// page is ever handed out twice, the accounting is exact, what is used reads as
// zero and keeps its content then, what the host gets back is not in use, and
// free ranges are merged.
func TestMemoryModel(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		pages := 100 + rnd.IntN(400)
		if seed%4 == 0 {
			pages = 4096 + rnd.IntN(1000) // arenas and sparse ranges fit
		}
		runMemoryModel(t, rnd, pages)
	}
}

func runMemoryModel(t *testing.T, rnd *rand.Rand, pages int) {
	mach := newMachine(t, 1)
	limit := uint64(pages/2) * pageSize
	_, end := mach.addRAM(t, pages, limit)
	mem := &mach.k.Mem
	m := &memModel{start: uint64(mem.start), end: uint64(end), limit: limit}
	m.page = make([]modelPage, (m.end-m.start)/pageSize)
	type rng struct{ addr, n uintptr }
	var ranges []rng // reserved at once, by index
	pick := func() rng {
		r := ranges[rnd.IntN(len(ranges))]
		skip := uintptr(rnd.Uint64N(uint64(round(r.n)/pageSize))) * pageSize
		return rng{r.addr + skip, 1 + uintptr(rnd.Uint64N(uint64(round(r.n)-skip)))}
	}
	peak := uint64(0)
	// stamp fills page i of a range at addr with something of its own.
	stamp := func(addr uintptr, i int, p *modelPage) {
		p.stamp = rnd.Uint64() | 1
		for at := addr + uintptr(i)*pageSize; at < addr+uintptr(i+1)*pageSize; at += 8 {
			Store64(at, p.stamp)
		}
	}
	for step := range 1500 {
		switch op := rnd.IntN(11); {
		case op < 3 || len(ranges) == 0:
			n := 1 + uintptr(rnd.Uint64N(12*pageSize))
			if rnd.IntN(8) == 0 {
				n = 1 + uintptr(rnd.Uint64N(uint64(pages)*pageSize/3))
			}
			addr := mem.Reserve(n)
			if addr == 0 {
				// A range may be kept away by alignment only.
				if free := m.longestFree(); n < sparseSize && free >= round(n) && m.holes() < maxHoles {
					t.Fatalf("step %d: Reserve(%d) = 0 with %d bytes free at one place", step, n, free)
				}
				break
			}
			if addr%pageSize != 0 || n >= arenaSize && addr%arenaSize != 0 {
				t.Fatalf("step %d: Reserve(%d) = %#x is not aligned", step, n, addr)
			}
			if uint64(addr) < m.start || uint64(addr+round(n)) > m.end {
				t.Fatalf("step %d: Reserve(%d) = %#x, outside of memory", step, n, addr)
			}
			for i, p := range m.pages(addr, n) {
				if p.reserved {
					t.Fatalf("step %d: Reserve(%d) = %#x: page %d is part of reservation %d", step, n, addr, i, p.owner)
				}
				m.pages(addr, n)[i] = modelPage{reserved: true, owner: len(ranges)}
			}
			ranges = append(ranges, rng{addr, n})
		case op < 5:
			r := pick()
			fresh, reserved := uint64(0), true
			for _, p := range m.pages(r.addr, r.n) {
				reserved = reserved && p.reserved
				if !p.counts() {
					fresh += pageSize
				}
			}
			want := reserved && m.inUse()+fresh <= limit
			if got := mem.Use(r.addr, r.n); got != want {
				t.Fatalf("step %d: Use() = %t, want %t (reserved %t, %d fresh)", step, got, want, reserved, fresh)
			}
			if !want {
				break
			}
			for i, b := range bytesAt(r.addr, int(round(r.n))) {
				if b != 0 {
					t.Fatalf("step %d: byte %d of used memory is %d, want 0", step, i, b)
				}
			}
			for i := range m.pages(r.addr, r.n) {
				p := &m.pages(r.addr, r.n)[i]
				p.used, p.released = true, false
				stamp(r.addr, i, p)
			}
		case op == 5:
			r := pick()
			if !mem.Unuse(r.addr, r.n) {
				t.Fatalf("step %d: Unuse() = false", step)
			}
			for i := range m.pages(r.addr, r.n) {
				p := &m.pages(r.addr, r.n)[i]
				p.used, p.released = false, false
			}
		case op == 6:
			r := pick() // also what is free already, in part or whole
			if !mem.Free(r.addr, r.n) {
				t.Fatalf("step %d: Free() = false", step)
			}
			for i := range m.pages(r.addr, r.n) {
				m.pages(r.addr, r.n)[i] = modelPage{}
			}
		case op == 7:
			r := pick()
			want := true
			for _, p := range m.pages(r.addr, r.n) {
				want = want && p.reserved
			}
			if got := mem.Prepare(r.addr, r.n); got != want {
				t.Fatalf("step %d: Prepare() = %t, want %t", step, got, want)
			}
			for i := range m.pages(r.addr, r.n) {
				if p := &m.pages(r.addr, r.n)[i]; want {
					p.used, p.released = true, true
				}
			}
		case op == 8:
			r := pick()
			mem.Release(r.addr, r.n)
			for i := range m.pages(r.addr, r.n) {
				p := &m.pages(r.addr, r.n)[i]
				p.released = p.used
			}
		case op == 9:
			r := pick()
			fresh := uint64(0)
			for _, p := range m.pages(r.addr, r.n) {
				if p.released {
					fresh += pageSize
				}
			}
			want := m.inUse()+fresh <= limit
			if got := mem.Reuse(r.addr, r.n); got != want {
				t.Fatalf("step %d: Reuse() = %t, want %t (%d fresh)", step, got, want, fresh)
			}
			for i := range m.pages(r.addr, r.n) {
				p := &m.pages(r.addr, r.n)[i]
				if !want || !p.released {
					continue
				}
				for _, b := range bytesAt(r.addr+uintptr(i)*pageSize, pageSize) {
					if b != 0 {
						t.Fatalf("step %d: page %d is not zero after Reuse()", step, i)
					}
				}
				p.released = false
				stamp(r.addr, i, p)
			}
		case op == 10:
			for from := uintptr(0); ; {
				start, size := mem.Reclaim(from)
				if size == 0 {
					break
				}
				if start%blockSize != 0 || size%blockSize != 0 || start < from {
					t.Fatalf("step %d: Reclaim(%#x) = %#x, %#x: no blocks beyond it", step, from, start, size)
				}
				for i, p := range m.pages(start, size) {
					if p.counts() {
						t.Fatalf("step %d: Reclaim() = %#x, %#x: page %d is in use", step, start, size, i)
					}
				}
				clear(bytesAt(start, int(size))) // the host takes it
				from = start + size
			}
			if mem.Released != 0 {
				t.Fatalf("step %d: %d bytes released after all was reclaimed", step, mem.Released)
			}
		}
		if peak = max(peak, m.inUse()); mem.InUse != m.inUse() || mem.Peak != peak {
			t.Fatalf("step %d: InUse %d, Peak %d; want %d, %d", step, mem.InUse, mem.Peak, m.inUse(), peak)
		}
		for i := range m.page {
			p, addr := m.page[i], uintptr(m.start)+uintptr(i)*pageSize
			if p.counts() && (Load64(addr) != p.stamp || Load64(addr+pageSize-8) != p.stamp) {
				t.Fatalf("step %d: page %d, in use, has lost its content", step, i)
			}
		}
		if mem.nholes != m.holes() {
			t.Fatalf("step %d: %d holes, want %d", step, mem.nholes, m.holes())
		}
		for i, h := range mem.holes[:mem.nholes] {
			if h.start >= h.end || i > 0 && mem.holes[i-1].end >= h.start {
				t.Fatalf("step %d: holes %x are not ascending, apart and not empty", step, mem.holes[:mem.nholes])
			}
			for _, p := range m.pages(h.start, h.end-h.start) {
				if p.reserved {
					t.Fatalf("step %d: hole %x is part of reservation %d", step, h, p.owner)
				}
			}
		}
	}
	// Everything given back at once is one range again, however it was cut up.
	mem.Free(mem.start, mem.end-mem.start)
	if mem.InUse != 0 || mem.nholes != 1 || mem.holes[0] != (hole{mem.start, mem.end}) {
		t.Fatalf("all freed: InUse %d, holes %x", mem.InUse, mem.holes[:mem.nholes])
	}
}

// TestMemoryBitmapsHoldEveryPage uses every page of memories of many sizes: bits
// of the last pages are not those of another map, nor memory of the program.
func TestMemoryBitmapsHoldEveryPage(t *testing.T) {
	for _, pages := range []int{8, 9, 63, 64, 65, 71, 72, 127, 129, 1000} {
		m := newMachine(t, 1)
		start, end := m.addRAM(t, pages, uint64(pages)*pageSize)
		mem := &m.k.Mem
		if mem.dirty.base < mem.inUse.base+uintptr(pages+7)/8 || mem.start < mem.dirty.base+uintptr(pages+7)/8 {
			t.Errorf("%d pages: maps at %#x and %#x of RAM at %#x, pages from %#x", pages, mem.inUse.base, mem.dirty.base, start, mem.start)
		}
		n := end - mem.start
		if mem.Reserve(n) != mem.start || !mem.Use(mem.start, n) || mem.InUse != uint64(n) {
			t.Errorf("%d pages: using all %d bytes: %d in use", pages, n, mem.InUse)
		}
		for i, b := range bytesAt(mem.start, int(n)) {
			if b != 0 {
				t.Fatalf("%d pages: byte %d is %d, want 0", pages, i, b)
			}
		}
	}
}

func TestReservePlaces(t *testing.T) {
	m := newMachine(t, 1)
	_, end := m.addRAM(t, 8192, 1<<20)
	mem := &m.k.Mem
	if got := mem.Reserve(1); got != mem.start {
		t.Errorf("Reserve(1) = %#x, want the bottom, %#x", got, mem.start)
	}
	if got := mem.Reserve(sparseSize); got != end-sparseSize {
		t.Errorf("Reserve(sparse) = %#x, want the top, %#x", got, end-sparseSize)
	}
	if got := mem.Reserve(sparseSize + 1); got != end-2*sparseSize-pageSize {
		t.Errorf("Reserve(sparse+1) = %#x, want %#x", got, end-2*sparseSize-pageSize)
	}
	arena := mem.Reserve(arenaSize)
	if want := (mem.start + pageSize + arenaSize - 1) &^ (arenaSize - 1); arena != want {
		t.Errorf("Reserve(arena) = %#x, want %#x", arena, want)
	}
	for _, n := range []uintptr{64 << 20, maxLength} {
		if got := mem.Reserve(n); got != 0 {
			t.Errorf("Reserve(%#x) = %#x, want none", n, got)
		}
	}
}

// TestMemoryHolesRunOut: when the list of holes is full, addresses are lost, but
// nothing is handed out twice and nothing of the limit is lost.
func TestMemoryHolesRunOut(t *testing.T) {
	m := newMachine(t, 1)
	const pages = 4 * maxHoles
	m.addRAM(t, pages, pages*pageSize)
	mem := &m.k.Mem
	var at []uintptr
	for {
		p := mem.Reserve(pageSize)
		if p == 0 {
			break
		}
		if !mem.Use(p, pageSize) {
			t.Fatalf("Use(%#x) = false", p)
		}
		at = append(at, p)
	}
	for i := 0; i < len(at); i += 2 {
		mem.Free(at[i], pageSize)
	}
	if mem.nholes != maxHoles || mem.InUse != uint64(len(at)/2)*pageSize {
		t.Errorf("%d holes, %d pages in use; want %d, %d", mem.nholes, mem.InUse/pageSize, maxHoles, len(at)/2)
	}
	seen := map[uintptr]bool{}
	for p := mem.Reserve(1); p != 0; p = mem.Reserve(1) {
		if seen[p] || (p-at[0])/pageSize%2 != 0 {
			t.Fatalf("Reserve() = %#x, which is not free", p)
		}
		seen[p] = true
	}
	if len(seen) != maxHoles {
		t.Errorf("%d pages could be reserved again, want %d", len(seen), maxHoles)
	}
}
