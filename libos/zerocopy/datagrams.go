package zerocopy

import (
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
)

// datagrams is the backend for UDP on Linux: batches of datagrams, in buffers
// that are used again.
type datagrams struct {
	conn *ipv4.PacketConn
	pool pool

	in, out  []ipv4.Message
	borrowed []uint64 // the buffers in in
	to       []net.UDPAddr
}

// maxDatagram is the largest datagram that arrives whole: an IPv4 packet's.
const maxDatagram = 65507

// maxBatch is the most datagrams of one system call.
const maxBatch = 64

// newDatagrams uses package ipv4 for its batches alone: they are the same for
// IPv6 sockets.
func newDatagrams(c *net.UDPConn) *datagrams {
	return &datagrams{conn: ipv4.NewPacketConn(c), pool: pool{size: maxDatagram}}
}

func (d *datagrams) copies() bool { return true }

func (d *datagrams) recv(ms []Message) (int, error) {
	ms = ms[:min(len(ms), maxBatch)]
	for len(d.in) < len(ms) {
		d.in = append(d.in, ipv4.Message{Buffers: make([][]byte, 1)})
		d.borrowed = append(d.borrowed, 0)
	}
	batch := d.in[:len(ms)]
	for i := range batch {
		if batch[i].Buffers[0] == nil {
			batch[i].Buffers[0], d.borrowed[i] = d.pool.get()
		}
	}
	n, err := d.conn.ReadBatch(batch, 0)
	if err != nil {
		return 0, err
	}
	for i, m := range batch[:n] {
		ms[i] = Message{Data: m.Buffers[0][:m.N], lent: lease{&d.pool, d.borrowed[i]}}
		if from, ok := m.Addr.(*net.UDPAddr); ok {
			ms[i].Addr = from.AddrPort()
		}
		batch[i].Buffers[0] = nil
	}
	return n, nil
}

func (d *datagrams) send(ms []Message) error {
	for len(d.to) < min(len(ms), maxBatch) {
		d.to = append(d.to, net.UDPAddr{})
		d.out = append(d.out, ipv4.Message{Buffers: make([][]byte, 1)})
	}
	defer func() {
		for i := range ms {
			ms[i].drop() // the kernel copied it, or it will not be sent
		}
	}()
	for rest := ms; len(rest) > 0; {
		batch := d.out[:min(len(rest), maxBatch)]
		for i := range batch {
			batch[i].Buffers[0], batch[i].Addr = rest[i].Data, nil
			if a := rest[i].Addr; a.IsValid() {
				d.to[i] = net.UDPAddr{IP: append(d.to[i].IP[:0], ip(a)...), Port: int(a.Port()), Zone: a.Addr().Zone()}
				batch[i].Addr = &d.to[i]
			}
		}
		n, err := d.conn.WriteBatch(batch, 0)
		if err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

func (d *datagrams) wait() error { return nil }

func ip(a netip.AddrPort) []byte {
	b := a.Addr().As16()
	return b[:]
}
