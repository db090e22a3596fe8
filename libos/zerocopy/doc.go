// Package zerocopy lets a program receive and send over TCP and UDP without
// copying between its own memory and that of the network: received data is lent,
// and data to send is handed over, until each is given back.
//
// One source serves all platforms. In a unikernel the buffers are those that the
// network device reads and writes (the zc_ calls of package linux in
// libos/guest), so nothing is copied. On Linux, whose socket calls copy by
// design, it does what comes closest: received data is copied once, into buffers
// that are used again, and datagrams travel in batches (recvmmsg(2), sendmmsg(2)).
//
// It is for programs that move data more than they look at it: proxies, echo
// and key-value servers, streams. Nothing is gained for what is small and rare.
//
//	conn, err := zerocopy.NewConn(udp) // a *net.UDPConn or *net.TCPConn
//	ms := make([]zerocopy.Message, 32)
//	for {
//		n, err := conn.Recv(ms)
//		...
//		err = conn.Send(ms[:n]) // each goes back to where it came from
//	}
package zerocopy
