package dhcp

import "encoding/binary"

// Parse reads a message.
func Parse(b []byte) (Message, error) {
	var m Message
	if len(b) < offOptions || b[0] != opRequest && b[0] != opReply || b[1] != 1 || b[2] != 6 ||
		binary.BigEndian.Uint32(b[offMagic:]) != magic {
		return Message{}, ErrMalformed
	}
	m.Reply = b[0] == opReply
	m.XID = binary.BigEndian.Uint32(b[offXID:])
	m.Secs = binary.BigEndian.Uint16(b[offSecs:])
	m.Broadcast = binary.BigEndian.Uint16(b[offFlags:])&broadcastBit != 0
	m.Client, m.Yours, m.MAC = [4]byte(b[offClient:]), [4]byte(b[offYours:]), [6]byte(b[offMAC:])
	overload, ok := m.options(b[offOptions:])
	// Options may go on in the fields for names (RFC 2131, 4.1).
	if ok && overload&1 != 0 {
		_, ok = m.options(b[offFile:offMagic])
	}
	if ok && overload&2 != 0 {
		_, ok = m.options(b[offSname:offFile])
	}
	if !ok || m.Type == 0 {
		return Message{}, ErrMalformed
	}
	return m, nil
}

// options reads a field of options. It reports which others there are; ok is false
// if an option is cut.
func (m *Message) options(b []byte) (overload byte, ok bool) {
	for len(b) > 0 && b[0] != optionEnd {
		if b[0] == optionPad {
			b = b[1:]
			continue
		}
		if len(b) < 2 || len(b) < 2+int(b[1]) {
			return 0, false
		}
		code, v := b[0], b[2:2+int(b[1])]
		b = b[2+int(b[1]):]
		switch code {
		case optionMask:
			m.Mask = address(v, m.Mask)
		case optionRouter:
			m.Router = address(v, m.Router)
		case optionAddress:
			m.Requested = address(v, m.Requested)
		case optionServer:
			m.Server = address(v, m.Server)
		case optionDNS:
			for i := 0; i < len(m.DNS) && len(v) >= 4; i++ {
				m.DNS[i], v = [4]byte(v), v[4:]
			}
		case optionMTU:
			if len(v) == 2 {
				m.MTU = binary.BigEndian.Uint16(v)
			}
		case optionLease:
			m.Lease = seconds(v, m.Lease)
		case optionRenew:
			m.Renew = seconds(v, m.Renew)
		case optionRebind:
			m.Rebind = seconds(v, m.Rebind)
		case optionType:
			if len(v) == 1 {
				m.Type = v[0]
			}
		case optionOverload:
			if len(v) == 1 {
				overload = v[0]
			}
		}
	}
	return overload, true
}

// address is the first address of an option, or what was there before.
func address(v []byte, before [4]byte) [4]byte {
	if len(v) < 4 {
		return before
	}
	return [4]byte(v)
}

func seconds(v []byte, before uint32) uint32 {
	if len(v) != 4 {
		return before
	}
	return binary.BigEndian.Uint32(v)
}
