package netlab

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"
)

// Numbers of ICMP (RFC 792) and ICMPv6 (RFC 4443).
const (
	echoRequest4, echoReply4 = 8, 0
	echoRequest6, echoReply6 = 128, 129
)

// pingRetry is how long an answer may take before another request is sent: the
// first may be lost while the other side is still starting.
const pingRetry = 50 * time.Millisecond

// Ping sends ICMP echo requests to an address from the generator until one is
// answered, ctx ends or the kernel refuses, and returns the round trip time of the
// one that was answered.
func (w *World) Ping(ctx context.Context, to netip.Addr) (time.Duration, error) {
	rtt, err := w.ping(ctx, to)
	if err != nil {
		return 0, fmt.Errorf("ping %s: %w", to, err)
	}
	return rtt, nil
}

func (w *World) ping(ctx context.Context, to netip.Addr) (time.Duration, error) {
	network, request, reply := "ip4:icmp", byte(echoRequest4), byte(echoReply4)
	if to.Is6() {
		network, request, reply = "ip6:ipv6-icmp", echoRequest6, echoReply6
	}
	conn, err := w.Dial(ctx, Generator, network, to.String())
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })()
	p := pinger{conn: conn.(*net.IPConn), request: request, reply: reply}
	for n := uint16(1); ; n++ {
		rtt, err := p.once(n, pingRetry)
		switch {
		case err == nil:
			return rtt, nil
		case ctx.Err() != nil:
			return 0, fmt.Errorf("no answer: %w", ctx.Err())
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return 0, err
		}
	}
}

// pinger exchanges echo messages on a raw socket.
type pinger struct {
	conn           *net.IPConn
	request, reply byte
	buf            [1500]byte
}

// once sends request n and waits for its answer.
func (p *pinger) once(n uint16, limit time.Duration) (time.Duration, error) {
	const id = 0x7562
	msg := [16]byte{0: p.request}
	binary.BigEndian.PutUint16(msg[4:], id)
	binary.BigEndian.PutUint16(msg[6:], n)
	// The kernel fills in the checksum of ICMPv6, which covers addresses.
	if p.request == echoRequest4 {
		binary.BigEndian.PutUint16(msg[2:], ^sum(msg[:]))
	}
	start := time.Now()
	if err := p.conn.SetReadDeadline(start.Add(limit)); err != nil {
		return 0, err
	}
	if _, err := p.conn.Write(msg[:]); err != nil {
		return 0, err
	}
	for {
		got, _, err := p.conn.ReadFromIP(p.buf[:]) // without the IPv4 header
		if err != nil {
			return 0, err
		}
		b := p.buf[:got]
		if len(b) >= 8 && b[0] == p.reply && binary.BigEndian.Uint16(b[4:]) == id && binary.BigEndian.Uint16(b[6:]) == n {
			return time.Since(start), nil
		}
	}
}

// sum is the Internet checksum before inversion (RFC 1071) of an even number of
// bytes.
func sum(b []byte) uint16 {
	var s uint32
	for i := 0; i+1 < len(b); i += 2 {
		s += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for s > 0xffff {
		s = s>>16 + s&0xffff
	}
	return uint16(s)
}
