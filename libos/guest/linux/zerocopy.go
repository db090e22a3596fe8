package linux

// The calls below are the library OS's own: input and output without copies,
// on sockets whose stack can lend its buffers. Linux answers ENOSYS, so a
// program may try SysZcProbe anywhere.
//
// Their buffers lie in the heap of the program, which driver and device use in
// place. A buffer handed over must not lie on a stack (one that other goroutines
// can reach never does).
const (
	// zc_probe(fd): 1 if the other calls work on fd, 0 if not. EBADF, ENOTSOCK.
	SysZcProbe = 0x7a630000
	// zc_recv(fd, *ZcBuffer): borrows what recv would have copied. At the end
	// of a stream Len is 0 and Token 0. Waits, or EAGAIN, as recv does.
	// EOPNOTSUPP if zc_probe says 0.
	SysZcRecv = 0x7a630001
	// zc_release(fd, token): gives a buffer back. It works after fd was
	// closed, too. EINVAL if the token is not out.
	SysZcRelease = 0x7a630002
	// zc_send(fd, base, len, *ZcAddr or NULL, cookie): sends len bytes at
	// base, which must stay as they are until zc_done has returned cookie, and
	// are kept alive until then. Returns how many were taken, at least one
	// unless len is 0; cookie comes back once for each call that did not fail.
	// Waits, or EAGAIN, as send does.
	SysZcSend = 0x7a630003
	// zc_done(fd, *uint64, n): stores up to n cookies of sends that are done and
	// returns how many. 0: nothing is on the way. Waits while something is but
	// nothing is done, or EAGAIN on a nonblocking descriptor; the poller reports
	// the descriptor writable when that changes.
	SysZcDone = 0x7a630004
)

// ZcBuffer is what zc_recv stores.
type ZcBuffer struct {
	Base  *byte
	Len   uint64
	Token uint64 // for zc_release; 0 if there is nothing to release
	Flags uint64 // ZcMore
	From  ZcAddr // of a datagram: its source
}

// ZcMore in ZcBuffer.Flags: the datagram goes on in the next buffer.
const ZcMore = 1

// ZcAddr is the address of an IPv4 or IPv6 socket.
type ZcAddr struct {
	Family uint16   // AfInet, AfInet6; 0: none
	Port   uint16   // in host order
	Zone   uint32   // interface index of a link-local IPv6 address, or 0
	IP     [16]byte // an IPv4 address is in the first 4 bytes
}
