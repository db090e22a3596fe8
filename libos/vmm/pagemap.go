package vmm

import (
	"encoding/binary"
	"syscall"

	"unibench/libos/abi"
)

// PageMap tells which pages of this process exist, by /proc/self/pagemap
// (Documentation/admin-guide/mm/pagemap.rst of Linux). Reading a page that was
// never touched would be right, too, but would cost a page table entry each, and
// mincore(2) says of a page that is swapped out that it is not there.
type PageMap struct{ fd int }

// OpenPageMap opens the map; without one, where /proc is not mounted, every page
// counts as existing.
func OpenPageMap() *PageMap {
	fd, err := syscall.Open("/proc/self/pagemap", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	return &PageMap{fd}
}

// Close closes the map.
func (p *PageMap) Close() {
	if p != nil {
		syscall.Close(p.fd)
	}
}

// pageExists are the bits of an entry: present, or swapped out.
const pageExists = 3 << 62

// touched sets touched[i] if the page of number first+i exists.
func (p *PageMap) touched(first uint64, touched []bool) error {
	entries := make([]byte, 8*len(touched))
	if p != nil {
		if err := readFull(p.fd, entries, int64(first*8)); err != nil {
			return &Error{"read the page map", err}
		}
	}
	for i := range touched {
		touched[i] = p == nil || binary.LittleEndian.Uint64(entries[8*i:])&pageExists != 0
	}
	return nil
}

// guestPages implements core.PageMap for guest memory.
type guestPages struct {
	mem   *memory
	pages *PageMap
}

func (g *guestPages) Touched(addr uint64, touched []bool) error {
	return g.pages.touched(uint64(g.mem.host(addr))/abi.PageSize, touched)
}
