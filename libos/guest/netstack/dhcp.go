package netstack

import (
	"errors"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
	"unibench/libos/guest/dhcp"
	"unibench/libos/guest/inet"
)

// minMTU is the smallest MTU that a server can set (RFC 2132, 5.1).
const minMTU = 576

// runDHCP is the goroutine that keeps eth0's address.
func (s *Stack) runDHCP(mac [6]byte) {
	dhcp.Run(&dhcpNetwork{s: s}, mac)
}

// dhcpNetwork is the dhcp.Network of eth0.
type dhcpNetwork struct {
	s     *Stack
	lease *dhcp.Lease // what is configured
	told  bool        // configured is closed
}

// done lets WaitConfigured return.
func (n *dhcpNetwork) done() {
	if !n.told {
		n.told = true
		close(n.s.configured)
	}
}

// Failed implements dhcp.Network.
func (n *dhcpNetwork) Failed(error) { n.done() }

// Random implements dhcp.Network.
func (n *dhcpNetwork) Random() uint32 {
	r := n.s.net.SecureRNG()
	return r.Uint32()
}

// Wait implements dhcp.Network.
func (n *dhcpNetwork) Wait(d time.Duration) bool {
	over := make(chan struct{})
	timer := n.s.net.Clock().AfterFunc(d, func() { close(over) })
	defer timer.Stop()
	select {
	case <-over:
		return true
	case <-n.s.stop:
		return false
	}
}

// Configure implements dhcp.Network.
func (n *dhcpNetwork) Configure(l *dhcp.Lease) error {
	same := l != nil && n.lease != nil && l.Addr == n.lease.Addr && l.Bits == n.lease.Bits && l.Router == n.lease.Router
	if !same && n.lease != nil {
		old := tcpip.AddrFrom4(n.lease.Addr)
		_ = n.s.net.RemoveAddress(ethernetID, old) // it may have gone with the interface
		n.s.net.RemoveRoutes(func(r tcpip.Route) bool {
			return r.NIC == ethernetID && (r.Destination == network(old, n.lease.Bits) || r.Destination == header.IPv4EmptySubnet)
		})
		n.lease = nil
	}
	if l == nil {
		return nil
	}
	if !same {
		var router tcpip.Address
		if l.Router != [4]byte{} {
			router = tcpip.AddrFrom4(l.Router)
		}
		if err := n.s.addNetwork(tcpip.AddrFrom4(l.Addr), l.Bits, router); err != nil {
			return errors.New("set the address that DHCP gave: " + err.String())
		}
	}
	n.lease = l
	if mtu := uint32(l.MTU); mtu >= minMTU && mtu < n.s.tap.MTU() {
		_ = n.s.net.SetNICMTU(ethernetID, mtu) // without it, the device's is used
	}
	n.s.mu.Lock()
	if len(n.s.nameservers) == 0 || n.s.fromDHCP {
		n.s.nameservers, n.s.fromDHCP = nil, true
		for _, d := range l.DNS {
			if d != [4]byte{} {
				n.s.nameservers = append(n.s.nameservers, inet.Addr{Family: inet.Family4, Port: 53, IP: [16]byte{d[0], d[1], d[2], d[3]}})
			}
		}
	}
	n.s.mu.Unlock()
	n.done()
	return nil
}

// Open implements dhcp.Network.
func (n *dhcpNetwork) Open(bare bool) (dhcp.Conn, error) {
	c := &dhcpConn{s: n.s, bare: bare}
	var err tcpip.Error
	if bare {
		// Without an address IP neither sends nor receives: whole packets.
		c.ep, err = n.s.net.NewPacketEndpoint(true, ipv4.ProtocolNumber, &c.queue)
		if err == nil {
			n.s.tap.sockets.Add(1)
			err = c.ep.Bind(tcpip.FullAddress{NIC: ethernetID, Port: uint16(ipv4.ProtocolNumber)})
		}
	} else {
		c.ep, err = n.s.net.NewEndpoint(udp.ProtocolNumber, ipv4.ProtocolNumber, &c.queue)
		if err == nil {
			c.ep.SocketOptions().SetBroadcast(true)
			err = c.ep.SocketOptions().SetBindToDevice(ethernetID)
		}
		if err == nil {
			err = c.ep.Bind(tcpip.FullAddress{Port: dhcp.ClientPort})
		}
	}
	if err != nil {
		if c.ep != nil {
			c.Close()
		}
		return nil, errors.New("open port 68: " + err.String())
	}
	c.entry, c.event = waiter.NewChannelEntry(waiter.ReadableEvents)
	c.queue.EventRegister(&c.entry)
	c.buf = make([]byte, c.s.tap.MTU())
	return c, nil
}

// dhcpConn is a dhcp.Conn.
type dhcpConn struct {
	s     *Stack
	ep    tcpip.Endpoint
	bare  bool
	queue waiter.Queue
	entry waiter.Entry
	event chan struct{}
	over  chan struct{} // closed when the time to wait is over
	timer tcpip.Timer
	buf   []byte
}

// Send implements dhcp.Conn.
func (c *dhcpConn) Send(message []byte, to [4]byte, wait time.Duration) error {
	if c.timer != nil {
		c.timer.Stop()
	}
	over := make(chan struct{})
	c.over = over
	c.timer = c.s.net.Clock().AfterFunc(wait, func() { close(over) })
	full := tcpip.FullAddress{NIC: ethernetID, Addr: tcpip.AddrFrom4(to), Port: dhcp.ServerPort}
	p := &payload{one: [1][]byte{message}}
	if c.bare {
		full = tcpip.FullAddress{NIC: ethernetID, LinkAddr: header.EthernetBroadcastAddress, Port: uint16(ipv4.ProtocolNumber)}
		p.one[0] = dhcp.Wrap(message)
	}
	p.rest, p.n = p.one[:], len(p.one[0])
	if _, err := c.ep.Write(p, tcpip.WriteOptions{To: &full}); err != nil {
		return errors.New("send to the DHCP server: " + err.String())
	}
	return nil
}

// Receive implements dhcp.Conn.
func (c *dhcpConn) Receive(b []byte) (int, error) {
	for {
		select {
		case <-c.over: // also while other packets keep coming
			return 0, dhcp.ErrTimeout
		default:
		}
		w := sliceWriter{b: c.buf}
		_, err := c.ep.Read(&w, tcpip.ReadOptions{})
		switch err.(type) {
		case nil:
			message := c.buf[:w.n]
			if c.bare {
				var err error
				if message, err = dhcp.Unwrap(message); err != nil {
					continue // some other packet
				}
			}
			return copy(b, message), nil
		case *tcpip.ErrWouldBlock:
			select {
			case <-c.event:
			case <-c.over:
				return 0, dhcp.ErrTimeout
			case <-c.s.stop:
				return 0, dhcp.ErrClosed
			}
		case *tcpip.ErrBadBuffer, *tcpip.ErrConnectionRefused:
			// Longer than the buffer, or the server is gone: wait on.
		default:
			return 0, dhcp.ErrClosed
		}
	}
}

// Close implements dhcp.Conn.
func (c *dhcpConn) Close() {
	if c.timer != nil {
		c.timer.Stop()
	}
	if c.bare {
		c.s.tap.sockets.Add(-1)
	}
	c.ep.Close()
}
