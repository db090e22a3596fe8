package e2e

import (
	"context"
	"encoding/binary"
	"net"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Messages and options of DHCP (RFC 2131, section 2; RFC 2132).
const (
	dhcpDiscover, dhcpOffer, dhcpRequest, dhcpAck = 1, 2, 3, 5

	dhcpMask, dhcpRouter, dhcpDNS, dhcpMTU, dhcpAddress, dhcpLease, dhcpKind, dhcpServer = 1, 3, 6, 26, 50, 51, 53, 54

	dhcpFixed = 236 // bytes before the magic number and the options
)

// dhcpServer gives the guest its address at the host's end of w. It returns the
// kinds of messages that it got, to be read when the guest has ended.
func serveDHCP(t *testing.T, w *world) func() []byte {
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		c.Control(func(fd uintptr) { err = unix.BindToDevice(int(fd), tapName) })
		return err
	}}
	var conn net.PacketConn
	var err error
	w.do(func() { conn, err = config.ListenPacket(context.Background(), "udp4", ":67") })
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan []byte, 1)
	go func() {
		var kinds []byte
		defer func() { ended <- kinds }()
		b := make([]byte, 1500)
		for {
			n, _, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			if n < dhcpFixed+4 {
				continue
			}
			options := parseOptions(b[dhcpFixed+4 : n])
			kind := options[dhcpKind]
			if len(kind) != 1 {
				continue
			}
			kinds = append(kinds, kind[0])
			answer := byte(dhcpOffer)
			if kind[0] == dhcpRequest {
				answer = dhcpAck
				if slices.Compare(options[dhcpAddress], net.ParseIP(guestIP).To4()) != 0 {
					continue
				}
			}
			conn.WriteTo(dhcpAnswer(b[:n], answer), &net.UDPAddr{IP: net.IPv4bcast, Port: 68})
		}
	}()
	return func() []byte {
		conn.Close()
		return <-ended
	}
}

func parseOptions(b []byte) map[byte][]byte {
	options := map[byte][]byte{}
	for len(b) >= 2 && b[0] != 255 {
		if b[0] == 0 {
			b = b[1:]
			continue
		}
		n := min(int(b[1]), len(b)-2)
		options[b[0]] = b[2 : 2+n]
		b = b[2+n:]
	}
	return options
}

func dhcpAnswer(question []byte, kind byte) []byte {
	b := slices.Clone(question[:dhcpFixed+4])
	guest, host := net.ParseIP(guestIP).To4(), net.ParseIP(hostIP).To4()
	b[0] = 2 // BOOTREPLY
	copy(b[16:], guest)
	copy(b[20:], host)
	add := func(option byte, value ...byte) { b = append(append(b, option, byte(len(value))), value...) }
	add(dhcpKind, kind)
	add(dhcpServer, host...)
	add(dhcpLease, binary.BigEndian.AppendUint32(nil, 3600)...)
	add(dhcpMask, 255, 255, 255, 0)
	add(dhcpRouter, host...)
	add(dhcpDNS, host...)
	add(dhcpMTU, 1400>>8, 1400&0xff)
	return append(b, 255)
}

// TestDHCP: the guest asks for its address, and uses what it is told.
func TestDHCP(t *testing.T) {
	start(t)
	b := program(t, own("network"))
	w := newWorld(t)
	nameServer(t, w)
	asked := serveDHCP(t, w)
	j := way("interfaces")
	j.in, j.flags = w, []string{"-net", "tap=" + tapName + ",dhcp,mac=" + guestMAC}
	o := j.asUnikernel(t, b)
	want := "1 lo 65536  up|loopback|running\n    127.0.0.1/8\n    ::1/128\n" +
		"2 eth0 1400 " + guestMAC + " up|broadcast|multicast|running\n    " + guestIP + "/24\n    fe80::ff:fe00:2/64\n" +
		"from " + guestIP + "\n"
	if o.Status != 0 || o.Stdout != want {
		t.Errorf("interfaces: %+v, want output %q", o, want)
	}
	j.args = []string{"resolve"}
	if o := j.asUnikernel(t, b); o.Status != 0 || o.Stdout != resolved {
		t.Errorf("resolve: %+v, want output %q", o, resolved)
	}
	if kinds := asked(); !slices.Equal(kinds, []byte{dhcpDiscover, dhcpRequest, dhcpDiscover, dhcpRequest}) {
		t.Errorf("the DHCP server got messages of types %v", kinds)
	}
}
