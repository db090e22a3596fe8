package virtiotest

import (
	"fmt"
	"sync"
	"unsafe"

	"unibench/libos/abi"
	"unibench/libos/vmm/virtio"
)

// Device is a device whose driver is in this process.
type Device struct {
	Info   abi.NetInfo    // what the driver is told; addresses are this process's
	Shared *abi.NetShared // at Info.Shared
	Wires  []*Wire        // one for each pair

	net   *virtio.Net
	mu    sync.Mutex
	begun bool
	rings []uint64 // keeps the queues
}

// MTU of a Device.
const MTU = 1500

// New makes a device with the given number of pairs and queue size whose backends
// can do offloads.
func New(pairs, size int, offloads uint64) (*Device, error) {
	stride := (virtio.QueueStride(size) + 63) &^ 63
	d := &Device{Shared: new(abi.NetShared), rings: make([]uint64, 2+uint64(2*pairs)*stride/8)}
	// The driver wants queues on 16 bytes.
	start := uintptr(unsafe.Pointer(&d.rings[0]))
	skip := int(-start%16) / 8
	rings := unsafe.Slice((*byte)(unsafe.Pointer(&d.rings[skip])), 2*pairs*int(stride))
	var backends []virtio.Backend
	for range pairs {
		w := &Wire{Offloads: offloads}
		d.Wires = append(d.Wires, w)
		backends = append(backends, w)
	}
	var err error
	d.net, err = virtio.New(virtio.Config{
		Memory: process{}, Shared: d.Shared, Rings: rings, Size: size, Stride: int(stride), MTU: MTU, Backends: backends,
	})
	if err != nil {
		return nil, fmt.Errorf("make a device: %w", err)
	}
	d.Info = abi.NetInfo{
		Pairs: uint32(pairs), QueueSize: uint32(size), Features: d.net.Features(),
		Shared: uint64(uintptr(unsafe.Pointer(d.Shared))), Rings: uint64(start) + uint64(skip)*8, Stride: stride,
		MAC: [6]byte{2, 0, 0, 0, 0, 1}, MTU: MTU,
	}
	return d, nil
}

// Pump moves frames of all pairs in both directions, once the driver has started
// the device, and returns how many. One goroutine at a time does.
func (d *Device) Pump() (moved int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.begun {
		if d.begun, err = d.net.Start(); !d.begun || err != nil {
			return 0, err
		}
	}
	for _, p := range d.net.Pairs() {
		n, err := p.Pump()
		if err != nil {
			return moved, err
		}
		moved += n
	}
	return moved, nil
}

// Pair returns queue pair i. Whoever calls its methods must not call Pump
// meanwhile.
func (d *Device) Pair(i int) *virtio.Pair { return d.net.Pairs()[i] }

// SetPolling is what the driver reads in Shared.Polling.
func (d *Device) SetPolling(on bool) { d.net.SetPolling(on) }

// Memory returns n bytes at an address that the driver was told.
func Memory(addr, n uint64) []byte {
	b, _ := process{}.Readable(addr, n)
	return b
}

// process is the memory of this process. The driver under test is trusted to keep
// what it gives to the device alive, in the heap, which does not move.
type process struct{}

//go:nocheckptr
func (process) Readable(addr, n uint64) ([]byte, bool) {
	if addr == 0 || n > 1<<32 {
		return nil, false
	}
	// Through memory, since the conversion of an integer is not one that vet
	// knows to be right.
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&addr)), n), true
}

func (p process) Writable(addr, n uint64) ([]byte, bool) { return p.Readable(addr, n) }
