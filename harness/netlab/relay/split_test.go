package relay

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
)

// bigFrame makes what a socket gives for a large write of TCP or UDP.
func bigFrame(v6, udp bool, segment int, payload []byte) []byte {
	ipBytes, transportBytes, checksum := ipv4HeaderBytes, tcpHeaderBytes+12, 16
	gso := byte(gsoTCP4)
	if v6 {
		ipBytes, gso = ipv6HeaderBytes, gsoTCP6
	}
	if udp {
		transportBytes, checksum, gso = udpHeaderBytes, 6, gsoUDP
	}
	b := make([]byte, headerBytes+ethernetBytes+ipBytes+transportBytes)
	b[0], b[1] = flagNeedsChecksum, gso
	binary.LittleEndian.PutUint16(b[2:], uint16(ethernetBytes+ipBytes+transportBytes))
	binary.LittleEndian.PutUint16(b[4:], uint16(segment))
	binary.LittleEndian.PutUint16(b[6:], uint16(ethernetBytes+ipBytes))
	binary.LittleEndian.PutUint16(b[8:], uint16(checksum))
	ether, protocol := uint16(etherIPv4), byte(protocolTCP)
	if udp {
		protocol = protocolUDP
	}
	ip := b[headerBytes+ethernetBytes:]
	if v6 {
		ether = etherIPv6
		ip[0], ip[6] = 0x60, protocol
		copy(ip[8:], "source address, destination addr")
	} else {
		ip[0], ip[8], ip[9] = 0x45, 64, protocol
		binary.BigEndian.PutUint16(ip[4:], 0xfffe) // the number wraps
		copy(ip[12:], "\xc6\x12\x00\x01\xc6\x12\x00\x02")
	}
	binary.BigEndian.PutUint16(b[headerBytes+12:], ether)
	transport := ip[ipBytes:]
	if !udp {
		binary.BigEndian.PutUint32(transport[4:], 0xfffffff0) // so does this
		transport[12] = (tcpHeaderBytes + 12) / 4 << 4
		transport[13] = 0x10 | tcpFIN | tcpPSH | tcpCWR
		copy(transport[20:], "12 of option")
	}
	return append(b, payload...)
}

// complete finishes the checksum of a frame, as the other side does, and says
// whether that of IPv4 is right and that of TCP or UDP then is.
func complete(b []byte, v6 bool) (ip4, transport bool) {
	h := header{b}
	start := headerBytes + h.checksumStart()
	at := start + h.checksumOffset()
	ip := b[headerBytes+ethernetBytes:]
	pad := func(p []byte) []byte { return append(bytes.Clone(p), make([]byte, len(p)%2)...) }
	binary.BigEndian.PutUint16(b[at:], ^sum(0, pad(b[start:])))
	addresses, protocol := ip[12:20], ip[9]
	if v6 {
		addresses, protocol = ip[8:40], ip[6]
	}
	total := sum(uint32(protocol)+uint32(len(b)-start), addresses)
	return v6 || sum(0, ip[:20]) == 0xffff, sum(uint32(total), pad(b[start:])) == 0xffff
}

func TestSplit(t *testing.T) {
	payload := make([]byte, 10_001)
	for i := range payload {
		payload[i] = byte(i * 7)
	}
	const segment = 1448
	for _, tt := range []struct {
		name    string
		v6, udp bool
	}{{"tcp4", false, false}, {"tcp6", true, false}, {"udp4", false, true}, {"udp6", true, true}} {
		t.Run(tt.name, func(t *testing.T) {
			var got []byte
			n := 0
			err := split(bigFrame(tt.v6, tt.udp, segment, payload), &pool{}, func(f *frame) {
				b := f.bytes
				ip := b[headerBytes+ethernetBytes:]
				start := headerBytes + header{b}.checksumStart()
				last := len(got)+segment >= len(payload)
				if (header{b}).gso() != gsoNone || (header{b}).flags() != flagNeedsChecksum {
					t.Errorf("segment %d has the header % x", n, b[:headerBytes])
				}
				length := int(binary.BigEndian.Uint16(ip[2:]))
				if tt.v6 {
					length = ipv6HeaderBytes + int(binary.BigEndian.Uint16(ip[4:]))
				} else if id := binary.BigEndian.Uint16(ip[4:]); id != uint16(0xfffe+n) {
					t.Errorf("segment %d has number %d", n, id)
				}
				if length != len(ip) {
					t.Errorf("segment %d is %d bytes long and says %d", n, len(ip), length)
				}
				at := start + udpHeaderBytes
				if tt.udp {
					if l := int(binary.BigEndian.Uint16(b[start+4:])); l != len(b)-start {
						t.Errorf("datagram %d of %d bytes says %d", n, len(b)-start, l)
					}
				} else {
					at = start + tcpHeaderBytes + 12
					if seq := binary.BigEndian.Uint32(b[start+4:]); seq != uint32(0xfffffff0+len(got)) {
						t.Errorf("segment %d has sequence number %d", n, seq)
					}
					flags := b[start+13]
					if (flags&tcpCWR != 0) != (n == 0) || (flags&(tcpFIN|tcpPSH) != 0) != last || flags&0x10 == 0 {
						t.Errorf("segment %d, last %v, has flags %#x", n, last, flags)
					}
					if string(b[start+20:at]) != "12 of option" {
						t.Errorf("segment %d has other options", n)
					}
				}
				got = append(got, b[at:]...)
				if ip4, transport := complete(b, tt.v6); !ip4 || !transport {
					t.Errorf("segment %d: checksum of IP right: %v, of what is in it: %v", n, ip4, transport)
				}
				n++
			})
			if err != nil || !bytes.Equal(got, payload) || n != 7 {
				t.Errorf("%d segments, %d bytes, %v; want 7, %d", n, len(got), err, len(payload))
			}
		})
	}
}

func TestSplitPassesOthers(t *testing.T) {
	arp := make([]byte, headerBytes+ethernetBytes+28)
	copy(arp[headerBytes:], "an ARP packet, perhaps")
	n := 0
	err := split(arp, &pool{}, func(f *frame) {
		n++
		if !bytes.Equal(f.bytes, arp) {
			t.Errorf("% x became % x", arp, f.bytes)
		}
	})
	if n != 1 || err != nil {
		t.Errorf("%d frames, %v", n, err)
	}
}

func TestSplitRefuses(t *testing.T) {
	change := func(f func(b []byte)) []byte {
		b := bigFrame(false, false, 1000, make([]byte, 3000))
		f(b)
		return b
	}
	for name, b := range map[string][]byte{
		"empty":             {},
		"short":             make([]byte, 20),
		"too large":         make([]byte, largeBytes+1),
		"unknown kind":      change(func(b []byte) { b[1] = 3 }),
		"no size":           change(func(b []byte) { clear(b[4:6]) }),
		"large size":        change(func(b []byte) { b[5] = 0xff }),
		"no checksum":       change(func(b []byte) { b[0] = 0 }),
		"checksum before":   change(func(b []byte) { b[6] = 0 }),
		"checksum behind":   change(func(b []byte) { b[7] = 0xff }),
		"checksum of UDP":   change(func(b []byte) { b[8] = 6 }),
		"not IP":            change(func(b []byte) { b[headerBytes+12] = 0 }),
		"IPv6 as IPv4":      change(func(b []byte) { b[1] = gsoTCP6 }),
		"not TCP":           change(func(b []byte) { b[headerBytes+ethernetBytes+9] = protocolUDP }),
		"short IP header":   change(func(b []byte) { b[headerBytes+ethernetBytes] = 0x41 }),
		"short TCP header":  change(func(b []byte) { b[headerBytes+ethernetBytes+20+12] = 0x10 }),
		"nothing but start": bigFrame(true, true, 100, nil),
	} {
		if err := split(b, &pool{}, func(*frame) { t.Errorf("%s: a frame came out", name) }); !errors.Is(err, errMalformed) {
			t.Errorf("%s: split = %v, want %v", name, err, errMalformed)
		}
	}
}

// FuzzSplit: whatever a virtual machine writes before its frames, the parts hold
// all of the payload and no part is too large.
func FuzzSplit(f *testing.F) {
	for i := range 4 {
		f.Add(bigFrame(i&1 != 0, i&2 != 0, 700, make([]byte, 2000)))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > maxReadBytes {
			return
		}
		before := bytes.Clone(b)
		p := &pool{}
		var out [][]byte
		err := split(b, p, func(f *frame) { out = append(out, bytes.Clone(f.bytes)); p.put(f) })
		if !bytes.Equal(b, before) {
			t.Error("the input was changed")
		}
		if err != nil {
			if len(out) > 0 {
				t.Errorf("frames came out with %v", err)
			}
			return
		}
		if (header{b}).gso() == gsoNone {
			return
		}
		g, err := parseBig(b)
		if err != nil {
			t.Fatal(err)
		}
		var got []byte
		for _, o := range out {
			if len(o) > largeBytes {
				t.Errorf("a frame of %d bytes", len(o))
			}
			got = append(got, o[g.payload:]...)
		}
		if !bytes.Equal(got, b[g.payload:]) {
			t.Error("the payload changed")
		}
	})
}
