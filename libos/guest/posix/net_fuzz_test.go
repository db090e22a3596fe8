package posix

import (
	"syscall"
	"testing"

	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// FuzzControl: control messages of any bytes are read without a panic, and
// those that are read lie in the input, one behind the other.
func FuzzControl(f *testing.F) {
	m := message{control: make([]byte, 64)}
	copy(m.putCmsg(linux.SolSocket, linux.ScmRights, 4), []byte{1, 0, 0, 0})
	copy(m.putCmsg(linux.SolIP, linux.IPPktinfo, 12), []byte{2, 0, 0, 0, 127, 0, 0, 1})
	f.Add(m.control[:m.stored])
	m = message{control: make([]byte, 64)}
	copy(m.putCmsg(linux.SolIPv6, linux.IPv6Pktinfo, 20), []byte{15: 1})
	copy(m.putCmsg(linux.SolIPv6, linux.IPv6Hoplimit, 4), []byte{5, 0, 0, 0})
	f.Add(m.control[:m.stored])
	f.Add([]byte{3, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0})
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255, 1, 0, 0, 0, 1, 0, 0, 0})
	p, _, _ := newNet(f)
	un := &unixSocket{}
	un.sockets.n = &network{p: p}
	v4, v6 := &inetSocket{}, &inetSocket{}
	v4.family, v4.kind, v6.family, v6.kind = linux.AfInet, linux.SockDgram, linux.AfInet6, linux.SockDgram
	f.Fuzz(func(t *testing.T, b []byte) {
		used, list := 0, b
		for {
			c, rest, ok, errno := nextCmsg(list)
			if errno != 0 || !ok {
				break
			}
			if used += linux.CmsgHeader + len(c.data); used > len(b) {
				t.Fatalf("messages of %d bytes in %d", used, len(b))
			}
			list = rest
		}
		if with, errno := un.parseControl(b); errno == 0 {
			with.drop()
		}
		for _, s := range []*inetSocket{v4, v6} {
			o := inet.Origin{TTL: -1, TOS: -1}
			if _, errno := s.parseOrigin(b, &o); errno == 0 && (o.TTL < -1 || o.TTL > 255 || o.TOS < -1 || o.TOS > 255) {
				t.Fatalf("origin %+v", o)
			}
		}
		// The descriptors are those that there were.
		if n := must(t, p, linux.SysSocket, linux.AfUnix, linux.SockStream, 0); n != 3 {
			t.Fatalf("descriptors leaked: the next is %d", n)
		}
		p.close(3)
	})
}

// FuzzSockaddr: what parseAddr accepts, formatAddr stores again.
func FuzzSockaddr(f *testing.F) {
	f.Add(in4(80, 127, 0, 0, 1))
	f.Add(append([]byte{linux.AfInet6, 0, 0, 80}, make([]byte, 24)...))
	f.Add(append([]byte{linux.AfPacket, 0, 8, 0, 2, 0, 0, 0, 0, 0, 0, 6}, 1, 2, 3, 4, 5, 6, 0, 0))
	f.Add([]byte("\x01\x00/path\x00"))
	f.Add([]byte("\x01\x00\x00abstract"))
	f.Fuzz(func(t *testing.T, sa []byte) {
		for _, family := range []int{linux.AfInet, linux.AfInet6, linux.AfPacket} {
			a, errno := parseAddr(sa, family)
			if errno != 0 {
				continue
			}
			var b [linux.SockaddrIn6]byte
			n := formatAddr(b[:], &a, family)
			again, errno := parseAddr(b[:n], family)
			if errno != 0 || again != a {
				t.Fatalf("%x is %+v, which is %x, which is %+v, error %d", sa, a, b[:n], again, errno)
			}
			isLocal(&a)
		}
		if path, abstract, errno := checkUnix(sa); errno == 0 && (path == "" || abstract != (path[0] == 0) || len(path) > 108) {
			t.Fatalf("%x is %q", sa, path)
		}
		parseNetlink(sa)
	})
}

// FuzzNetlink: requests of any bytes have answers that the standard library
// can read.
func FuzzNetlink(f *testing.F) {
	for _, kind := range []uint16{linux.RtmGetlink, linux.RtmGetaddr, linux.RtmGetroute, linux.RtmNewlink, linux.NlmsgNoop} {
		f.Add(dumpRequest(kind))
	}
	f.Add(append(dumpRequest(linux.RtmGetaddr), dumpRequest(linux.RtmGetroute)...))
	st := newFakeStack()
	f.Fuzz(func(t *testing.T, b []byte) {
		w := netlinkWriter{port: 9}
		w.serve(b, st)
		for _, d := range w.out {
			msgs, err := syscall.ParseNetlinkMessage(d)
			if err != nil || len(msgs) == 0 {
				t.Fatalf("answer %x: %v", d, err)
			}
			for _, m := range msgs {
				if m.Header.Type == linux.NlmsgDone || m.Header.Type == linux.NlmsgError {
					continue
				}
				if _, err := syscall.ParseNetlinkRouteAttr(&m); err != nil {
					t.Fatalf("attributes of %x: %v", m.Data, err)
				}
			}
		}
	})
}
