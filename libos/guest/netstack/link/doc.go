// Package link joins gVisor's network stack with a virtio network device: a
// stack.LinkEndpoint with Ethernet framing (so that no other endpoint need lie
// between), over package virtio.
//
// Nothing is copied. Receive buffers are views from gVisor's own pools; a frame
// that the device has put into one or several of them becomes the payload of a
// PacketBuffer. On the way out the views of a PacketBuffer are the buffers of
// the virtqueue, the header of virtio (1.2, section 5.1.6) being pushed in front
// of the Ethernet header; the packet is held until the device has used it. Only
// a packet in very many pieces is joined first (and counted).
//
//	| virtio 12 | Ethernet 14 | IP | TCP | data ...      transmitted
//	|<------- reserved header bytes ---->| |<- views ->|
//
// Each queue pair has a goroutine that receives, parked while the used index
// stands still, and one that works only while more is to be sent than the queue
// takes (completer). Whoever sends does so on its own goroutine, under the lock
// of one queue, and never waits for the device: what finds no room goes to a
// backlog, and to ErrNoBufferSpace when that is full. Used transmit buffers are
// taken back when half of the queue is used up, or when something is received.
//
// Offloads, as far as the device has them: TCP segmentation (HostTSO) and with
// it the checksums of TCP; partial checksums and large segments of TCP and UDP on
// receiving. gVisor's CapabilityTXChecksumOffload is not claimed: with it gVisor
// leaves out the checksum of fragmented UDP datagrams, for which a device
// cannot stand in, and IPv6 does not allow that (RFC 8200, 8.1).
//
// Not here: VLANs, multicast filters (the device passes everything), and the
// control queue.
package link
