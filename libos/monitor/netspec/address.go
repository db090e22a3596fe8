package netspec

import (
	"errors"
	"strings"
)

// mapped begins an IPv4 address in 16-byte form (RFC 4291, 2.5.5.2).
var mapped = [12]byte{10: 0xff, 11: 0xff}

// address reads an address that can be a host's.
func address(s string, parse func(string) ([16]byte, bool), example string) ([16]byte, error) {
	a, ok := parse(s)
	if !ok {
		return a, bad(s, "an address such as "+example)
	}
	if !unicast(a) {
		return a, bad(s, "the address of a host")
	}
	return a, nil
}

// prefix reads ADDRESS/BITS.
func prefix(s string, parse func(string) ([16]byte, bool), most int, example string) (a [16]byte, bits uint8, err error) {
	host, length, ok := strings.Cut(s, "/")
	if !ok {
		return a, 0, bad(s, "an address with the length of its prefix, such as "+example)
	}
	if a, err = address(host, parse, example); err != nil {
		return a, 0, err
	}
	n, ok := number(length, 1, most)
	if !ok {
		return a, 0, errors.New("the prefix length of " + s + " is wrong, it is such as in " + example)
	}
	return a, uint8(n), nil
}

// unicast reports whether a can be a host's own address: not unspecified, not
// loopback, not multicast or broadcast.
func unicast(a [16]byte) bool {
	if [12]byte(a[:12]) == mapped {
		return a[12] != 0 && a[12] != 127 && a[12] < 224
	}
	return a != [16]byte{} && a != [16]byte{15: 1} && a[0] != 0xff
}

func linkLocal(a [16]byte) bool { return a[0] == 0xfe && a[1]&0xc0 == 0x80 }

// samePrefix reports whether a and b have their first bits in common.
func samePrefix(a, b [16]byte, bits int) bool {
	for i := range bits {
		if (a[i/8]^b[i/8])<<(i%8)&0x80 != 0 {
			return false
		}
	}
	return true
}

func parseAny(s string) ([16]byte, bool) {
	if strings.Contains(s, ":") {
		return parse6(s)
	}
	return parse4(s)
}

// parse4 reads dotted decimal: four numbers without leading zeroes.
func parse4(s string) (a [16]byte, ok bool) {
	copy(a[:], mapped[:])
	for i := range 4 {
		part, rest, more := strings.Cut(s, ".")
		if more != (i < 3) || len(part) > 3 || len(part) > 1 && part[0] == '0' {
			return a, false
		}
		n, ok := number(part, 0, 255)
		if !ok {
			return a, false
		}
		a[12+i], s = byte(n), rest
	}
	return a, true
}

// parse6 reads the forms of RFC 4291, 2.2: groups of hexadecimal digits, of
// which one run of zeroes may be "::" and the last two dotted decimal. A mapped
// IPv4 address is none: it would be taken for IPv4.
func parse6(s string) (a [16]byte, ok bool) {
	n, gap := 0, -1 // bytes filled, and where "::" was
	if rest, found := strings.CutPrefix(s, "::"); found {
		gap, s = 0, rest
	}
	for s != "" {
		if n == 16 {
			return a, false
		}
		group, rest, more := strings.Cut(s, ":")
		if !more && strings.Contains(group, ".") {
			four, ok := parse4(group)
			if !ok || n > 12 {
				return a, false
			}
			n += copy(a[n:], four[12:])
			break
		}
		v, ok := hex(group, 1, 4)
		if !ok {
			return a, false
		}
		a[n], a[n+1] = byte(v>>8), byte(v)
		n += 2
		s = rest
		if !more {
			break
		}
		if after, found := strings.CutPrefix(s, ":"); found {
			if gap >= 0 {
				return a, false
			}
			gap, s = n, after
		} else if s == "" {
			return a, false
		}
	}
	if gap >= 0 {
		if n == 16 {
			return a, false // "::" stands for one group at least
		}
		tail := copy(a[16-(n-gap):], a[gap:n])
		clear(a[gap : 16-tail])
		n = 16
	}
	return a, n == 16 && [12]byte(a[:12]) != mapped
}

// hex reads least to most hexadecimal digits.
func hex(s string, least, most int) (v int, ok bool) {
	if len(s) < least || len(s) > most {
		return 0, false
	}
	for _, c := range []byte(s) {
		switch {
		case c >= '0' && c <= '9':
			v = v<<4 | int(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			v = v<<4 | int(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return v, true
}

// parseMAC reads six bytes. The address must be one of a single station.
func parseMAC(s string) (mac [6]byte, err error) {
	text := s
	for i := range mac {
		part, rest, more := strings.Cut(s, ":")
		v, ok := hex(part, 2, 2)
		if !ok || more != (i < 5) {
			return mac, bad(text, "an address such as 02:00:00:00:00:01")
		}
		mac[i], s = byte(v), rest
	}
	if mac[0]&1 != 0 || mac == [6]byte{} {
		return mac, bad(text, "the address of a station: its first byte is odd, or all are zero")
	}
	return mac, nil
}
