package virtio

import (
	"sync/atomic"
	"unsafe"

	"unibench/libos/abi"
)

// descriptor is an entry of the descriptor table (2.7.5).
type descriptor struct {
	addr  uint64 // guest-physical, which is virtual
	len   uint32
	flags uint16
	next  uint16
}

// Flags of a descriptor.
const (
	descNext  = 1 // the chain goes on at next
	descWrite = 2 // the device writes
)

// usedElem is an entry of the used ring (2.7.8).
type usedElem struct {
	id  uint32 // head of the chain
	len uint32 // bytes written, or anything the device likes
}

var (
	_ = [1]int{}[unsafe.Sizeof(descriptor{})-16]
	_ = [1]int{}[unsafe.Sizeof(usedElem{})-8]
)

// ring is one queue in shared memory. Index and flags of a ring are one aligned
// word, flags in the low half, so that the atomic operations of Go, which know
// no 16-bit words, can be used: this code is for little-endian processors.
type ring struct {
	desc       []descriptor
	avail      *uint32
	heads      []uint16
	usedEvent  *uint32 // and padding
	used       *uint32
	elems      []usedElem
	availEvent *uint32 // and padding
}

// layRing finds the parts of a queue of size descriptors in mem, which must be
// as long as a queue rounded up to 4 bytes and aligned to 16; else nil.
func layRing(mem []byte, size uint64) *ring {
	base := unsafe.Pointer(unsafe.SliceData(mem))
	if uint64(len(mem)) < ringBytes(size) || uintptr(base)%16 != 0 {
		return nil
	}
	avail := unsafe.Add(base, abi.QueueAvail(size))
	used := unsafe.Add(base, abi.QueueUsed(size))
	return &ring{
		desc:       unsafe.Slice((*descriptor)(base), size),
		avail:      (*uint32)(avail),
		heads:      unsafe.Slice((*uint16)(unsafe.Add(avail, 4)), size),
		usedEvent:  (*uint32)(unsafe.Add(avail, 4+2*size)),
		used:       (*uint32)(used),
		elems:      unsafe.Slice((*usedElem)(unsafe.Add(used, 4)), size),
		availEvent: (*uint32)(unsafe.Add(used, 4+8*size)),
	}
}

// ringBytes is the length of a queue with the padding after its last field.
func ringBytes(size uint64) uint64 { return (abi.QueueBytes(size) + 3) &^ 3 }

// usedIndex reads the used ring's index: what the device wrote before it is
// visible afterwards.
func (r *ring) usedIndex() uint16 { return uint16(atomic.LoadUint32(r.used) >> 16) }

// usedFlags reads the used ring's flags.
func (r *ring) usedFlags() uint16 { return uint16(atomic.LoadUint32(r.used)) }

// elem reads an entry of the used ring, once.
func (r *ring) elem(i uint16) (id, n uint32) {
	e := &r.elems[i]
	return atomic.LoadUint32(&e.id), atomic.LoadUint32(&e.len)
}

// indexPointer is where the device writes the used index.
func (r *ring) indexPointer() *uint16 { return (*uint16)(unsafe.Add(unsafe.Pointer(r.used), 2)) }

// address is the address of a buffer as the device knows it.
func address(b []byte) uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }
