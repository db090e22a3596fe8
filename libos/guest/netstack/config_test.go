package netstack_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"unibench/libos/abi"
	"unibench/libos/guest/dhcp"
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
	"unibench/libos/guest/netstack"
)

// lo is the loopback interface as every stack has it.
func lo() inet.Interface {
	return inet.Interface{
		Index: 1, Name: "lo", MTU: 65536, Flags: 0x49, Type: 772,
		Addrs: []inet.Prefix{{Addr: loop4, Bits: 8}, {Addr: loop6, Bits: 128}},
	}
}

func TestLoopbackOnly(t *testing.T) {
	s, err := netstack.New(netstack.Config{Info: &abi.NetInfo{}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.WaitConfigured()
	if diff := cmp.Diff([]inet.Interface{lo()}, s.Interfaces()); diff != "" {
		t.Errorf("Interfaces (-want +got):\n%s", diff)
	}
	k := open(t, s, inet.Family4, inet.Stream, 0)
	if e := k.connect(port(addrB, 80)); e != linux.ENETUNREACH {
		t.Errorf("Connect: errno %d, want ENETUNREACH", e)
	}
}

func TestStaticConfiguration(t *testing.T) {
	i := info(macA, addrA, addr6A)
	i.Gateway4, i.Gateway6 = mapped(addrB).IP, addr6B.IP
	i.DNS[0], i.DNS[1] = mapped(ip4(9, 9, 9, 9)).IP, ip6(0x20, 9).IP
	w := newWorldWith(t, nil, i)
	w.a.WaitConfigured()
	linkLocal := inet.Addr{Family: inet.Family6, Zone: 2, IP: [16]byte{0: 0xfe, 1: 0x80, 11: 0xff, 12: 0xfe, 15: 1}}
	want := []inet.Interface{lo(), {
		Index: 2, Name: "eth0", MTU: 1500, Flags: 0x1043, Type: 1, MAC: macA,
		Addrs: []inet.Prefix{{Addr: addrA, Bits: 24}, {Addr: addr6A, Bits: 64}, {Addr: linkLocal, Bits: 64}},
	}}
	byBits := cmp.Transformer("set", func(p []inet.Prefix) map[inet.Prefix]bool {
		m := map[inet.Prefix]bool{}
		for _, a := range p {
			m[a] = true
		}
		return m
	})
	if diff := cmp.Diff(want, w.a.Interfaces(), byBits); diff != "" {
		t.Errorf("Interfaces (-want +got):\n%s", diff)
	}
	routes := map[inet.Route]bool{}
	for _, r := range w.a.Routes() {
		routes[r] = true
	}
	wantRoutes := map[inet.Route]bool{
		{Dest: inet.Prefix{Addr: ip4(127, 0, 0, 0), Bits: 8}, Interface: 1}:        true,
		{Dest: inet.Prefix{Addr: loop6, Bits: 128}, Interface: 1}:                  true,
		{Dest: inet.Prefix{Addr: ip4(198, 18, 0, 0), Bits: 24}, Interface: 2}:      true,
		{Dest: inet.Prefix{Addr: ip6(0xfd, 0), Bits: 64}, Interface: 2}:            true,
		{Dest: inet.Prefix{Addr: unspec4}, Gateway: addrB, Interface: 2}:           true,
		{Dest: inet.Prefix{Addr: unspec6, Bits: 0}, Gateway: addr6B, Interface: 2}: true,
	}
	if diff := cmp.Diff(wantRoutes, routes); diff != "" {
		t.Errorf("Routes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]inet.Addr{port(ip4(9, 9, 9, 9), 53), port(ip6(0x20, 9), 53)}, w.a.Nameservers()); diff != "" {
		t.Errorf("Nameservers (-want +got):\n%s", diff)
	}
}

func TestBadConfiguration(t *testing.T) {
	for name, change := range map[string]func(i *abi.NetInfo){
		"prefix too long":           func(i *abi.NetInfo) { i.Bits4 = 33 },
		"gateway of another family": func(i *abi.NetInfo) { i.Gateway4 = addr6B.IP },
	} {
		i := info(macA, addrA, addr6A)
		change(i)
		s, err := netstack.New(netstack.Config{NIC: newWorld(t, nil).linkA, Info: i})
		if err == nil {
			s.Close()
			t.Errorf("%s: New took it", name)
		}
	}
}

// TestDHCP gets an address from a server on the other stack.
func TestDHCP(t *testing.T) {
	i := &abi.NetInfo{Pairs: 1, MAC: macA, MTU: 1500, Flags: abi.NetDHCP}
	w := newWorldWith(t, nil, i)
	server := bound(t, w.b, port(unspec4, dhcp.ServerPort))
	server.set(linux.SolSocket, linux.SoBroadcast, 1)
	for range 2 {
		b := make([]byte, 1500)
		n, from, e := server.recvFrom(b, 0)
		if e != 0 {
			t.Fatalf("Recv: errno %d", e)
		}
		q, err := dhcp.Parse(b[:n])
		if err != nil || q.MAC != macA || from.From.IP != unspec4.IP {
			t.Fatalf("request %+v from %v: %v", q, from.From, err)
		}
		if q.Type == dhcp.Discover && len(w.a.Interfaces()[1].Addrs) != 1 {
			t.Errorf("addresses before DHCP: %v", w.a.Interfaces()[1].Addrs)
		}
		answer := dhcp.Message{
			Reply: true, Type: dhcp.Offer, XID: q.XID, MAC: q.MAC, Yours: [4]byte{198, 18, 0, 1},
			Mask: [4]byte{255, 255, 255, 0}, Router: [4]byte{198, 18, 0, 2}, DNS: [3][4]byte{{198, 18, 0, 2}},
			MTU: 1400, Server: [4]byte{198, 18, 0, 2}, Lease: 4,
		}
		if q.Type == dhcp.Request {
			answer.Type = dhcp.ACK
		}
		server.sendTo(answer.Append(nil), port(ip4(255, 255, 255, 255), dhcp.ClientPort))
	}
	w.a.WaitConfigured()
	eth := w.a.Interfaces()[1]
	// gVisor's Ethernet endpoint, which the test has, counts its header as payload.
	if eth.MTU != 1400-14 || len(eth.Addrs) == 0 || eth.Addrs[0] != (inet.Prefix{Addr: addrA, Bits: 24}) {
		t.Errorf("eth0 is %+v", eth)
	}
	if diff := cmp.Diff([]inet.Addr{port(addrB, 53)}, w.a.Nameservers()); diff != "" {
		t.Errorf("Nameservers (-want +got):\n%s", diff)
	}
	c, s := pair(t, w.a, w.b, addrB)
	exchange(t, c, s, noise(10000))

	// The renewal comes from the address, to the server.
	b := make([]byte, 1500)
	n, from, _ := server.recvFrom(b, 0)
	q, err := dhcp.Parse(b[:n])
	if err != nil || q.Client != [4]byte{198, 18, 0, 1} || q.Type != dhcp.Request || from.From != port(addrA, dhcp.ClientPort) {
		t.Fatalf("renewal %+v from %v: %v", q, from.From, err)
	}
	// Refused: the address goes, and the client asks from nothing.
	nak := dhcp.Message{Reply: true, Type: dhcp.NAK, XID: q.XID, MAC: q.MAC, Server: [4]byte{198, 18, 0, 2}}
	server.sendTo(nak.Append(nil), from.From)
	n, from, _ = server.recvFrom(b, 0)
	if q, err = dhcp.Parse(b[:n]); err != nil || q.Type != dhcp.Discover || from.From.IP != unspec4.IP {
		t.Fatalf("after a refusal: %+v from %v: %v", q, from.From, err)
	}
	if k := open(t, w.a, inet.Family4, inet.Stream, 0); k.connect(port(addrB, 80)) != linux.ENETUNREACH {
		t.Error("the refused address is still in use")
	}
}
