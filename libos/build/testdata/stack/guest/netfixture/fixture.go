// Package netfixture uses the TCP/IP stack on its loopback interface, with
// every package that a socket layer needs.
package netfixture

import (
	"bytes"
	"fmt"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/ethernet"
	"gvisor.dev/gvisor/pkg/tcpip/link/loopback"
	"gvisor.dev/gvisor/pkg/tcpip/network/arp"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/packet"
	"gvisor.dev/gvisor/pkg/tcpip/transport/raw"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

const nic = 1

var local = [2]tcpip.Address{
	tcpip.AddrFrom4([4]byte{127, 0, 0, 1}),
	tcpip.AddrFrom16([16]byte{15: 1}),
}

// Run sends bytes by each protocol of each family and prints what arrives.
func Run() {
	s := stack.New(stack.Options{
		NetworkProtocols: []stack.NetworkProtocolFactory{ipv4.NewProtocol, ipv6.NewProtocol, arp.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{
			tcp.NewProtocol, udp.NewProtocol, icmp.NewProtocol4, icmp.NewProtocol6,
		},
		RawFactory: raw.EndpointFactory{},
	})
	defer s.Destroy()
	if err := s.CreateNIC(nic, ethernet.New(loopback.New())); err != nil {
		panic(err)
	}
	for i, number := range []tcpip.NetworkProtocolNumber{ipv4.ProtocolNumber, ipv6.ProtocolNumber} {
		prefix := local[i].WithPrefix()
		address := tcpip.ProtocolAddress{Protocol: number, AddressWithPrefix: prefix}
		if err := s.AddProtocolAddress(nic, address, stack.AddressProperties{}); err != nil {
			panic(err)
		}
		s.AddRoute(tcpip.Route{Destination: prefix.Subnet(), NIC: nic})
		fmt.Println("udp", i, datagram(s, number, local[i]))
		fmt.Println("tcp", i, stream(s, number, local[i], 80, bytes.NewBuffer(pattern())))
		l := &lender{rest: pattern()}
		fmt.Println("lent", i, stream(s, number, local[i], 81, l), l.loans > 1, l.copied)
		for ; l.loans > 0; l.loans-- {
			<-l.free // or the test takes for ever
		}
	}
	packet.NewEndpoint(s, false, header.IPv4ProtocolNumber, new(waiter.Queue)).Close()
	fmt.Printf("iid %x\n", header.AppendOpaqueInterfaceIdentifier(nil, local[1].WithPrefix().Subnet(), "eth0", 0, []byte("secret")))
}

// await calls f until it does not answer that it would block.
func await(wq *waiter.Queue, mask waiter.EventMask, f func() tcpip.Error) {
	entry, ch := waiter.NewChannelEntry(mask)
	wq.EventRegister(&entry)
	defer wq.EventUnregister(&entry)
	for {
		err := f()
		if _, blocked := err.(*tcpip.ErrWouldBlock); !blocked {
			if err != nil {
				panic(err)
			}
			return
		}
		<-ch
	}
}

func endpoint(s *stack.Stack, transport tcpip.TransportProtocolNumber, number tcpip.NetworkProtocolNumber, wq *waiter.Queue) tcpip.Endpoint {
	ep, err := s.NewEndpoint(transport, number, wq)
	if err != nil {
		panic(err)
	}
	return ep
}

func datagram(s *stack.Stack, number tcpip.NetworkProtocolNumber, addr tcpip.Address) string {
	var wq waiter.Queue
	ep := endpoint(s, udp.ProtocolNumber, number, &wq)
	defer ep.Close()
	to := tcpip.FullAddress{Addr: addr, Port: 53}
	if err := ep.Bind(to); err != nil {
		panic(err)
	}
	if _, err := ep.Write(bytes.NewReader([]byte("datagram")), tcpip.WriteOptions{To: &to}); err != nil {
		panic(err)
	}
	var got bytes.Buffer
	await(&wq, waiter.ReadableEvents, func() tcpip.Error {
		_, err := ep.Read(&got, tcpip.ReadOptions{})
		return err
	})
	return got.String()
}

// pattern is a megabyte.
func pattern() []byte { return bytes.Repeat([]byte("stream.."), 1<<17) }

// lender is a payload that the stack need not copy.
type lender struct {
	rest   []byte
	loans  int
	copied int
	free   chan bool
}

// Lend returns the next bytes, and what is called when they are free.
func (l *lender) Lend(n int) ([]byte, func()) {
	if l.free == nil {
		l.free = make(chan bool, 1000)
	}
	b := l.rest[:min(n, len(l.rest))]
	l.rest = l.rest[len(b):]
	l.loans++
	return b, func() { l.free <- true }
}

func (l *lender) Len() int { return len(l.rest) }

func (l *lender) Read(b []byte) (int, error) {
	n := copy(b, l.rest)
	l.rest = l.rest[n:]
	l.copied += n
	return n, nil
}

// stream sends payload and returns whether pattern arrived, and then the end.
func stream(s *stack.Stack, number tcpip.NetworkProtocolNumber, addr tcpip.Address, port uint16, payload tcpip.Payloader) bool {
	var listenQueue, clientQueue waiter.Queue
	listener := endpoint(s, tcp.ProtocolNumber, number, &listenQueue)
	defer listener.Close()
	to := tcpip.FullAddress{Addr: addr, Port: port}
	if err := listener.Bind(to); err != nil {
		panic(err)
	}
	if err := listener.Listen(1); err != nil {
		panic(err)
	}
	client := endpoint(s, tcp.ProtocolNumber, number, &clientQueue)
	defer client.Close()
	started := false
	await(&clientQueue, waiter.WritableEvents, func() tcpip.Error {
		if err := client.Connect(to); !started {
			started = true
			return &tcpip.ErrWouldBlock{}
		} else if _, ok := err.(*tcpip.ErrAlreadyConnected); !ok {
			return err
		}
		return nil
	})
	var server tcpip.Endpoint
	var serverQueue *waiter.Queue
	await(&listenQueue, waiter.ReadableEvents, func() (err tcpip.Error) {
		server, serverQueue, err = listener.Accept(nil)
		return err
	})
	defer server.Close()
	go func() {
		await(&clientQueue, waiter.WritableEvents, func() tcpip.Error {
			for payload.Len() > 0 {
				if _, err := client.Write(payload, tcpip.WriteOptions{}); err != nil {
					return err
				}
			}
			return nil
		})
		client.Shutdown(tcpip.ShutdownWrite)
	}()
	var got bytes.Buffer
	await(serverQueue, waiter.ReadableEvents, func() tcpip.Error {
		for {
			_, err := server.Read(&got, tcpip.ReadOptions{})
			if _, closed := err.(*tcpip.ErrClosedForReceive); closed {
				return nil
			} else if err != nil {
				return err
			}
		}
	})
	return bytes.Equal(got.Bytes(), pattern())
}
