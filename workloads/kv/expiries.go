package main

// expiries is a binary heap of the entries that expire, the earliest first. Each
// entry knows its place in it, so it can be moved and removed.
type expiries []*entry

func (h *expiries) push(e *entry) {
	e.place = len(*h)
	*h = append(*h, e)
	h.up(e.place)
}

// remove takes out the entry at place i.
func (h *expiries) remove(i int) {
	last := len(*h) - 1
	h.swap(i, last)
	(*h)[last] = nil
	*h = (*h)[:last]
	if i < last {
		h.fix(i)
	}
}

// fix puts the entry at place i, whose time has changed, where it belongs.
func (h expiries) fix(i int) {
	if !h.down(i) {
		h.up(i)
	}
}

func (h expiries) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if h[parent].expires <= h[i].expires {
			return
		}
		h.swap(i, parent)
		i = parent
	}
}

// down reports whether the entry moved.
func (h expiries) down(i int) bool {
	start := i
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if child+1 < len(h) && h[child+1].expires < h[child].expires {
			child++
		}
		if h[i].expires <= h[child].expires {
			break
		}
		h.swap(i, child)
		i = child
	}
	return i > start
}

func (h expiries) swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}
