package dhcp_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"unibench/libos/guest/dhcp"
)

var mac = [6]byte{2, 0, 0, 0, 0, 9}

// full has every field.
var full = dhcp.Message{
	Reply: true, Type: dhcp.ACK, XID: 0x12345678, Secs: 3, Broadcast: true,
	Client: [4]byte{10, 0, 0, 1}, Yours: [4]byte{10, 0, 0, 7}, MAC: mac,
	Mask: [4]byte{255, 255, 254, 0}, Router: [4]byte{10, 0, 0, 254},
	DNS: [3][4]byte{{1, 1, 1, 1}, {8, 8, 8, 8}}, MTU: 1400, Requested: [4]byte{10, 0, 0, 8},
	Server: [4]byte{10, 0, 0, 253}, Lease: 3600, Renew: 1800, Rebind: 3000,
}

func TestRoundTrip(t *testing.T) {
	for _, want := range []dhcp.Message{full, {Type: dhcp.Discover, XID: 1, MAC: mac}} {
		b := want.Append([]byte("before"))[6:]
		if len(b) < 300 {
			t.Errorf("message of %d bytes, want 300 or more", len(b))
		}
		got, err := dhcp.Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Parse(Append) (-want +got):\n%s", diff)
		}
	}
}

func TestParse(t *testing.T) {
	b := full.Append(nil)
	edit := func(f func(b []byte) []byte) []byte { return f(bytes.Clone(b)) }
	for _, test := range []struct {
		name string
		b    []byte
		ok   bool
	}{
		{"whole", b, true},
		{"empty", nil, false},
		{"no options", b[:239], false},
		{"no type", b[:240], false},
		{"an option cut", append(bytes.Clone(b[:240]), 53, 1, 5, 51, 4, 0), false},
		{"a length cut", append(bytes.Clone(b[:240]), 53, 1, 5, 51), false},
		{"no end", append(bytes.Clone(b[:240]), 53, 1, 5), true},
		{"another magic", edit(func(b []byte) []byte { b[236]++; return b }), false},
		{"another hardware", edit(func(b []byte) []byte { b[1] = 6; return b }), false},
		{"neither request nor reply", edit(func(b []byte) []byte { b[0] = 3; return b }), false},
	} {
		if _, err := dhcp.Parse(test.b); (err == nil) != test.ok {
			t.Errorf("%s: Parse: %v, want ok %v", test.name, err, test.ok)
		}
	}
	over := make([]byte, 240)
	copy(over, b[:240])
	copy(over[108:], []byte{51, 4, 0, 0, 0, 9, 255}) // in the file field
	copy(over[44:], []byte{1, 4, 255, 0, 0, 0})      // in the server's name
	m, err := dhcp.Parse(append(over, 52, 1, 3, 53, 1, 5, 255))
	if err != nil || m.Lease != 9 || m.Mask != [4]byte{255, 0, 0, 0} {
		t.Errorf("overloaded options: %+v, %v", m, err)
	}
}

func TestWrap(t *testing.T) {
	message := full.Append(nil)
	p := dhcp.Wrap(message)
	if _, err := dhcp.Unwrap(p); err == nil {
		t.Error("Unwrap took a packet for the server's port")
	}
	p[23] = dhcp.ClientPort // the destination, and the checksum with it
	p[27]--
	got, err := dhcp.Unwrap(append(bytes.Clone(p), "trailer"...))
	if err != nil || !bytes.Equal(got, message) {
		t.Fatalf("Unwrap: %v", err)
	}
	for i, name := range map[int]string{0: "version", 6: "fragment", 9: "protocol", 12: "address", 24: "length", 40: "payload"} {
		bad := bytes.Clone(p)
		bad[i] ^= 0x20
		if _, err := dhcp.Unwrap(bad); err == nil {
			t.Errorf("Unwrap took a packet with a wrong %s", name)
		}
	}
	// From a server on the same machine: the checksum is left to a network card.
	partial, n := bytes.Clone(p), 17+len(p)-20
	for i := 12; i < 20; i += 2 {
		n += int(p[i])<<8 | int(p[i+1])
	}
	n = n&0xffff + n>>16
	partial[26], partial[27] = byte(n>>8), byte(n)
	if got, err := dhcp.Unwrap(partial); err != nil || !bytes.Equal(got, message) {
		t.Errorf("Unwrap of a packet with a partial checksum: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(full.Append(nil))
	f.Add(full.Append(nil)[:243])
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := dhcp.Parse(b)
		if err != nil {
			return
		}
		again, err := dhcp.Parse(m.Append(nil))
		if err != nil {
			t.Fatalf("what Parse took, it does not take again: %v", err)
		}
		if again.Yours != m.Yours || again.Lease != m.Lease || again.Type != m.Type {
			t.Errorf("Parse = %+v, again %+v", m, again)
		}
	})
}

func FuzzUnwrap(f *testing.F) {
	f.Add(dhcp.Wrap(full.Append(nil)))
	f.Fuzz(func(t *testing.T, p []byte) {
		if b, err := dhcp.Unwrap(p); err == nil && len(b) > len(p)-28 {
			t.Errorf("Unwrap made %d bytes of %d", len(b), len(p))
		}
	})
}

// A network is a scripted world: each Send takes the next answers of the script.
type network struct {
	t       *testing.T
	script  []func(q dhcp.Message, to [4]byte) []dhcp.Message
	queue   [][]byte
	log     []string
	waits   int // how many are granted
	waited  []time.Duration
	current *dhcp.Lease
}

func (n *network) Open(bare bool) (dhcp.Conn, error) {
	if bare && n.current != nil {
		n.t.Error("Open without an address although there is one")
	}
	return n, nil
}

func (n *network) Close()         { n.queue = nil }
func (n *network) Random() uint32 { return 42 }
func (n *network) Failed(err error) {
	n.log = append(n.log, "failed: "+err.Error())
}

func (n *network) Configure(l *dhcp.Lease) error {
	if n.current = l; l == nil {
		n.log = append(n.log, "no address")
	} else {
		n.log = append(n.log, "address ."+string(rune('0'+l.Addr[3])))
	}
	return nil
}

func (n *network) Wait(d time.Duration) bool {
	n.waited = append(n.waited, d)
	n.waits--
	return n.waits >= 0
}

func (n *network) Send(b []byte, to [4]byte, _ time.Duration) error {
	if len(n.script) == 0 {
		return dhcp.ErrClosed
	}
	q, err := dhcp.Parse(b)
	if err != nil {
		n.t.Fatalf("the client sent no message: %v", err)
	}
	n.queue = nil
	for _, m := range n.script[0](q, to) {
		n.queue = append(n.queue, m.Append(nil))
	}
	n.script = n.script[1:]
	return nil
}

func (n *network) Receive(b []byte) (int, error) {
	if len(n.queue) == 0 {
		return 0, dhcp.ErrTimeout
	}
	k := copy(b, n.queue[0])
	n.queue = n.queue[1:]
	return k, nil
}

var server = [4]byte{10, 0, 0, 253}

// answer is what a server says, with changes.
func answer(q dhcp.Message, kind byte, host byte, change ...func(*dhcp.Message)) dhcp.Message {
	m := dhcp.Message{
		Reply: true, Type: kind, XID: q.XID, MAC: q.MAC, Yours: [4]byte{10, 0, 0, host},
		Mask: [4]byte{255, 255, 255, 0}, Server: server, Lease: 3600,
	}
	for _, f := range change {
		f(&m)
	}
	return m
}

type step = func(q dhcp.Message, to [4]byte) []dhcp.Message

func silence(dhcp.Message, [4]byte) []dhcp.Message { return nil }

func offer(q dhcp.Message, _ [4]byte) []dhcp.Message {
	return []dhcp.Message{answer(q, dhcp.Offer, 7)}
}

func ack(host byte) step {
	return func(q dhcp.Message, _ [4]byte) []dhcp.Message {
		return []dhcp.Message{answer(q, dhcp.ACK, host)}
	}
}

func nak(q dhcp.Message, _ [4]byte) []dhcp.Message {
	return []dhcp.Message{answer(q, dhcp.NAK, 0)}
}

func TestRun(t *testing.T) {
	for _, test := range []struct {
		name   string
		script []step
		waits  int
		want   []string
	}{
		{"an address", []step{offer, ack(7)}, 0, []string{"address .7"}},
		{"a lost offer", []step{silence, offer, ack(7)}, 0, []string{"address .7"}},
		{"a lost answer", []step{offer, silence, offer, ack(7)}, 0, []string{"address .7"}},
		{"refused at first", []step{offer, nak, offer, ack(8)}, 0, []string{"address .8"}},
		{
			"answers that are not ours",
			[]step{func(q dhcp.Message, _ [4]byte) []dhcp.Message {
				return []dhcp.Message{
					answer(q, dhcp.Offer, 1, func(m *dhcp.Message) { m.XID++ }),
					answer(q, dhcp.Offer, 2, func(m *dhcp.Message) { m.MAC[5]++ }),
					answer(q, dhcp.Offer, 3, func(m *dhcp.Message) { m.Reply = false }),
					answer(q, dhcp.ACK, 4),
					answer(q, dhcp.Offer, 5, func(m *dhcp.Message) { m.Yours = [4]byte{224, 0, 0, 5} }),
					answer(q, dhcp.Offer, 6, func(m *dhcp.Message) { m.Server = [4]byte{} }),
					answer(q, dhcp.Offer, 7),
				}
			}, func(q dhcp.Message, _ [4]byte) []dhcp.Message {
				if q.Requested != [4]byte{10, 0, 0, 7} || q.Server != server {
					t.Errorf("request for %v of %v", q.Requested, q.Server)
				}
				return []dhcp.Message{answer(q, dhcp.ACK, 7)}
			}}, 0,
			[]string{"address .7"},
		},
		{"nobody there", []step{silence, silence, silence, silence, silence}, 0, []string{"failed: no DHCP message in time"}},
		{
			"renewed by the server",
			[]step{offer, ack(7), func(q dhcp.Message, to [4]byte) []dhcp.Message {
				if to != server || q.Client != [4]byte{10, 0, 0, 7} || q.Requested != [4]byte{} || q.Server != [4]byte{} {
					t.Errorf("renewal %+v to %v", q, to)
				}
				return ack(7)(q, to)
			}}, 1,
			[]string{"address .7", "address .7"},
		},
		{"refused later, and a new one", []step{offer, ack(7), nak, offer, ack(8)}, 1, []string{"address .7", "no address", "address .8"}},
		{
			"not renewed, then rebound, then expired",
			append([]step{offer, ack(7)}, repeat(30, silence)...), 40,
			[]string{"address .7", "no address"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			n := &network{t: t, script: test.script, waits: test.waits}
			dhcp.Run(n, mac)
			if diff := cmp.Diff(test.want, n.log[:min(len(n.log), len(test.want))]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func repeat(n int, s step) []step {
	var list []step
	for range n {
		list = append(list, s)
	}
	return list
}

// TestTimes: when a lease is renewed.
func TestTimes(t *testing.T) {
	for _, test := range []struct {
		name                 string
		lease, renew, rebind uint32
		want                 time.Duration
	}{
		{"told", 3600, 1000, 2000, 1000 * time.Second},
		{"not told", 3600, 0, 0, 1800 * time.Second},
		{"nonsense", 3600, 9000, 8000, 1800 * time.Second},
		{"rebound early", 3600, 0, 600, 300 * time.Second},
		{"for ever", 0xffffffff, 0, 0, 1 << 30 * time.Second},
	} {
		n := &network{t: t, script: []step{offer, func(q dhcp.Message, _ [4]byte) []dhcp.Message {
			return []dhcp.Message{answer(q, dhcp.ACK, 7, func(m *dhcp.Message) {
				m.Lease, m.Renew, m.Rebind = test.lease, test.renew, test.rebind
			})}
		}}}
		dhcp.Run(n, mac)
		if len(n.waited) != 1 || n.waited[0] != test.want {
			t.Errorf("%s: waits %v, want %v", test.name, n.waited, test.want)
		}
	}
}
