package posix

import (
	"unibench/libos/guest/inet"
	"unibench/libos/guest/linux"
)

// stackView is what rtnetlink shows of a stack.
type stackView interface {
	Interfaces() []inet.Interface
	Routes() []inet.Route
}

// datagramMax is the most that one answer holds: programs receive into a page.
const datagramMax = 4096

// netlinkWriter makes the answers to requests of rtnetlink(7).
type netlinkWriter struct {
	port uint32 // of the one that asked

	out  [][]byte // datagrams
	b    []byte   // the one being made
	at   int      // where the message being made begins
	seq  uint32
	kind uint16
	bits uint16
}

// serve answers the requests in b, which are untrusted.
func (w *netlinkWriter) serve(b []byte, stack stackView) {
	for len(b) >= linux.NlmsgHdr {
		size := int(le32(b))
		if size < linux.NlmsgHdr || size > len(b) {
			break
		}
		w.request(b[:size], stack)
		w.flush()
		b = b[min(len(b), (size+3)&^3):]
	}
}

// request answers one request: struct nlmsghdr (length, type, flags, sequence,
// port) and a family in the next byte.
func (w *netlinkWriter) request(b []byte, stack stackView) {
	kind, flags := le16(b[4:]), le16(b[6:])
	w.seq = le32(b[8:])
	if flags&linux.NlmFRequest == 0 || kind < 16 {
		if flags&linux.NlmFAck != 0 {
			w.fault(b, 0)
		}
		return
	}
	family := uint8(0)
	if len(b) > linux.NlmsgHdr {
		family = b[linux.NlmsgHdr]
	}
	dump := flags&linux.NlmFDump == linux.NlmFDump
	index := 0
	if kind == linux.RtmGetlink && !dump && len(b) >= linux.NlmsgHdr+16 {
		index = int(int32(le32(b[linux.NlmsgHdr+4:])))
		if index <= 0 {
			w.fault(b, linux.EINVAL)
			return
		}
	}
	switch {
	case stack == nil || kind > linux.RtmMax:
		w.fault(b, linux.EOPNOTSUPP)
		return
	case !dump && index == 0:
		w.fault(b, linux.EOPNOTSUPP)
		return
	}
	if dump {
		w.bits = linux.NlmFMulti
	} else {
		w.bits = 0
	}
	switch kind {
	case linux.RtmGetlink:
		found := false
		for _, i := range stack.Interfaces() {
			if index == 0 || index == i.Index {
				w.link(&i)
				found = true
			}
		}
		if !found && index != 0 {
			w.fault(b, linux.ENODEV)
			return
		}
	case linux.RtmGetaddr:
		for _, want := range [...]uint16{linux.AfInet, linux.AfInet6} {
			for _, i := range stack.Interfaces() {
				for _, p := range i.Addrs {
					if p.Addr.Family == want && (family == 0 || family == uint8(want)) {
						w.addr(&i, p)
					}
				}
			}
		}
	case linux.RtmGetroute:
		for _, want := range [...]uint16{linux.AfInet, linux.AfInet6} {
			for _, r := range stack.Routes() {
				if r.Dest.Addr.Family == want && (family == 0 || family == uint8(want)) {
					w.route(&r)
				}
			}
		}
	default:
		w.fault(b, linux.EOPNOTSUPP)
		return
	}
	if dump {
		w.begin(linux.NlmsgDone)
		w.uint32(0)
		w.end()
	} else if flags&linux.NlmFAck != 0 {
		w.fault(b, 0)
	}
}

// fault answers with NLMSG_ERROR, which with errno 0 is an acknowledgement.
func (w *netlinkWriter) fault(request []byte, errno linux.Errno) {
	w.bits = 0
	w.begin(linux.NlmsgError)
	w.uint32(uint32(-int32(errno)))
	w.b = append(w.b, request[:linux.NlmsgHdr]...)
	w.end()
}

func (w *netlinkWriter) begin(kind uint16) {
	w.at, w.kind = len(w.b), kind
	w.b = append(w.b, make([]byte, linux.NlmsgHdr)...)
}

// end finishes a message. One that does not fit beside those before it begins
// another datagram.
func (w *netlinkWriter) end() {
	size := len(w.b) - w.at
	for len(w.b)%4 != 0 {
		w.b = append(w.b, 0)
	}
	h := w.b[w.at:]
	putLE32(h, uint32(size))
	putLE16(h[4:], w.kind)
	putLE16(h[6:], w.bits)
	putLE32(h[8:], w.seq)
	putLE32(h[12:], w.port)
	if len(w.b) > datagramMax && w.at > 0 {
		last := append([]byte(nil), h...)
		w.b = w.b[:w.at]
		w.flush()
		w.b = last
	}
}

func (w *netlinkWriter) flush() {
	if len(w.b) > 0 {
		w.out = append(w.out, w.b)
	}
	w.b = nil
}

func (w *netlinkWriter) uint32(v uint32) {
	w.b = append(w.b, byte(v), byte(v>>8), byte(v>>16), byte(v>>24))
}

// attr appends an attribute: length, type, data, padding to 4.
func (w *netlinkWriter) attr(kind uint16, data []byte) {
	n := 4 + len(data)
	w.b = append(w.b, byte(n), byte(n>>8), byte(kind), byte(kind>>8))
	w.b = append(w.b, data...)
	for len(w.b)%4 != 0 {
		w.b = append(w.b, 0)
	}
}

func (w *netlinkWriter) attr32(kind uint16, v uint32) {
	w.attr(kind, []byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)})
}

// link is struct ifinfomsg (family, type, index, flags, change) and attributes.
func (w *netlinkWriter) link(i *inet.Interface) {
	w.begin(linux.RtmNewlink)
	w.b = append(w.b, 0, 0, byte(i.Type), byte(i.Type>>8))
	w.uint32(uint32(i.Index))
	w.uint32(i.Flags)
	w.uint32(0)
	w.attr(linux.IflaIfname, append([]byte(i.Name), 0))
	w.attr32(linux.IflaTxqlen, 1000)
	state := byte(linux.IfOperUp)
	broadcast := [6]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	if i.Type == linux.ArphrdLoopback {
		state, broadcast = linux.IfOperUnknown, [6]byte{}
	}
	w.attr(linux.IflaOperstate, []byte{state})
	w.attr32(linux.IflaMtu, uint32(i.MTU))
	w.attr(linux.IflaAddress, i.MAC[:])
	w.attr(linux.IflaBroadcast, broadcast[:])
	w.end()
}

// bytes returns the address as it is on the wire.
func ipBytes(a *inet.Addr) []byte {
	if a.Family == linux.AfInet {
		return a.IP[:4]
	}
	return a.IP[:]
}

// addr is struct ifaddrmsg (family, prefix length, flags, scope, index) and
// attributes.
func (w *netlinkWriter) addr(i *inet.Interface, p inet.Prefix) {
	scope := byte(linux.RtScopeUniverse)
	switch {
	case isLocal(&p.Addr):
		scope = linux.RtScopeHost
	case p.Addr.Family == linux.AfInet6 && p.Addr.IP[0] == 0xfe && p.Addr.IP[1]&0xc0 == 0x80:
		scope = linux.RtScopeLink
	}
	w.begin(linux.RtmNewaddr)
	w.b = append(w.b, byte(p.Addr.Family), byte(p.Bits), linux.IfaFPermanent, scope)
	w.uint32(uint32(i.Index))
	w.attr(linux.IfaAddress, ipBytes(&p.Addr))
	if p.Addr.Family == linux.AfInet {
		w.attr(linux.IfaLocal, ipBytes(&p.Addr))
		if i.Flags&linux.IffBroadcast != 0 && p.Bits < 31 {
			b := broadcastOf(p)
			w.attr(linux.IfaBroadcast, b[:])
		}
		w.attr(linux.IfaLabel, append([]byte(i.Name), 0))
	}
	w.attr32(linux.IfaFlags, linux.IfaFPermanent)
	w.end()
}

// netmask returns the mask of an IPv4 network.
func netmask(bits int) (m [4]byte) {
	for i := range min(max(bits, 0), 32) {
		m[i/8] |= 0x80 >> (i % 8)
	}
	return m
}

// broadcastOf returns the broadcast address of an IPv4 network.
func broadcastOf(p inet.Prefix) (b [4]byte) {
	m := netmask(p.Bits)
	for i := range b {
		b[i] = p.Addr.IP[i] | ^m[i]
	}
	return b
}

// route is struct rtmsg (family, destination and source length, TOS, table,
// protocol, scope, type, flags) and attributes.
func (w *netlinkWriter) route(r *inet.Route) {
	scope := byte(linux.RtScopeLink)
	if r.Gateway.Family != inet.FamilyUnspec {
		scope = linux.RtScopeUniverse
	}
	w.begin(linux.RtmNewroute)
	w.b = append(w.b, byte(r.Dest.Addr.Family), byte(r.Dest.Bits), 0, 0, linux.RtTableMain, linux.RtprotBoot, scope, linux.RtnUnicast)
	w.uint32(0)
	w.attr32(linux.RtaTable, linux.RtTableMain)
	if r.Dest.Bits > 0 {
		w.attr(linux.RtaDst, ipBytes(&r.Dest.Addr))
	}
	if r.Gateway.Family != inet.FamilyUnspec {
		w.attr(linux.RtaGateway, ipBytes(&r.Gateway))
	}
	w.attr32(linux.RtaOif, uint32(r.Interface))
	w.end()
}
