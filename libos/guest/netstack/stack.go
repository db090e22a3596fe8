package netstack

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/loopback"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/raw"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"unibench/libos/abi"
	"unibench/libos/guest/inet"
)

// Numbers of the interfaces, as Linux gives them out.
const (
	loopbackID = 1
	ethernetID = 2
)

// Config is what a stack is made of.
type Config struct {
	// NIC is the network device, with its Ethernet headers; nil if there is
	// none. Info says how it is configured.
	NIC  stack.LinkEndpoint
	Info *abi.NetInfo
	// Stats counts the copied bytes; it is written by atomic additions. Nil if
	// nobody wants to know.
	Stats *abi.NetStats
	// Clock and Random are those of packages time and crypto/rand if nil.
	Clock  tcpip.Clock
	Random io.Reader
}

// Stack is a TCP/IP stack with the interfaces lo and, if there is a device, eth0.
type Stack struct {
	net       *stack.Stack
	stats     *abi.NetStats
	payloads  sync.Pool // of *payload
	keptLoans sync.Pool // of *keptLoan
	closing   closing[tcp.Endpoint, *tcp.Endpoint]
	routers   routers
	tap       tap
	peeks     atomic.Bool // this gVisor does not give views of a stream

	configured chan struct{} // closed when addresses are there
	stop       chan struct{} // closed by Close
	stopOnce   sync.Once

	mu          sync.Mutex
	nameservers []inet.Addr
	fromDHCP    bool // the nameservers are
}

// New makes a stack, and starts to ask for addresses if the configuration says so.
func New(c Config) (*Stack, error) {
	s := &Stack{stats: c.Stats, configured: make(chan struct{}), stop: make(chan struct{})}
	if s.stats == nil {
		s.stats = new(abi.NetStats)
	}
	s.payloads.New = func() any { return new(payload) }
	s.keptLoans.New = s.newKeptLoan
	s.routers.stack = s
	s.net = stack.New(stack.Options{
		NetworkProtocols: []stack.NetworkProtocolFactory{
			ipv4.NewProtocol, arp.NewProtocol,
			ipv6.NewProtocolWithOptions(ipv6.Options{
				NDPConfigs:       ipv6.DefaultNDPConfigurations(),
				NDPDisp:          &s.routers,
				AutoGenLinkLocal: true,
			}),
		},
		TransportProtocols: []stack.TransportProtocolFactory{
			tcp.NewProtocolCUBIC, udp.NewProtocol, icmp.NewProtocol4, icmp.NewProtocol6,
		},
		HandleLocal:              true,
		RawFactory:               raw.EndpointFactory{},
		AllowPacketEndpointWrite: true,
		Clock:                    c.Clock,
		SecureRNG:                c.Random,
	})
	if err := configure(s.net); err != nil {
		return nil, errors.New("configure the TCP/IP stack: " + err.String())
	}
	if err := s.addLoopback(); err != nil {
		return nil, errors.New("add the loopback interface: " + err.String())
	}
	if c.NIC == nil || c.Info == nil {
		close(s.configured)
		return s, nil
	}
	if err := s.addDevice(c.NIC, c.Info); err != nil {
		return nil, errors.New("add the network device: " + err.String())
	}
	if c.Info.Flags&abi.NetDHCP == 0 {
		close(s.configured)
	} else {
		go s.runDHCP(c.Info.MAC)
	}
	return s, nil
}

// addLoopback makes the interface lo.
func (s *Stack) addLoopback() tcpip.Error {
	if err := s.net.CreateNICWithOptions(loopbackID, loopback.New(), stack.NICOptions{Name: "lo"}); err != nil {
		return err
	}
	if err := s.addAddress(loopbackID, header.IPv4Loopback, 8); err != nil {
		return err
	}
	if err := s.addAddress(loopbackID, header.IPv6Loopback, 128); err != nil {
		return err
	}
	s.net.AddRoute(tcpip.Route{Destination: network(header.IPv4Loopback, 8), NIC: loopbackID})
	s.net.AddRoute(tcpip.Route{Destination: network(header.IPv6Loopback, 128), NIC: loopbackID})
	return nil
}

// addDevice makes the interface eth0 with its static addresses and routes.
func (s *Stack) addDevice(nic stack.LinkEndpoint, info *abi.NetInfo) tcpip.Error {
	s.tap.LinkEndpoint = nic
	if err := s.net.CreateNICWithOptions(ethernetID, &s.tap, stack.NICOptions{Name: "eth0"}); err != nil {
		return err
	}
	for _, d := range implicit() {
		s.net.AddRoute(tcpip.Route{Destination: d, NIC: ethernetID})
	}
	for _, a := range []struct {
		addr, gateway [16]byte
		bits          uint8
	}{{info.IPv4, info.Gateway4, info.Bits4}, {info.IPv6, info.Gateway6, info.Bits6}} {
		addr, ok := fromMapped(a.addr)
		if !ok {
			continue
		}
		gateway, _ := fromMapped(a.gateway)
		if int(a.bits) > addr.BitLen() || gateway.Len() != 0 && gateway.Len() != addr.Len() {
			return &tcpip.ErrBadAddress{}
		}
		if err := s.addNetwork(addr, int(a.bits), gateway); err != nil {
			return err
		}
	}
	for _, d := range info.DNS {
		if addr, ok := fromMapped(d); ok {
			s.nameservers = append(s.nameservers, address(tcpip.FullAddress{Addr: addr, Port: 53}, familyOf(addr)))
		}
	}
	return nil
}

// addNetwork gives eth0 an address, the route to its network and, unless gateway
// is empty, the default route.
func (s *Stack) addNetwork(addr tcpip.Address, bits int, gateway tcpip.Address) tcpip.Error {
	if err := s.addAddress(ethernetID, addr, bits); err != nil {
		return err
	}
	s.net.AddRoute(tcpip.Route{Destination: network(addr, bits), NIC: ethernetID})
	if gateway.Len() != 0 {
		s.net.AddRoute(tcpip.Route{Destination: network(zero(addr), 0), Gateway: gateway, NIC: ethernetID})
	}
	return nil
}

func (s *Stack) addAddress(nic tcpip.NICID, addr tcpip.Address, bits int) tcpip.Error {
	protocol := ipv6.ProtocolNumber
	if addr.Len() == header.IPv4AddressSize {
		protocol = ipv4.ProtocolNumber
	}
	return s.net.AddProtocolAddress(nic, tcpip.ProtocolAddress{
		Protocol:          protocol,
		AddressWithPrefix: tcpip.AddressWithPrefix{Address: addr, PrefixLen: bits},
	}, stack.AddressProperties{})
}

// WaitConfigured implements inet.Stack.
func (s *Stack) WaitConfigured() { <-s.configured }

// Nameservers implements inet.Stack.
func (s *Stack) Nameservers() []inet.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]inet.Addr(nil), s.nameservers...)
}

// Close ends the stack and its goroutines; sockets still open are reset. The
// library OS never calls it: its stack ends with the machine.
func (s *Stack) Close() {
	s.stopOnce.Do(func() { close(s.stop) })
	s.net.Destroy()
}
