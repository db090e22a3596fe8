package kern

// bitmap is a bit per page, in memory at base; page 0 is the one at first.
type bitmap struct{ base, first uintptr }

// wordSize is the memory whose bits are in one word of a bitmap.
const wordSize = 64 * pageSize

func (b bitmap) word(p uintptr) (*uint64, uint64) {
	i := (p - b.first) / pageSize
	return (*uint64)(pointer(b.base + i/64*8)), 1 << (i % 64)
}

func (b bitmap) get(p uintptr) bool {
	w, bit := b.word(p)
	return *w&bit != 0
}

func (b bitmap) set(p uintptr) {
	w, bit := b.word(p)
	*w |= bit
}

func (b bitmap) unset(p uintptr) {
	w, bit := b.word(p)
	*w &^= bit
}

// next returns the first page of [p, end) whose bit is as told, or end.
func (b bitmap) next(p, end uintptr, set bool) uintptr {
	for p < end {
		w, bit := b.word(p)
		switch {
		case *w == none64(set):
			p += wordSize - (p-b.first)%wordSize
		case *w&bit != 0 == set:
			return p
		default:
			p += pageSize
		}
	}
	return end
}

// last returns the end of the last page of [start, p) whose bit is as told, or
// start.
func (b bitmap) last(start, p uintptr, set bool) uintptr {
	for p > start {
		w, bit := b.word(p - pageSize)
		switch {
		case *w == none64(set):
			n := (p-pageSize-b.first)%wordSize + pageSize // the page, and those before it in the word
			if p-start <= n {
				return start
			}
			p -= n
		case *w&bit != 0 == set:
			return p
		default:
			p -= pageSize
		}
	}
	return start
}

// fill sets, or unsets, the bits of [p, end).
func (b bitmap) fill(p, end uintptr, set bool) {
	for p < end {
		w, bit := b.word(p)
		switch {
		case bit == 1 && end-p >= wordSize:
			*w = none64(!set)
			p += wordSize
		case set:
			*w |= bit
			p += pageSize
		default:
			*w &^= bit
			p += pageSize
		}
	}
}

// none64 is the bits of a word without one that is as told.
func none64(set bool) uint64 {
	if set {
		return 0
	}
	return ^uint64(0)
}
