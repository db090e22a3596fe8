package virtio

import (
	"syscall"

	"unibench/libos/abi"
)

// maxVectors is how many elements one call takes (UIO_MAXIOV of Linux).
const maxVectors = 1024

// receiver gives frames to a receive queue. It holds some buffers, enough for
// the longest frame, in vectors that are ready for the backend: how long a frame
// is shows only once it has been read.
type receiver struct {
	q           queue
	v           []syscall.Iovec // of held, in order
	held        []buffer
	room        uint64 // bytes in held
	descriptors int    // in held
	want        uint64 // length of the longest frame with its header
	starved     bool   // there is no buffer: do not wait for frames

	// A frame that is longer than the room ends in spill. It waits there until
	// the guest has made more buffers available.
	spill   []byte
	waiting int    // its length, 0: there is none
	kept    uint64 // how much of it is in the buffers
}

// buffer is a chain of a receive queue.
type buffer struct {
	chain
	pieces int // in receiver.v
}

// fill takes buffers until there is room for want bytes.
func (r *receiver) fill(want uint64) error {
	if r.room >= want {
		return nil
	}
	waiting, err := r.q.waiting()
	if err != nil {
		return err
	}
	for ; waiting > 0 && r.room < want && len(r.v)+int(r.q.size) < maxVectors; waiting-- {
		before := len(r.v)
		v, c, err := r.q.take(r.v, true)
		if err != nil {
			return err
		}
		if c.length < HeaderSize {
			return r.q.broken("receive buffer without room for a header", c.length)
		}
		r.v = v
		r.held = append(r.held, buffer{c, len(v) - before})
		r.room += c.length
		r.descriptors += c.descriptors
	}
	return nil
}

// run reads up to limit frames and returns how many it gave to the guest.
func (r *receiver) run(p *Pair, limit int) (int, error) {
	var bytes, reads uint64
	done := 0
	defer func() {
		r.q.publish()
		p.count.Reads.Add(reads)
		if done > 0 {
			p.count.RxFrames.Add(uint64(done))
			p.count.RxBytes.Add(bytes)
			p.count.RxBatches.Add(1)
		}
	}()
	for range limit {
		if r.waiting > 0 {
			n := r.waiting
			if ok, err := r.unspill(p); !ok || err != nil {
				return done, err
			}
			bytes += uint64(n) - HeaderSize
			done++
			continue
		}
		if err := r.fill(r.want); err != nil {
			return done, err
		}
		if r.starved = len(r.held) == 0; r.starved {
			p.count.Starved.Add(1)
			return done, nil
		}
		v, room := r.v, r.room
		if p.features&abi.NetFeatureMrgRxBuf == 0 {
			k := r.held[0].pieces
			v, room = v[:k:k], r.held[0].length
		}
		if room < r.want {
			v = append(v, Vector(r.spill)) // there is room for one more
		}
		n, errno := p.backend.Read(v)
		reads++
		if errno != 0 {
			if errno != syscall.EAGAIN && errno != syscall.EINTR {
				p.dead = true
			}
			return done, nil
		}
		switch {
		case n < HeaderSize+minFrame, !checkReceive(r.byteAt(headerFlags), r.byteAt(headerGSO), p.features):
			p.count.RxDropped.Add(1)
		case uint64(n) <= room:
			r.finish(n, p.features)
			bytes += uint64(n) - HeaderSize
			done++
			if done%publishEvery == 0 {
				r.q.publish()
			}
		case p.features&abi.NetFeatureMrgRxBuf == 0:
			p.count.RxDropped.Add(1)
		default:
			r.waiting, r.kept = n, room
		}
	}
	return done, nil
}

// unspill completes the frame that waits, if there is room for it by now.
func (r *receiver) unspill(p *Pair) (bool, error) {
	n := uint64(r.waiting)
	if err := r.fill(n); err != nil {
		return false, err
	}
	if r.room < n {
		r.starved = true
		if len(r.v)+int(r.q.size) >= maxVectors || r.descriptors >= int(r.q.size) {
			// All that the queue can hold is too little, or buffers of a few
			// bytes are too many.
			r.waiting = 0
			p.count.RxDropped.Add(1)
		}
		p.count.Starved.Add(1)
		return false, nil
	}
	r.store(r.kept, r.spill[:n-r.kept])
	p.count.Copied.Add(n - r.kept)
	r.waiting = 0
	r.finish(int(n), p.features)
	return true, nil
}

// finish gives the first n bytes of the room, a frame, to the guest.
func (r *receiver) finish(n int, features uint64) {
	used, pieces, left := 0, 0, uint64(n)
	for left > 0 {
		b := &r.held[used]
		part := min(left, b.length)
		r.q.put(b.head, uint32(part))
		left -= part
		r.room -= b.length
		r.descriptors -= b.descriptors
		pieces += b.pieces
		used++
	}
	// 5.1.6.4.1: also a frame in one buffer, also without mergeable ones.
	r.store(headerBuffers, []byte{byte(used), byte(used >> 8)})
	r.v = r.v[:copy(r.v, r.v[pieces:])]
	r.held = r.held[:copy(r.held, r.held[used:])]
}

// store writes b to the room from offset on.
func (r *receiver) store(offset uint64, b []byte) {
	for _, v := range r.v {
		if len(b) == 0 {
			return
		}
		if offset >= v.Len {
			offset -= v.Len
			continue
		}
		b = b[copy(Bytes(v)[offset:], b):]
		offset = 0
	}
}

// byteAt returns byte i of the header that was read.
func (r *receiver) byteAt(i uint64) byte {
	for _, v := range r.v {
		if i < v.Len {
			return Bytes(v)[i]
		}
		i -= v.Len
	}
	return 0
}
