package link_test

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"unibench/libos/abi"
	"unibench/libos/guest/virtio"
	"unibench/libos/guest/virtio/virtiotest"
)

// wire joins the devices of two endpoints. It is the device's work as the
// standard has it: it checks every frame, does what the headers ask for if the
// other side does not take it, and may lose frames.
type wire struct {
	t     *testing.T
	ends  [2]*virtiotest.Device
	lines [2]line // line i ends at end i
	loss  float64
	rnd   *rand.Rand
	stop  chan struct{}
	done  chan struct{}

	frames, segmented, vouched, lost int // what passed; to be read after close
}

// line is one direction: frames on the way, and receive buffers at hand.
type line struct {
	frames []sent
}

type sent struct {
	frame
	pair int
}

func newWire(t *testing.T, a, b *virtiotest.Device, loss float64) *wire {
	w := &wire{
		t: t, ends: [2]*virtiotest.Device{a, b}, loss: loss, rnd: rand.New(rand.NewPCG(7, 8)),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	go w.run()
	return w
}

func (w *wire) close() {
	close(w.stop)
	<-w.done
}

func (w *wire) run() {
	defer close(w.done)
	for {
		for w.pump() {
		}
		if w.ask() {
			continue
		}
		select {
		case <-w.ends[0].Notified:
		case <-w.ends[1].Notified:
		case <-w.stop:
			return
		}
	}
}

// each calls f for each queue pair of an end that has started.
func (w *wire) each(end int, f func(pair int)) {
	d := w.ends[end]
	if !d.Started() {
		return
	}
	for pair := range int(d.Info().Pairs) {
		f(pair)
	}
}

// ask makes the drivers notify, and reports whether there is work already. An end
// that starts later is seen with the first notification of the other.
func (w *wire) ask() (work bool) {
	for end := range w.ends {
		w.each(end, func(pair int) {
			work = !w.ends[end].Transmit(pair).Ask() || work
			idle := w.ends[end].Receive(pair).Ask()
			work = work || !idle && len(w.lines[end].frames) > 0
		})
	}
	return work
}

// pump moves frames, and reports whether there were any.
func (w *wire) pump() (moved bool) {
	for end := range w.ends {
		w.each(end, func(pair int) {
			r := w.ends[end].Transmit(pair)
			for c, ok := r.Fetch(); ok; c, ok = r.Fetch() {
				w.carry(1-end, pair, parseFrame(c.Out))
				r.Use(c.Head, 0)
				moved = true
			}
			r.Tell()
		})
		w.each(end, func(int) { moved = w.arrive(end) || moved })
	}
	return moved
}

// carry checks a frame and puts it on the line to an end.
func (w *wire) carry(end, pair int, f frame) {
	accepted := w.ends[end].Shared().Accepted
	w.frames++
	segments := f.segments(w.t, w.ends[1-end].Shared().Accepted)
	if f.header.GSO != virtio.GSONone {
		w.segmented++
	}
	if w.rnd.Float64() < w.loss {
		w.lost++
		return
	}
	switch {
	case f.header.GSO != virtio.GSONone && accepted&abi.NetFeatureGuestTSO4 != 0,
		f.header.GSO == virtio.GSONone && accepted&abi.NetFeatureGuestCSum != 0 && f.header.Flags != 0 && w.rnd.IntN(2) == 0:
		w.lines[end].frames = append(w.lines[end].frames, sent{f, pair})
		return
	}
	for _, s := range segments {
		if accepted&abi.NetFeatureGuestCSum != 0 && w.rnd.IntN(2) == 0 {
			w.vouched++
			s.header.Flags = virtio.HeaderDataValid
		}
		w.lines[end].frames = append(w.lines[end].frames, sent{s, pair})
	}
}

// arrive puts frames from the line into receive buffers, as long as there are any.
func (w *wire) arrive(end int) (moved bool) {
	l, d := &w.lines[end], w.ends[end]
	mergeable := d.Shared().Accepted&abi.NetFeatureMrgRxBuf != 0
	for len(l.frames) > 0 {
		f := l.frames[0]
		r := d.Receive(f.pair % int(d.Info().Pairs))
		if !put(r, f.frame, mergeable) {
			break
		}
		r.Tell()
		l.frames, moved = l.frames[1:], true
	}
	return moved
}

// put writes a frame into the buffers of a receive queue, if there are enough.
func put(r *virtiotest.Ring, f frame, mergeable bool) bool {
	b := make([]byte, virtio.HeaderSize+len(f.data))
	copy(b[virtio.HeaderSize:], f.data)
	f.header.Buffers = 1
	f.header.Put(b)
	type part struct {
		head    uint16
		in      []byte
		written int
	}
	var parts []part
	for left := b; len(left) > 0; {
		c, ok := r.Fetch()
		if !ok || !mergeable && len(parts) == 1 {
			r.Unfetch(len(parts))
			if ok {
				r.Unfetch(1)
			}
			return false
		}
		n := copy(c.In[0], left)
		parts = append(parts, part{c.Head, c.In[0], n})
		left = left[n:]
	}
	binary.LittleEndian.PutUint16(parts[0].in[10:], uint16(len(parts)))
	for _, p := range parts {
		r.Use(p.head, p.written)
	}
	return true
}
