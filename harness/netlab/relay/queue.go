package relay

// delayed is a heap of frames by the time at which they leave; those of one time
// leave in the order in which they came.
type delayed struct {
	heap []underway
	next uint64
}

// underway is a frame in the heap.
type underway struct {
	at     int64
	number uint64 // in order of arrival
	frame  *frame
}

func (u underway) before(v underway) bool {
	return u.at < v.at || u.at == v.at && u.number < v.number
}

// first returns when the next frame leaves.
func (d *delayed) first() (at int64, ok bool) {
	if len(d.heap) == 0 {
		return 0, false
	}
	return d.heap[0].at, true
}

func (d *delayed) push(at int64, f *frame) {
	d.heap = append(d.heap, underway{at, d.next, f})
	d.next++
	h := d.heap
	for i := len(h) - 1; i > 0; {
		parent := (i - 1) / 2
		if !h[i].before(h[parent]) {
			return
		}
		h[i], h[parent] = h[parent], h[i]
		i = parent
	}
}

// pop takes out the first frame; there must be one.
func (d *delayed) pop() *frame {
	h := d.heap
	f, last := h[0].frame, len(h)-1
	h[0], h[last] = h[last], underway{}
	h = h[:last]
	d.heap = h
	for i := 0; ; {
		child := 2*i + 1
		if child+1 < len(h) && h[child+1].before(h[child]) {
			child++
		}
		if child >= len(h) || !h[child].before(h[i]) {
			return f
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}

// departs is a queue of times in rising order.
type departs struct {
	times []int64
	head  int
}

func (d *departs) len() int { return len(d.times) - d.head }

func (d *departs) push(at int64) {
	if d.head > len(d.times)/2 {
		d.times = d.times[:copy(d.times, d.times[d.head:])]
		d.head = 0
	}
	d.times = append(d.times, at)
}

// drop forgets times that are past.
func (d *departs) drop(now int64) {
	for d.head < len(d.times) && d.times[d.head] <= now {
		d.head++
	}
}
