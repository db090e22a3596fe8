package dhcp

import (
	"encoding/binary"
	"errors"
)

// Kinds of messages (RFC 2132, 9.6).
const (
	Discover = 1
	Offer    = 2
	Request  = 3
	ACK      = 5
	NAK      = 6
)

// Ports (RFC 2131, 4.1).
const (
	ServerPort = 67
	ClientPort = 68
)

// Numbers of options (RFC 2132).
const (
	optionPad      = 0
	optionMask     = 1
	optionRouter   = 3
	optionDNS      = 6
	optionMTU      = 26
	optionAddress  = 50
	optionLease    = 51
	optionOverload = 52
	optionType     = 53
	optionServer   = 54
	optionWanted   = 55
	optionSize     = 57
	optionRenew    = 58
	optionRebind   = 59
	optionClient   = 61
	optionEnd      = 255
)

// The layout of a message (RFC 2131, figure 1): offsets in bytes.
const (
	offXID     = 4
	offSecs    = 8
	offFlags   = 10
	offClient  = 12
	offYours   = 16
	offMAC     = 28
	offSname   = 44
	offFile    = 108
	offMagic   = 236
	offOptions = 240

	magic        = 0x63825363
	broadcastBit = 0x8000
	opRequest    = 1
	opReply      = 2
	minLength    = 300 // what BOOTP relays expect (RFC 1542, 2.1)
)

// ErrMalformed is what Parse and Unwrap say of bytes that are no message.
var ErrMalformed = errors.New("not a DHCP message")

// Message is a DHCP message: the fields that a client, or a server in a test,
// needs. Addresses are zero and times 0 if they are not in the message.
type Message struct {
	Reply     bool // from a server
	Type      byte // Discover, ...
	XID       uint32
	Secs      uint16 // since the client began
	Broadcast bool   // the answer must be broadcast
	Client    [4]byte
	Yours     [4]byte
	MAC       [6]byte

	Mask      [4]byte
	Router    [4]byte
	DNS       [3][4]byte
	MTU       uint16
	Requested [4]byte
	Server    [4]byte
	Lease     uint32 // seconds
	Renew     uint32 // seconds, T1
	Rebind    uint32 // seconds, T2
}

// Append appends the message to b.
func (m *Message) Append(b []byte) []byte {
	start := len(b)
	b = append(b, make([]byte, offOptions)...)
	h := b[start:]
	h[0], h[1], h[2] = opRequest, 1, 6 // Ethernet, addresses of 6 bytes
	if m.Reply {
		h[0] = opReply
	}
	binary.BigEndian.PutUint32(h[offXID:], m.XID)
	binary.BigEndian.PutUint16(h[offSecs:], m.Secs)
	if m.Broadcast {
		binary.BigEndian.PutUint16(h[offFlags:], broadcastBit)
	}
	copy(h[offClient:], m.Client[:])
	copy(h[offYours:], m.Yours[:])
	copy(h[offMAC:], m.MAC[:])
	binary.BigEndian.PutUint32(h[offMagic:], magic)

	b = append(b, optionType, 1, m.Type)
	for _, o := range []struct {
		code byte
		addr [4]byte
	}{
		{optionMask, m.Mask}, {optionRouter, m.Router}, {optionAddress, m.Requested}, {optionServer, m.Server},
	} {
		if o.addr != [4]byte{} {
			b = append(append(b, o.code, 4), o.addr[:]...)
		}
	}
	if m.DNS[0] != [4]byte{} {
		at := len(b) + 1
		b = append(b, optionDNS, 0)
		for _, d := range m.DNS {
			if d != [4]byte{} {
				b = append(b, d[:]...)
				b[at] += 4
			}
		}
	}
	if m.MTU != 0 {
		b = binary.BigEndian.AppendUint16(append(b, optionMTU, 2), m.MTU)
	}
	for _, o := range []struct {
		code byte
		n    uint32
	}{{optionLease, m.Lease}, {optionRenew, m.Renew}, {optionRebind, m.Rebind}} {
		if o.n != 0 {
			b = binary.BigEndian.AppendUint32(append(b, o.code, 4), o.n)
		}
	}
	if !m.Reply {
		b = append(append(b, optionClient, 7, 1), m.MAC[:]...)
		b = append(b, optionWanted, 7, optionMask, optionRouter, optionDNS, optionMTU, optionLease, optionRenew, optionRebind)
		b = append(b, optionSize, 2, 1500>>8, 1500&0xff)
	}
	b = append(b, optionEnd)
	for len(b) < start+minLength {
		b = append(b, optionPad)
	}
	return b
}
