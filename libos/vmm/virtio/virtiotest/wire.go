// Package virtiotest joins the device side of a virtio network device to a
// driver in the same process, for tests of either: the queues lie in ordinary
// memory, guest-physical addresses are this process's own, and frames come from
// and go to a Wire.
//
// It is imported by tests only.
package virtiotest

import (
	"sync"
	"syscall"

	"unibench/libos/vmm/virtio"
)

// Wire is a backend that keeps frames in memory: those that the device shall
// receive, and those that it has sent. Its methods may be called by any
// goroutine.
type Wire struct {
	Offloads uint64 // what it can do

	mu       sync.Mutex
	in, out  [][]byte
	accepted uint64
	full     int           // frames that Write takes before it has no room
	fail     syscall.Errno // of Write, if not 0
}

var _ virtio.Backend = (*Wire)(nil)

// Features implements virtio.Backend.
func (w *Wire) Features() uint64 { return w.Offloads }

// Accept implements virtio.Backend.
func (w *Wire) Accept(features uint64) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.accepted = features
	return nil
}

// Accepted returns what Accept was last told.
func (w *Wire) Accepted() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.accepted
}

// FD implements virtio.Backend: there is nothing to wait for.
func (w *Wire) FD() int { return -1 }

// Deliver gives the device a frame with its 12-byte header.
func (w *Wire) Deliver(frame []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.in = append(w.in, frame)
}

// Waiting returns how many frames the device has not read yet.
func (w *Wire) Waiting() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.in)
}

// Sent returns the frames, with headers, that the device has sent since the last
// call.
func (w *Wire) Sent() [][]byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.out
	w.out = nil
	return out
}

// Limit makes Write take n more frames and have no room after that, until the
// next call; negative for no limit. With fail, it fails so for every frame.
func (w *Wire) Limit(n int, fail syscall.Errno) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.full, w.fail = n+1, fail
}

// Read implements virtio.Backend, as a TAP does: what does not fit is lost.
func (w *Wire) Read(v []syscall.Iovec) (int, syscall.Errno) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.in) == 0 {
		return 0, syscall.EAGAIN
	}
	frame := w.in[0]
	w.in = w.in[1:]
	n := 0
	for _, e := range v {
		k := copy(virtio.Bytes(e), frame)
		frame = frame[k:]
		n += k
	}
	return n, 0
}

// Write implements virtio.Backend.
func (w *Wire) Write(v []syscall.Iovec) syscall.Errno {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.fail != 0:
		return w.fail
	case w.full == 1:
		return syscall.EAGAIN
	case w.full > 1:
		w.full--
	}
	var frame []byte
	for _, e := range v {
		frame = append(frame, virtio.Bytes(e)...)
	}
	w.out = append(w.out, frame)
	return 0
}
