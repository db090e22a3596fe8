package vmm

import "unibench/libos/abi"

// Page table entry bits (Intel SDM volume 3, table 5-20; AMD64 APM volume 2,
// 5.4). Accessed and dirty are set from the start: nobody reads them, and a
// host that shadows the tables maps the neighbours of a faulting page with it
// only if they are marked accessed.
const (
	pteP    = 1 << 0
	pteW    = 1 << 1
	pteU    = 1 << 2
	pteA    = 1 << 5
	pteD    = 1 << 6
	pteHuge = 1 << 7
	pteNX   = 1 << 63
)

// prot is the protection of a mapped range.
type prot uint64

const (
	protSystem prot = pteP | pteA | pteD                // ring 0 only, read and execute
	protRX     prot = pteP | pteU | pteA | pteD         // user, read and execute
	protR      prot = pteP | pteU | pteA | pteD | pteNX // user, read
	protRW     prot = protR | pteW                      // user, read and write
)

// tables builds the identity mapping. Tables are taken one page after the other
// from next; limit is where the room ends.
type tables struct {
	m           *memory
	root        uint64
	next, limit uint64
}

func newTables(m *memory, start, limit uint64) *tables {
	t := &tables{m: m, next: start, limit: limit}
	t.root = t.page()
	return t
}

// page takes the next table. Running out means that tablePages is wrong.
func (t *tables) page() uint64 {
	if t.next >= t.limit {
		panic("vmm: page tables need more room than the layout gave them")
	}
	p := t.next
	t.next += abi.PageSize
	return p
}

// tablePages returns how many tables an identity mapping of size bytes needs if
// the first small bytes are mapped by 4 KiB pages.
func tablePages(size, small uint64) uint64 {
	return 1 + ceil(size, 1<<39) + ceil(size, 1<<30) + ceil(small, abi.HugePage)
}

func ceil(n, unit uint64) uint64 { return (n + unit - 1) / unit }

// entry returns the table entry for addr at level (3 = PML4 .. 0 = page table),
// creating the tables above it.
func (t *tables) entry(addr uint64, level int) *uint64 {
	table := t.root
	for l := 3; ; l-- {
		e := &t.m.words(table, 512)[addr>>(12+9*l)&511]
		if l == level {
			return e
		}
		if *e == 0 {
			*e = t.page() | pteP | pteW | pteU | pteA
		}
		table = *e &^ 0xfff
	}
}

// mapSmall maps [start, end) with 4 KiB pages.
func (t *tables) mapSmall(start, end uint64, p prot) {
	for a := start; a < end; {
		t.entry(a, 0)
		table := t.m.words(*t.entry(a, 1)&^0xfff, 512) // one walk per table
		for ; a < end; a += abi.PageSize {
			i := a >> 12 & 511
			table[i] = a | uint64(p)
			if i == 511 {
				a += abi.PageSize
				break
			}
		}
	}
}

// mapHuge maps [start, end), both multiples of 2 MiB, with 2 MiB pages.
func (t *tables) mapHuge(start, end uint64, p prot) {
	for a := start; a < end; a += abi.HugePage {
		*t.entry(a, 1) = a | uint64(p) | pteHuge
	}
}
