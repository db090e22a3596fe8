package virtio

import "syscall"

// transmitter takes frames from a transmit queue.
type transmitter struct {
	q       queue
	header  *[HeaderSize]byte // of the frame in hand; no guest can change it
	v       []syscall.Iovec
	blocked bool // the backend had no room for the last frame
}

// run sends up to limit frames and returns how many chains it took.
func (t *transmitter) run(p *Pair, limit int) (int, error) {
	waiting, err := t.q.waiting()
	if err != nil || waiting == 0 {
		return 0, err
	}
	var frames, bytes, writes uint64
	t.blocked = false
	done := 0
	for done < min(waiting, limit) {
		v, c, err := t.q.take(t.v[:1], false)
		if err != nil {
			return done, err
		}
		v, ok := t.splitHeader(v, c.length)
		frame := c.length - HeaderSize
		if ok = ok && checkTransmit(t.header, frame, p.features, p.mtu); !ok {
			p.count.TxMalformed.Add(1)
		} else {
			v[0] = Vector(t.header[:])
			errno := p.backend.Write(v)
			writes++
			if errno == syscall.EAGAIN {
				t.q.untake()
				t.blocked = true
				break
			}
			switch errno {
			case 0:
				frames++
				bytes += frame
			case syscall.EINVAL:
				p.count.TxMalformed.Add(1)
			default:
				p.count.TxDropped.Add(1)
			}
		}
		t.q.put(c.head, 0)
		done++
	}
	t.q.publish()
	p.count.Writes.Add(writes)
	if frames > 0 {
		p.count.TxFrames.Add(frames)
		p.count.TxBytes.Add(bytes)
	}
	if done > 0 {
		p.count.TxBatches.Add(1)
	}
	return done, nil
}

// splitHeader moves the header, with which the chain begins, from v[1:] to
// t.header. v[0] stays free for it.
func (t *transmitter) splitHeader(v []syscall.Iovec, length uint64) ([]syscall.Iovec, bool) {
	if length < HeaderSize+minFrame {
		return v, false
	}
	k := 1
	for have := 0; have < HeaderSize; {
		n := copy(t.header[have:], Bytes(v[k]))
		have += n
		if uint64(n) == v[k].Len {
			k++
		} else {
			v[k] = skip(v[k], uint64(n))
		}
	}
	return v[k-1:], true
}
