package virtiotest

import (
	"encoding/binary"
	"sync/atomic"
	"unsafe"

	"unibench/libos/abi"
	"unibench/libos/guest/virtio"
)

// Ring is the device's side of one queue.
type Ring struct {
	d     *Device
	size  uint64
	desc  []byte
	avail []byte
	done  []byte
	taken uint16 // available entries fetched
	given uint16 // used entries written
	told  uint16 // of them, visible to the driver
	out   [][]byte
	in    [][]byte
}

// Chain is one chain of buffers. Out and In are valid until the next Fetch.
type Chain struct {
	Head uint16
	Out  [][]byte // for the device to read
	In   [][]byte // for it to write
}

func newRing(d *Device, b []byte, size int) *Ring {
	n := uint64(size)
	return &Ring{
		d: d, size: n,
		desc:  b[:16*n],
		avail: b[abi.QueueAvail(n):abi.QueueUsed(n)],
		done:  b[abi.QueueUsed(n) : (abi.QueueBytes(n)+3)&^3],
	}
}

// word is an aligned word of a ring for atomic access.
func word(b []byte, at uint64) *uint32 { return (*uint32)(unsafe.Pointer(&b[at])) }

// Available returns how many chains wait to be fetched.
func (r *Ring) Available() int {
	return int(uint16(atomic.LoadUint32(word(r.avail, 0))>>16) - r.taken)
}

// Fetch takes the next chain that the driver made available.
func (r *Ring) Fetch() (c Chain, ok bool) {
	if r.Available() == 0 {
		return c, false
	}
	slot := uint64(r.taken) % r.size
	c.Head = uint16(atomic.LoadUint32(word(r.avail, 4+slot/2*4)) >> (slot % 2 * 16))
	r.taken++
	r.out, r.in = r.out[:0], r.in[:0]
	for at := c.Head; ; {
		e := r.desc[16*uint64(at):]
		b := memory(binary.LittleEndian.Uint64(e), binary.LittleEndian.Uint32(e[8:]))
		flags := binary.LittleEndian.Uint16(e[12:])
		if flags&2 != 0 {
			r.in = append(r.in, b)
		} else {
			r.out = append(r.out, b)
		}
		if flags&1 == 0 {
			break
		}
		at = binary.LittleEndian.Uint16(e[14:])
	}
	c.Out, c.In = r.out, r.in
	return c, true
}

// Unfetch gives the last n chains back to where Fetch finds them.
func (r *Ring) Unfetch(n int) { r.taken -= uint16(n) }

// Rewind forgets what was fetched and used since Tell.
func (r *Ring) Rewind() {
	r.taken -= r.given - r.told
	r.given = r.told
}

// Use gives a chain back, with the number of bytes written. The driver sees it
// after Tell.
func (r *Ring) Use(head uint16, written int) {
	r.Poke(r.given, uint32(head), uint32(written))
	r.given++
}

// Poke writes an entry of the used ring, whatever it says.
func (r *Ring) Poke(i uint16, id, n uint32) {
	at := 4 + 8*(uint64(i)%r.size)
	atomic.StoreUint32(word(r.done, at), id)
	atomic.StoreUint32(word(r.done, at+4), n)
}

// Tell moves the used index, wakes those who wait for it, and reports whether the
// driver asked to be told.
func (r *Ring) Tell() bool {
	old := r.told
	r.told = r.given
	return r.PokeIndex(r.told, old)
}

// PokeIndex is Tell with any index; old is the one before.
func (r *Ring) PokeIndex(index, old uint16) bool {
	flags := atomic.LoadUint32(word(r.done, 0)) & 0xffff
	atomic.StoreUint32(word(r.done, 0), flags|uint32(index)<<16)
	r.d.wake()
	if r.d.shared.Accepted&abi.FeatureEventIdx == 0 {
		return atomic.LoadUint32(word(r.avail, 0))&1 == 0
	}
	event := uint16(atomic.LoadUint32(word(r.avail, 4+2*r.size)))
	return index-event-1 < index-old
}

// Ask makes the driver notify of the next chain, and reports whether there is
// none yet. Before it, and after Hush, it does not notify.
func (r *Ring) Ask() bool {
	atomic.StoreUint32(word(r.done, 0), uint32(r.told)<<16)
	atomic.StoreUint32(word(r.done, 4+8*r.size), uint32(r.taken))
	return r.Available() == 0
}

// Hush makes the driver not notify.
func (r *Ring) Hush() {
	atomic.StoreUint32(word(r.done, 0), 1|uint32(r.told)<<16)
	atomic.StoreUint32(word(r.done, 4+8*r.size), uint32(r.taken-1))
}

// memory is the buffer at an address. It is sure to exist as long as the driver
// keeps its part of the bargain.
func memory(addr uint64, n uint32) []byte {
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&addr)), n)
}

// address is the address of memory as the driver knows it.
func address(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }

// aligned allocates memory for rings.
func aligned(n int) []byte {
	b := make([]byte, n+64)
	return b[-address(b)&63:][:n:n]
}

// Moved reports whether one of the watches has changed.
func Moved(w []virtio.Watch) bool {
	for i := range w {
		// The aligned word that holds the index, for the race detector.
		word := (*uint32)(unsafe.Add(unsafe.Pointer(w[i].Index), -2))
		if uint16(atomic.LoadUint32(word)>>16) != w[i].Seen {
			return true
		}
	}
	return false
}
