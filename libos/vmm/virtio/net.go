package virtio

import (
	"errors"
	"sync/atomic"
	"syscall"

	"unibench/libos/abi"
)

// MaxQueueSize is the largest size of a queue.
const MaxQueueSize = 512

// Limits of one Pump: frames in a row of one direction, and rows of both.
const (
	frameBatch   = 64
	maxRounds    = 4
	publishEvery = 16 // frames that the guest may take while more come
)

// always are the features that the device has whatever its backend can do.
const always = abi.NetFeatureMTU | abi.NetFeatureMAC | abi.NetFeatureMrgRxBuf | abi.FeatureEventIdx | abi.FeatureVersion1

// offloads are those that depend on the backend.
const offloads = abi.NetFeatureCSum | abi.NetFeatureGuestCSum |
	abi.NetFeatureGuestTSO4 | abi.NetFeatureGuestTSO6 | abi.NetFeatureHostTSO4 | abi.NetFeatureHostTSO6 |
	abi.NetFeatureGuestUSO4 | abi.NetFeatureGuestUSO6 | abi.NetFeatureHostUSO

// Features that need one of the checksum features (5.1.3.1).
const (
	guestSegments = abi.NetFeatureGuestTSO4 | abi.NetFeatureGuestTSO6 | abi.NetFeatureGuestUSO4 | abi.NetFeatureGuestUSO6
	hostSegments  = abi.NetFeatureHostTSO4 | abi.NetFeatureHostTSO6 | abi.NetFeatureHostUSO
)

// Config says where a device lies and what is behind it.
type Config struct {
	Memory   Memory
	Shared   *abi.NetShared // in guest memory
	Rings    []byte         // the queues, 8-aligned guest memory
	Size     int            // descriptors of a queue, a power of two up to MaxQueueSize
	Stride   int            // bytes from a queue to the next, a multiple of 8
	MTU      int
	Backends []Backend // one for each queue pair
}

// Net is the device: its queue pairs and what they share.
type Net struct {
	shared  *abi.NetShared
	offered uint64
	pairs   []*Pair
}

// Pair is a receive and a transmit queue with their backend. It has one user at
// a time, but for the methods that say otherwise.
type Pair struct {
	backend  Backend
	features uint64 // in use
	mtu      int
	rx       receiver
	tx       transmitter
	dead     bool        // the backend failed for good
	starved  atomic.Bool // rx.starved at the end of Pump
	count    Counters
}

var errConfig = errors.New("virtio: queues do not fit their memory")

// New returns a device. The driver has not started it yet.
func New(c Config) (*Net, error) {
	need := uint64(c.Stride) * uint64(2*len(c.Backends))
	if c.Size < 2 || c.Size > MaxQueueSize || c.Size&(c.Size-1) != 0 || len(c.Backends) == 0 ||
		c.Stride%8 != 0 || uint64(c.Stride) < QueueStride(c.Size) || uint64(len(c.Rings)) < need || !aligned(c.Rings, 8) {
		return nil, errConfig
	}
	d := &Net{shared: c.Shared, offered: always | c.Backends[0].Features()&offloads}
	for i, b := range c.Backends {
		p := &Pair{backend: b, mtu: c.MTU}
		p.rx.q.init(2*i, uint16(c.Size), c.Rings[2*i*c.Stride:][:c.Stride], c.Memory)
		p.tx.q.init(2*i+1, uint16(c.Size), c.Rings[(2*i+1)*c.Stride:][:c.Stride], c.Memory)
		p.tx.header = new([HeaderSize]byte)
		p.tx.v = make([]syscall.Iovec, 1, c.Size+1)
		d.pairs = append(d.pairs, p)
	}
	return d, nil
}

// QueueStride returns the least distance from a queue to the next: the device
// writes whole words.
func QueueStride(size int) uint64 { return (abi.QueueBytes(uint64(size)) + 2 + 7) &^ 7 }

// Features returns what is offered to the driver.
func (d *Net) Features() uint64 { return d.offered }

// Pairs returns the queue pairs.
func (d *Net) Pairs() []*Pair { return d.pairs }

// SetPolling tells the driver whether a thread looks at the queues all the time.
// Any thread may call it.
func (d *Net) SetPolling(on bool) {
	v := uint32(0)
	if on {
		v = 1
	}
	atomic.StoreUint32(&d.shared.Polling, v)
}

// Ready reports whether the driver has said that it is. Any thread may call it.
func (d *Net) Ready() bool { return atomic.LoadUint32(&d.shared.Ready) != 0 }

// Start takes up the features that the driver has accepted, once it has said
// that it is ready, and returns true then. Until then no pair may be used.
func (d *Net) Start() (bool, error) {
	if !d.Ready() {
		return false, nil
	}
	f := atomic.LoadUint64(&d.shared.Accepted)
	if f&^d.offered != 0 || f&abi.FeatureVersion1 == 0 ||
		f&guestSegments != 0 && f&abi.NetFeatureGuestCSum == 0 || f&hostSegments != 0 && f&abi.NetFeatureCSum == 0 {
		return false, &RingError{0, "features accepted that were not offered, or not enough", f}
	}
	for _, p := range d.pairs {
		if f&offloads != d.offered&offloads {
			if err := p.backend.Accept(f & offloads); err != nil {
				return false, err
			}
		}
		p.start(f)
	}
	return true, nil
}

func (p *Pair) start(features uint64) {
	p.features = features
	p.rx.want = HeaderSize + linkRoom + uint64(p.mtu)
	if features&guestSegments != 0 {
		p.rx.want = HeaderSize + maxFrame
	}
	p.rx.spill = make([]byte, p.rx.want)
	p.rx.v = make([]syscall.Iovec, 0, maxVectors)
	for _, q := range []*queue{&p.rx.q, &p.tx.q} {
		q.eventIdx = features&abi.FeatureEventIdx != 0
		q.ask(false)
	}
}

// Pump moves frames in both directions, as many as there are but for a limit,
// after which it returns in any case. It returns how many it moved. Errors are
// of the guest's making.
func (p *Pair) Pump() (moved int, err error) {
	for range maxRounds {
		tx, err := p.tx.run(p, frameBatch)
		if err != nil {
			return moved, err
		}
		rx := 0
		if !p.dead {
			if rx, err = p.rx.run(p, frameBatch); err != nil {
				return moved, err
			}
		}
		moved += tx + rx
		if tx < frameBatch && rx < frameBatch {
			break
		}
	}
	for _, q := range []*queue{&p.rx.q, &p.tx.q} {
		// Far on the way to the index given last, or no longer in need.
		last := uint32(q.last)
		if last>>14 != q.taken.Swap(last)>>14 || q.asked && (q != &p.rx.q || !p.rx.starved) {
			q.ask(false)
		}
	}
	p.starved.Store(p.rx.starved)
	return moved, nil
}

// Pending reports whether the driver wants to be told of buffers that were used
// since Told was called last.
func (p *Pair) Pending() bool { return p.rx.q.pending() || p.tx.q.pending() }

// Told says that the driver has been told.
func (p *Pair) Told() { p.rx.q.told, p.tx.q.told = p.rx.q.total, p.tx.q.total }

// HasWork reports whether the driver has frames to send that no Pump has taken,
// or new receive buffers after those at hand were too few. Any thread may call
// it.
func (p *Pair) HasWork() bool {
	return p.tx.q.hasWork() || p.starved.Load() && p.rx.q.hasWork()
}

// Waits returns what to wait for on FD: frames (not while there is no buffer for
// them), room to send, or both. Buffers are asked for here, if they are what is
// missing: the driver notifies the device of the next.
func (p *Pair) Waits() (read, write bool, err error) {
	if p.dead {
		return false, false, nil
	}
	if p.rx.starved {
		p.rx.q.ask(true)
		n, err := p.rx.q.waiting()
		if err != nil {
			return false, false, err
		}
		if n > 0 {
			p.rx.q.ask(false)
			p.rx.starved = false // Pump decides anew
		}
	}
	return !p.rx.starved, p.tx.blocked, nil
}

// AskForFrames makes the driver notify the device of the next frame that it sends,
// until the next Pump. It returns false if there is one already.
func (p *Pair) AskForFrames() (bool, error) {
	p.tx.q.ask(true)
	n, err := p.tx.q.waiting()
	return n == 0, err
}

// Starved reports whether the last Pump left frames waiting for receive buffers.
// Any thread may call it.
func (p *Pair) Starved() bool { return p.starved.Load() }

// FD returns the descriptor to wait for, -1 if there is none any more.
func (p *Pair) FD() int {
	if p.dead {
		return -1
	}
	return p.backend.FD()
}

// Fail says that the backend's descriptor has an error: it is not waited for or
// read from again.
func (p *Pair) Fail() { p.dead = true }

// Counters may be read by any thread.
func (p *Pair) Counters() *Counters { return &p.count }
