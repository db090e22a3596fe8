// Package netstack implements inet.Stack with gVisor's netstack: IPv4 (RFC 791),
// IPv6 (RFC 8200), ARP, NDP with address autoconfiguration (RFC 4861, 4862), ICMP,
// UDP (RFC 768), and TCP (RFC 9293) with window scaling and timestamps (7323),
// SACK (2018), RACK (8985), CUBIC (9438), keep-alive and SYN cookies (4987).
//
// A Socket is one endpoint of gVisor's with the manners of Linux: its error
// numbers, its options with their layouts, its rules of readiness, addresses of
// IPv4 mapped into IPv6. Calls run on the caller's goroutine; segments that arrive
// are taken up by the goroutine that the link delivers them on, and finished by
// one of gVisor's processor goroutines, of which there is one for each P. Timers
// are those of package time.
//
// # Copies
//
// Recv copies a payload byte once, from the buffer that the device filled to the
// caller's; Send copies it once, from the caller's buffer to a chunk of the stack,
// which the device reads. Both are counted in abi.NetStats. A socket also is an
// inet.ZeroCopy. Its RecvBuffer lends the stack's own memory: of a stream it peeks,
// and reads when the loan ends; a datagram it keeps, if gVisor's UDP calls Keep of
// type peeker, and else peeks at one at a time. Its SendBuffer needs a gVisor whose
// buffer.Buffer takes memory from a Payloader that has the method Lend of type
// payload; with an unchanged gVisor it copies, counts, and is done at once.
//
// # Memory
//
// Half-open connections are bounded by the backlog, beyond which there are SYN
// cookies; connections that the program has closed, by maxClosing; the bytes of a
// socket by its buffers, which grow by need (see limits.go).
//
// Not done: forwarding, packet filters, urgent data (delivered in line), TCP fast
// open, the error queue of IP_RECVERR, blocking in Close for SO_LINGER, an answer
// to a ping of eth0's own address from within (loopback and other hosts get one).
package netstack
