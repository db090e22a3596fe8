package main

import (
	"fmt"
	"net"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

func packets() error {
	a, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	b, err := net.DialUDP("udp", nil, a.LocalAddr().(*net.UDPAddr))
	if err != nil {
		return err
	}
	for _, n := range []int{0, 1, 1472, 20000, 65507} {
		sent, err := b.Write(make([]byte, n))
		buf := make([]byte, 65536)
		got, from, err2 := a.ReadFromUDPAddrPort(buf)
		fmt.Println(sent, err, got, err2, from == b.LocalAddr().(*net.UDPAddr).AddrPort())
	}
	b.Write([]byte("too long for the buffer"))
	n, err := a.Read(make([]byte, 3))
	fmt.Println(n, err)
	b.Write([]byte("with a control message"))
	n, oobn, flags, _, err := a.ReadMsgUDP(make([]byte, 4), make([]byte, 100))
	fmt.Println(n, oobn, flags&0x20 != 0, err)
	_, err = b.WriteTo([]byte("x"), a.LocalAddr())
	fmt.Println(err != nil)

	// Both families on one socket.
	c, err := net.ListenUDP("udp", nil)
	if err != nil {
		return err
	}
	port := c.LocalAddr().(*net.UDPAddr).Port
	for _, ip := range []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback} {
		d, err := net.DialUDP("udp", nil, &net.UDPAddr{IP: ip, Port: port})
		if err != nil {
			return err
		}
		d.Write([]byte("hello"))
		buf := make([]byte, 10)
		n, from, err := c.ReadFromUDP(buf)
		fmt.Println(string(buf[:n]), from.IP, err)
		c.WriteTo([]byte("back"), from)
		n, err = d.Read(buf)
		fmt.Println(string(buf[:n]), err)
	}
	return nil
}

func control4() error {
	c, err := net.ListenPacket("udp4", "0.0.0.0:0")
	if err != nil {
		return err
	}
	c.SetDeadline(time.Now().Add(5 * time.Second))
	p := ipv4.NewPacketConn(c)
	show("control messages", p.SetControlMessage(ipv4.FlagTTL|ipv4.FlagDst|ipv4.FlagInterface, true))
	show("TTL", p.SetTTL(33))
	show("TOS", p.SetTOS(0x28))
	ttl, err := p.TTL()
	fmt.Println(ttl, err)
	tos, err := p.TOS()
	fmt.Println(tos, err)
	to := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: c.LocalAddr().(*net.UDPAddr).Port}
	buf := make([]byte, 100)
	for i, cm := range []*ipv4.ControlMessage{nil, {TTL: 7}, {Src: net.IPv4(127, 0, 0, 5)}} {
		_, err = p.WriteTo(fmt.Appendf(nil, "datagram %d", i), cm, to)
		show("send", err)
		if err != nil {
			continue
		}
		n, got, from, err := p.ReadFrom(buf)
		if err != nil {
			show("receive", err)
			continue
		}
		fmt.Printf("%q TTL %d to %v on %s from %v\n", buf[:n], got.TTL, got.Dst, name(got.IfIndex), from.(*net.UDPAddr).IP)
	}
	out := make([]ipv4.Message, 10)
	for i := range out {
		out[i] = ipv4.Message{Buffers: [][]byte{[]byte("part one, "), fmt.Appendf(nil, "part two of %d", i)}, Addr: to}
	}
	n, err := p.WriteBatch(out, 0)
	fmt.Println(n, err)
	in := make([]ipv4.Message, 10)
	for i := range in {
		in[i] = ipv4.Message{Buffers: [][]byte{make([]byte, 5), make([]byte, 50)}, OOB: ipv4.NewControlMessage(ipv4.FlagTTL)}
	}
	for got := 0; got < 10; {
		n, err := p.ReadBatch(in[:10-got], 0)
		if err != nil {
			return err
		}
		for _, m := range in[:n] {
			fmt.Printf("%q %q\n", m.Buffers[0], m.Buffers[1][:m.N-5])
		}
		got += n
	}

	lo, err := net.InterfaceByName("lo")
	if err != nil {
		return err
	}
	group := &net.UDPAddr{IP: net.IPv4(224, 0, 0, 250)}
	show("join", p.JoinGroup(lo, group))
	show("join again", p.JoinGroup(lo, group))
	show("interface", p.SetMulticastInterface(lo))
	show("loop", p.SetMulticastLoopback(true))
	_, err = p.WriteTo([]byte("to the group"), nil, &net.UDPAddr{IP: group.IP, Port: to.Port})
	show("send", err)
	if size, got, _, err := p.ReadFrom(buf); err != nil {
		show("receive", err)
	} else {
		fmt.Printf("%q to %v TTL %d\n", buf[:size], got.Dst, got.TTL)
	}
	show("leave", p.LeaveGroup(lo, group))
	show("leave again", p.LeaveGroup(lo, group))
	return nil
}

func control6() error {
	c, err := net.ListenPacket("udp6", "[::]:0")
	if err != nil {
		return err
	}
	c.SetDeadline(time.Now().Add(5 * time.Second))
	p := ipv6.NewPacketConn(c)
	show("control messages", p.SetControlMessage(ipv6.FlagHopLimit|ipv6.FlagDst|ipv6.FlagInterface|ipv6.FlagTrafficClass, true))
	show("hop limit", p.SetHopLimit(44))
	show("traffic class", p.SetTrafficClass(0x20))
	limit, err := p.HopLimit()
	fmt.Println(limit, err)
	to := &net.UDPAddr{IP: net.IPv6loopback, Port: c.LocalAddr().(*net.UDPAddr).Port}
	buf := make([]byte, 100)
	for i, cm := range []*ipv6.ControlMessage{nil, {HopLimit: 9}, {Src: net.IPv6loopback}} {
		if _, err := p.WriteTo(fmt.Appendf(nil, "datagram %d", i), cm, to); err != nil {
			show("send", err)
			continue
		}
		n, got, from, err := p.ReadFrom(buf)
		if err != nil {
			show("receive", err)
			continue
		}
		fmt.Printf("%q limit %d class %#x to %v on %s from %v\n", buf[:n], got.HopLimit, got.TrafficClass, got.Dst, name(got.IfIndex), from.(*net.UDPAddr).IP)
	}
	return nil
}

func name(index int) string {
	i, err := net.InterfaceByIndex(index)
	if err != nil {
		return err.Error()
	}
	return i.Name
}
