package link

import (
	"runtime"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"unibench/libos/abi"
	"unibench/libos/guest/virtio"
)

const (
	// bufferSize is the length of a receive buffer if frames may be spread over
	// several: gVisor clears buffers before each use, and the device looks at as
	// many as the longest frame takes, so neither 2 KiB nor 64 KiB are better
	// (BenchmarkReceive).
	bufferSize = 4096
	// burst is how many frames are received before others get the processor.
	burst = 64
	// refillAt is how many buffers are missing when new ones are given to the
	// device in mid-burst.
	refillAt = 16
	// vlanSize is what a tag adds to the Ethernet header.
	vlanSize = 4
)

// receiver takes frames from one receive queue. All but the fields of newReceiver
// belong to its goroutine.
type receiver struct {
	e         *Endpoint
	q         *virtio.Queue[*buffer.View]
	tx        *transmitter
	size      int  // of a buffer
	mergeable bool // frames may be spread over several
	shared    bool // there are other receivers

	one   [1][]byte
	watch [1]virtio.Watch

	frames, bytes, dropped uint64 // in this burst
}

func newReceiver(e *Endpoint, queue int, tx *transmitter) (*receiver, error) {
	q, err := virtio.NewQueue[*buffer.View](e.dev, queue)
	if err != nil {
		return nil, err
	}
	r := &receiver{e: e, q: q, tx: tx, size: bufferSize, shared: e.dev.Pairs() > 1}
	if r.mergeable = e.dev.Has(abi.NetFeatureMrgRxBuf); !r.mergeable {
		r.size = virtio.HeaderSize + header.EthernetMinimumSize + vlanSize + e.dev.MTU()
	}
	r.refill()
	return r, nil
}

// run receives until the endpoint is closed or the device breaks the queue.
func (r *receiver) run() {
	for !r.e.closed.Load() {
		n := r.poll(burst)
		r.tx.lazyReclaim()
		switch {
		case r.q.Err() != nil:
			return
		case n == burst:
			runtime.Gosched()
		case r.q.Arm(0):
			r.watch[0] = r.q.Watch()
			r.e.dev.Wait(r.watch[:])
		}
		r.q.Disarm()
	}
}

// poll receives up to limit frames and returns how many there were.
func (r *receiver) poll(limit int) (n int) {
	if r.shared {
		r.e.verifying.RLock()
	}
	for ; n < limit; n++ {
		v, written, ok := r.q.Pop()
		if !ok {
			break
		}
		r.frame(v, written)
		if r.q.Free() >= refillAt {
			r.refill()
		}
	}
	if r.shared {
		r.e.verifying.RUnlock()
	}
	r.refill()
	r.count()
	return n
}

// refill gives the device buffers for those that it has used.
func (r *receiver) refill() {
	if r.q.Free() == 0 {
		return
	}
	for r.q.Free() > 0 {
		v := buffer.NewViewSize(r.size)
		r.one[0] = v.AsSlice()
		if !r.q.Add(nil, r.one[:], v) {
			v.Release()
			break
		}
	}
	r.one[0] = nil
	r.q.Publish(0)
	if r.q.NeedNotify() {
		r.e.dev.Notify(r.q.Number())
	}
}

// frame receives the frame of which v is the first buffer, with written bytes.
func (r *receiver) frame(v *buffer.View, written int) {
	var h virtio.Header
	if written < virtio.HeaderSize {
		v.Release()
		r.dropped++
		return
	}
	v.CapLength(written)
	h.Parse(v.AsSlice())
	v.TrimFront(virtio.HeaderSize)
	data := buffer.MakeWithView(v)
	ok := true
	if r.mergeable {
		ok = r.gather(&data, int(h.Buffers))
	}
	if size := data.Size(); ok && size >= header.EthernetMinimumSize {
		r.frames++
		r.bytes += uint64(size)
		r.deliver(&h, data)
		return
	}
	data.Release()
	r.dropped++
}

// gather appends the other buffers of a frame in count of them, which the device
// makes visible all at once (5.1.6.4).
func (r *receiver) gather(data *buffer.Buffer, count int) bool {
	for range count - 1 {
		v, written, ok := r.q.Pop()
		if !ok {
			return false
		}
		v.CapLength(written)
		// Not Buffer.Append, which copies into the room at the end of the last.
		part := buffer.MakeWithView(v)
		data.Merge(&part)
	}
	return count > 0
}

// count adds a burst to the counters.
func (r *receiver) count() {
	s := r.e.dev.Stats()
	if r.frames > 0 {
		atomic.AddUint64(&s.RxFrames, r.frames)
		atomic.AddUint64(&s.RxBytes, r.bytes)
	}
	if r.dropped > 0 {
		atomic.AddUint64(&s.Dropped, r.dropped)
	}
	r.frames, r.bytes, r.dropped = 0, 0, 0
}
