// Package virtio is the driver side of virtio 1.2: split virtqueues (section
// 2.7) with event indices (2.7.10), and what a network device needs beside them
// (5.1): features, start, and the header before each frame. The transport is not
// registers but the structures of abi.NetInfo and abi.NetShared in memory that
// guest and monitor share.
//
// One queue of n descriptors, of which the driver writes the first two parts and
// the device the third (abi.QueueAvail and abi.QueueUsed are the offsets):
//
//	descriptors  n * { address 8 | length 4 | flags 2 | next 2 }
//	available    flags 2 | index 2 | n * head 2 | used event 2 | padding 2
//	used         flags 2 | index 2 | n * { id 4 | length 4 } | available event 2
//
// Buffers are ordinary Go memory, given to the device by address: the addresses
// of guest memory are the same for both, and Go's heap does not move. A buffer
// must be in the heap, not on a goroutine's stack, and it belongs to the device
// from Add until Pop returns its cookie; the queue holds the cookie, and the
// cookie must hold the buffer.
//
// The driver trusts the device less than itself. A used ring that cannot be true
// stops the queue and is counted; it does not crash the program. It cannot keep a
// device from writing anywhere in memory: that is the monitor's right.
//
// A queue is used by one goroutine at a time; the caller locks. Nothing here
// allocates after NewQueue, blocks, or exits the VM but Net.Notify. Indirect
// descriptors, packed rings, the control queue, and interrupts are not
// supported: whoever waits for the device watches a used index
// (Platform.Wait).
package virtio
