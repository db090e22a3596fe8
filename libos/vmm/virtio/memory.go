package virtio

import "syscall"

// Memory is the guest's memory as its device sees it. Both arguments come from
// the guest. The slices stay valid as long as the device is used, and the guest
// may change what is in them at any time.
type Memory interface {
	// Readable returns length bytes at address gpa, or false if they are not
	// all memory of the guest.
	Readable(gpa, length uint64) ([]byte, bool)
	// Writable does the same for memory that the guest may write.
	Writable(gpa, length uint64) ([]byte, bool)
}

// Backend is where frames come from and go to: the host's end of one queue pair.
// A frame in both directions is the 12 bytes of struct virtio_net_hdr (5.1.6)
// and then an Ethernet frame without its checksum. Neither call waits, and
// neither keeps the vectors.
type Backend interface {
	// Features returns the offloads that the backend can do, as the
	// abi.NetFeature bits named CSum, TSO and USO.
	Features() uint64
	// Accept tells which of them the driver uses.
	Accept(features uint64) error
	// Read fills v with the next frame and returns its length, or EAGAIN if
	// there is none. What does not fit v is lost.
	Read(v []syscall.Iovec) (int, syscall.Errno)
	// Write sends the frame in v: EAGAIN if there is no room for it now, EINVAL
	// if it is malformed. After any other error it is lost.
	Write(v []syscall.Iovec) syscall.Errno
	// FD returns the descriptor to wait for with poll(2), -1 if there is none.
	FD() int
}
