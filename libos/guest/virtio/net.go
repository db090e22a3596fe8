package virtio

import (
	"errors"
	"sync/atomic"

	"unibench/libos/abi"
)

// Why a device cannot be used.
var (
	ErrNoDevice = errors.New("virtio: the machine has no network device: start it with one")
	ErrLayout   = errors.New("virtio: the monitor describes queues that cannot be: use the monitor that belongs to this image")
	ErrLegacy   = errors.New("virtio: the device offers only the legacy interface: use the monitor that belongs to this image")
)

const (
	featureEvents   = abi.FeatureEventIdx
	featuresAlways  = abi.FeatureVersion1 | abi.FeatureEventIdx | abi.NetFeatureMAC | abi.NetFeatureMTU
	featuresReceive = abi.NetFeatureGuestTSO4 | abi.NetFeatureGuestTSO6 | abi.NetFeatureGuestUSO4 | abi.NetFeatureGuestUSO6
	featuresSend    = abi.NetFeatureHostTSO4 | abi.NetFeatureHostTSO6 | abi.NetFeatureHostUSO
)

const (
	maxPairs     = 1 << 10
	maxQueueSize = 1 << 14 // half of 2.7's: see Queue.Disarm
	minMTU       = 68      // RFC 791
	defaultMTU   = 1500
)

// Net is a network device.
type Net struct {
	platform Platform
	info     abi.NetInfo // as it was at Open
	shared   *abi.NetShared
	stats    *abi.NetStats
	features uint64
}

// Open looks at the device of a platform.
func Open(p Platform) (*Net, error) {
	n := &Net{platform: p, info: *p.Info()}
	i := &n.info
	switch {
	case i.Pairs == 0:
		return nil, ErrNoDevice
	case i.Features&abi.FeatureVersion1 == 0:
		return nil, ErrLegacy
	case i.Pairs > maxPairs, i.QueueSize < 2, i.QueueSize > maxQueueSize, i.QueueSize&(i.QueueSize-1) != 0,
		i.Stride < ringBytes(uint64(i.QueueSize)), i.Stride%16 != 0, i.Rings%16 != 0,
		i.Features&abi.NetFeatureMTU != 0 && i.MTU < minMTU:
		return nil, ErrLayout
	}
	n.shared, n.stats = p.Shared(), p.Stats()
	return n, nil
}

// Accept chooses among the features offered those that the caller, who knows the
// ones in known, and this package can use together (5.1.3.1), and returns them.
func (n *Net) Accept(known uint64) uint64 {
	f := n.info.Features & (known | featuresAlways)
	if f&abi.NetFeatureCSum == 0 {
		f &^= featuresSend
	}
	// Received segments are up to 64 KiB long: buffers of that size for
	// everything would be a waste, so they are taken only in pieces.
	if f&abi.NetFeatureGuestCSum == 0 || f&abi.NetFeatureMrgRxBuf == 0 {
		f &^= featuresReceive
	}
	n.features = f
	return f
}

// Has reports whether a feature was accepted.
func (n *Net) Has(feature uint64) bool { return n.features&feature == feature }

// Start gives the device its sign to go: the queues are made, and those for
// receiving filled.
func (n *Net) Start() {
	n.shared.Accepted = n.features
	atomic.StoreUint32(&n.shared.Ready, 1) // pairs with the device's load: all above is visible
}

// Pairs returns the number of queue pairs.
func (n *Net) Pairs() int { return int(n.info.Pairs) }

// MAC returns the address of the device.
func (n *Net) MAC() [6]byte { return n.info.MAC }

// MTU returns the largest packet, without the Ethernet header, in bytes.
func (n *Net) MTU() int {
	if n.Has(abi.NetFeatureMTU) {
		return int(n.info.MTU)
	}
	return defaultMTU
}

// Polling reports whether a thread of the monitor looks at the queues all the
// time.
func (n *Net) Polling() bool { return atomic.LoadUint32(&n.shared.Polling) != 0 }

// Notify tells the device to look at a queue: a VM exit, to be made without locks
// that others need.
func (n *Net) Notify(queue int) {
	atomic.AddUint64(&n.stats.Notified, 1)
	n.platform.Notify(queue)
}

// Wait parks the goroutine until the device has moved an index.
func (n *Net) Wait(w []Watch) { n.platform.Wait(w) }

// Now returns a monotonic time in nanoseconds.
func (n *Net) Now() int64 { return n.platform.Now() }

// Stats returns the counters of the network, which are added to atomically.
func (n *Net) Stats() *abi.NetStats { return n.stats }

// drop counts frames that came to nothing.
func (n *Net) drop(frames uint64) { atomic.AddUint64(&n.stats.Dropped, frames) }

// ring finds a queue in memory.
func (n *Net) ring(number int) (*ring, error) {
	if number < 0 || number >= 2*n.Pairs() {
		return nil, ErrLayout
	}
	size := uint64(n.info.QueueSize)
	r := layRing(n.platform.Memory(n.info.Rings+uint64(number)*n.info.Stride, ringBytes(size)), size)
	if r == nil {
		return nil, ErrLayout
	}
	return r, nil
}
