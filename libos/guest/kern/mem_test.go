package kern

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// memModel is the slow and obvious twin of Memory: a byte per page.
type memModel struct {
	start, end, limit uint64
	page              []modelPage
	files             bool // there have been some: see Memory.Reserve
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

// place returns where n bytes are to be reserved: see Memory.Reserve, and for
// top ReserveTop. 0 is nowhere.
func (m *memModel) place(n uintptr, top bool) uintptr {
	free := func(at uintptr) bool {
		return !slices.ContainsFunc(m.pages(at, n), func(p modelPage) bool { return p.reserved })
	}
	start, end, step := uintptr(m.start), uintptr(m.end), uintptr(pageSize)
	if n = round(n); n > end-start {
		return 0
	}
	m.files = m.files || top
	if top || n >= sparseSize && n < arenaSize && !m.files {
		for at := end - n; at >= start; at -= step {
			if free(at) {
				return at
			}
		}
		return 0
	}
	if n >= arenaSize {
		step = arenaSize
	}
	for at := (start + step - 1) &^ (step - 1); at+n <= end; at += step {
		if free(at) {
			return at
		}
	}
	return 0
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
				if rnd.IntN(3) == 0 && pages >= 4096 {
					n = arenaSize
				}
			}
			top, reserve := step > 200 && rnd.IntN(2) == 0, mem.Reserve
			if top {
				reserve = mem.ReserveTop
			}
			addr := reserve(n)
			if want := m.place(n, top); addr != want {
				t.Fatalf("step %d: Reserve(%d) = %#x, want %#x (top %t)", step, n, addr, want, top)
			}
			if addr == 0 {
				break
			}
			for i := range m.pages(addr, n) {
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
	}
	// Everything given back at once is free again, however it was cut up.
	mem.Free(mem.start, mem.end-mem.start)
	clear(m.page)
	n := (mem.end - mem.start) / 2
	if want, got := m.place(n, false), mem.Reserve(n); mem.InUse != 0 || got != want {
		t.Fatalf("all freed: InUse %d, Reserve(%d) = %#x, want %#x", mem.InUse, n, got, want)
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
	if got := mem.ReserveTop(1); got != end-2*sparseSize-2*pageSize {
		t.Errorf("ReserveTop(1) = %#x, want %#x", got, end-2*sparseSize-2*pageSize)
	}
	if got := mem.Reserve(sparseSize); got != mem.start+pageSize {
		t.Errorf("Reserve(sparse) beside a file = %#x, want the bottom, %#x", got, mem.start+pageSize)
	}
	arena := mem.Reserve(arenaSize)
	if want := (mem.start + pageSize + sparseSize + arenaSize - 1) &^ (arenaSize - 1); arena != want {
		t.Errorf("Reserve(arena) = %#x, want %#x", arena, want)
	}
	for _, n := range []uintptr{64 << 20, maxLength} {
		if got := mem.Reserve(n); got != 0 {
			t.Errorf("Reserve(%#x) = %#x, want none", n, got)
		}
		if got := mem.ReserveTop(n); got != 0 {
			t.Errorf("ReserveTop(%#x) = %#x, want none", n, got)
		}
	}
}

// TestHeapGrowsBesideFiles: arenas, metadata and indexes that are taken while files
// have half of the addresses are not in the way of a large piece once the files are
// gone.
func TestHeapGrowsBesideFiles(t *testing.T) {
	m := newMachine(t, 1)
	_, end := m.addRAM(t, 16384, 64<<20)
	mem := &m.k.Mem
	for round := range 3 {
		var file []uintptr
		for i := range uintptr(32<<20) / (64 << 10) {
			at := mem.ReserveTop(64 << 10)
			if want := end - (i+1)*(64<<10); at != want {
				t.Fatalf("round %d: piece %d of the file at %#x, want %#x", round, i, at, want)
			}
			file = append(file, at)
			if i == 300 && mem.Reserve(arenaSize) == 0 || i%100 == 0 && mem.Reserve(pageSize) == 0 ||
				i == 256 && mem.Reserve(sparseSize) == 0 {
				t.Fatalf("round %d: no room for the heap beside %d pieces", round, i)
			}
		}
		for _, at := range file {
			mem.Free(at, 64<<10)
		}
	}
	if mem.Reserve(40<<20) == 0 {
		t.Error("no 40 MiB in one piece of 64, of which the heap has 12")
	}
}

// TestMemoryInPieces: addresses that come back one by one, in any order, are all
// there again, also in one piece.
func TestMemoryInPieces(t *testing.T) {
	m := newMachine(t, 1)
	const pages = 5000
	m.addRAM(t, pages, pages*pageSize)
	mem := &m.k.Mem
	var at []uintptr
	for p := mem.Reserve(pageSize); p != 0; p = mem.Reserve(pageSize) {
		if !mem.Use(p, pageSize) {
			t.Fatalf("Use(%#x) = false", p)
		}
		at = append(at, p)
	}
	all := uintptr(len(at)) * pageSize
	if all != mem.end-mem.start {
		t.Fatalf("%d pages reserved one by one, want %d", len(at), (mem.end-mem.start)/pageSize)
	}
	for i := 0; i < len(at); i += 2 {
		mem.Free(at[i], pageSize)
	}
	for i := 0; i < len(at); i += 2 {
		if p := mem.Reserve(pageSize); p != at[i] {
			t.Fatalf("Reserve() = %#x, want %#x", p, at[i])
		}
	}
	if p := mem.Reserve(pageSize); p != 0 {
		t.Fatalf("Reserve() = %#x with nothing free", p)
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	rnd.Shuffle(len(at), func(i, j int) { at[i], at[j] = at[j], at[i] })
	for _, p := range at {
		mem.Free(p, pageSize)
	}
	const large = 12 << 20 // wherever arenas begin
	if first := mem.Reserve(large); first == 0 || mem.InUse != 0 {
		t.Errorf("Reserve(%d) = %#x, InUse %d after all of %d bytes came back", large, first, mem.InUse, all)
	}
}

// TestBitmap compares with the obvious.
func TestBitmap(t *testing.T) {
	const n = 300
	words := make([]uint64, n/64+1)
	b := bitmap{base: addressOfWords(words), first: 7 * pageSize}
	var bits [n]bool
	at := func(i int) uintptr { return uintptr(i+7) * pageSize }
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		i := rnd.IntN(n + 1)
		j := i + rnd.IntN(n+1-i)
		switch set := rnd.IntN(2) == 0; rnd.IntN(3) {
		case 0:
			b.fill(at(i), at(j), set)
			for k := i; k < j; k++ {
				bits[k] = set
			}
		case 1:
			want := i
			for want < j && bits[want] != set {
				want++
			}
			if got := b.next(at(i), at(j), set); got != at(want) {
				t.Fatalf("next(%d, %d, %v) = %d, want %d", i, j, set, int(got/pageSize)-7, want)
			}
		case 2:
			want := j
			for want > i && bits[want-1] != set {
				want--
			}
			if got := b.last(at(i), at(j), set); got != at(want) {
				t.Fatalf("last(%d, %d, %v) = %d, want %d", i, j, set, int(got/pageSize)-7, want)
			}
		}
	}
}
