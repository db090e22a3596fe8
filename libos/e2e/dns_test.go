package e2e

import (
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// zone is what the test's name server knows.
var zone = map[string][]dnsmessage.ResourceBody{
	"two.example.": {
		&dnsmessage.AResource{A: [4]byte{198, 18, 0, 7}}, &dnsmessage.AResource{A: [4]byte{198, 18, 0, 8}},
		&dnsmessage.AAAAResource{AAAA: [16]byte{0: 0xfd, 15: 7}},
	},
	"alias.example.": {&dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName("two.example.")}},
	// Too long for a datagram: the client has to come again by TCP.
	"long.example.":            {&dnsmessage.TXTResource{TXT: []string{strings.Repeat("t", 250), strings.Repeat("u", 250)}}},
	"7.0.18.198.in-addr.arpa.": {&dnsmessage.PTRResource{PTR: dnsmessage.MustNewName("two.example.")}},
}

// longTexts is how often the answer for long.example is in it.
const longTexts = 20

// questions counts those to a name server, by transport.
type questions struct{ udp, tcp atomic.Int32 }

// nameServer starts one at the host's end of w.
func nameServer(t *testing.T, w *world) *questions {
	var udp net.PacketConn
	var tcp net.Listener
	var err error
	w.do(func() {
		if udp, err = net.ListenPacket("udp", hostIP+":53"); err == nil {
			tcp, err = net.Listen("tcp", hostIP+":53")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	asked := &questions{}
	ended := make(chan bool, 2)
	t.Cleanup(func() {
		udp.Close()
		tcp.Close()
		<-ended
		<-ended
	})
	go func() {
		defer func() { ended <- true }()
		b := make([]byte, 1500)
		for {
			n, from, err := udp.ReadFrom(b)
			if err != nil {
				return
			}
			asked.udp.Add(1)
			if a, ok := answerDNS(b[:n], 1200); ok {
				udp.WriteTo(a, from)
			}
		}
	}()
	go func() {
		defer func() { ended <- true }()
		for {
			c, err := tcp.Accept()
			if err != nil {
				return
			}
			var size [2]byte
			io.ReadFull(c, size[:])
			b := make([]byte, binary.BigEndian.Uint16(size[:]))
			if _, err := io.ReadFull(c, b); err == nil {
				asked.tcp.Add(1)
				if a, ok := answerDNS(b, 65535); ok {
					c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(a))), a...))
				}
			}
			c.Close()
		}
	}()
	return asked
}

// answerDNS answers a question in up to limit bytes.
func answerDNS(question []byte, limit int) ([]byte, bool) {
	var p dnsmessage.Parser
	h, err := p.Start(question)
	if err != nil {
		return nil, false
	}
	q, err := p.Question()
	if err != nil {
		return nil, false
	}
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: h.ID, Response: true, Authoritative: true, RecursionDesired: h.RecursionDesired, RecursionAvailable: true},
		Questions: []dnsmessage.Question{q},
	}
	add := func(name string, body dnsmessage.ResourceBody) {
		m.Answers = append(m.Answers, dnsmessage.Resource{
			Header: dnsmessage.ResourceHeader{Name: dnsmessage.MustNewName(name), Class: dnsmessage.ClassINET, TTL: 60}, Body: body,
		})
	}
	name := q.Name.String()
	if len(zone[name]) == 0 {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, body := range zone[name] {
		switch b := body.(type) {
		case *dnsmessage.CNAMEResource:
			add(name, b)
			for _, more := range zone[b.CNAME.String()] {
				if kind(more) == q.Type {
					add(b.CNAME.String(), more)
				}
			}
		case *dnsmessage.TXTResource:
			for range longTexts {
				add(name, b)
			}
		default:
			if kind(b) == q.Type {
				add(name, b)
			}
		}
	}
	b, err := m.Pack()
	if err == nil && len(b) > limit {
		m.Answers, m.Truncated = nil, true
		b, err = m.Pack()
	}
	return b, err == nil
}

// kind is the type of a record.
func kind(b dnsmessage.ResourceBody) dnsmessage.Type {
	switch b.(type) {
	case *dnsmessage.AResource:
		return dnsmessage.TypeA
	case *dnsmessage.AAAAResource:
		return dnsmessage.TypeAAAA
	case *dnsmessage.PTRResource:
		return dnsmessage.TypePTR
	}
	return 0
}
