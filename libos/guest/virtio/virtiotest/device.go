// Package virtiotest is the device's side of virtio's queues and a platform for
// the driver, in ordinary memory, for tests on the host: the device does what the
// test says, right or wrong. Its own reading of virtio 1.2, section 2.7, is kept
// apart from the driver's, so that one checks the other. It is no part of an
// image.
package virtiotest

import (
	"sync"
	"sync/atomic"
	"time"

	"unibench/libos/abi"
	"unibench/libos/guest/virtio"
)

// Config describes a device. The zero value of a field stands for one pair, 256
// descriptors, an MTU of 1500; FeatureVersion1 is always offered.
type Config struct {
	Pairs     int
	QueueSize int
	MTU       int
	MAC       [6]byte
	Features  uint64
}

// Device is a virtio.Platform with the device behind it.
type Device struct {
	info   abi.NetInfo
	shared abi.NetShared
	stats  abi.NetStats
	memory []byte
	rings  []*Ring
	start  time.Time

	// Clock is the time that the driver sees; by default that of the host.
	Clock func() int64
	// OnNotify is called for each notification, before Notified is filled.
	OnNotify func(queue int)
	// Notified has room for one: it is filled by notifications.
	Notified chan struct{}

	mu     sync.Mutex
	used   sync.Cond // an index has moved, or closed is set
	closed bool
}

var _ virtio.Platform = (*Device)(nil)

// New makes a device.
func New(c Config) *Device {
	c.Pairs, c.QueueSize, c.MTU = max(c.Pairs, 1), orElse(c.QueueSize, 256), orElse(c.MTU, 1500)
	stride := (abi.QueueBytes(uint64(c.QueueSize)) + 63) &^ 63
	d := &Device{start: time.Now(), Notified: make(chan struct{}, 1)}
	d.used.L = &d.mu
	d.memory = aligned(int(stride) * 2 * c.Pairs)
	d.info = abi.NetInfo{
		Pairs: uint32(c.Pairs), QueueSize: uint32(c.QueueSize), Stride: stride, Rings: address(d.memory),
		Features: c.Features | abi.FeatureVersion1 | abi.NetFeatureMAC | abi.NetFeatureMTU,
		MAC:      c.MAC, MTU: uint16(c.MTU),
	}
	d.Clock = func() int64 { return int64(time.Since(d.start)) }
	for i := range 2 * c.Pairs {
		d.rings = append(d.rings, newRing(d, d.memory[i*int(stride):], c.QueueSize))
	}
	return d
}

func orElse(v, other int) int {
	if v == 0 {
		return other
	}
	return v
}

// Info implements virtio.Platform. A test may change what it points to.
func (d *Device) Info() *abi.NetInfo { return &d.info }

// Shared implements virtio.Platform.
func (d *Device) Shared() *abi.NetShared { return &d.shared }

// Stats implements virtio.Platform.
func (d *Device) Stats() *abi.NetStats { return &d.stats }

// Started reports whether the driver has set Ready.
func (d *Device) Started() bool { return atomic.LoadUint32(&d.shared.Ready) != 0 }

// Now implements virtio.Platform.
func (d *Device) Now() int64 { return d.Clock() }

// Memory implements virtio.Platform.
func (d *Device) Memory(gpa, n uint64) []byte {
	from := gpa - address(d.memory)
	if from > uint64(len(d.memory)) || n > uint64(len(d.memory))-from {
		return nil
	}
	return d.memory[from:][:n:n]
}

// Wait implements virtio.Platform.
func (d *Device) Wait(w []virtio.Watch) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for !d.closed && !Moved(w) {
		d.used.Wait()
	}
}

// Notify implements virtio.Platform.
func (d *Device) Notify(queue int) {
	if d.OnNotify != nil {
		d.OnNotify(queue)
	}
	select {
	case d.Notified <- struct{}{}:
	default:
	}
}

// wake lets those who wait look again.
func (d *Device) wake() {
	d.mu.Lock()
	d.used.Broadcast()
	d.mu.Unlock()
}

// Close ends all waiting.
func (d *Device) Close() {
	d.mu.Lock()
	d.closed = true
	d.used.Broadcast()
	d.mu.Unlock()
}

// Receive returns the device's side of the queue that the driver receives from.
func (d *Device) Receive(pair int) *Ring { return d.rings[2*pair] }

// Transmit returns the device's side of the queue that the driver transmits to.
func (d *Device) Transmit(pair int) *Ring { return d.rings[2*pair+1] }
