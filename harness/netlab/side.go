package netlab

import "net/netip"

// Side is one end of the link.
type Side int

// The two ends.
const (
	Generator Side = iota
	SUT            // the system under test
)

// Sides lists both ends.
func Sides() []Side { return []Side{Generator, SUT} }

// String returns the name of the side.
func (s Side) String() string {
	if s == Generator {
		return "generator"
	}
	return "sut"
}

// Peer returns the other side.
func (s Side) Peer() Side { return 1 - s }

// Prefix4 returns the side's IPv4 address with the length of the link's prefix.
func (s Side) Prefix4() netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 18, 0, s.host()}), 24)
}

// Prefix6 returns the side's IPv6 address with the length of the link's prefix.
func (s Side) Prefix6() netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom16([16]byte{0: 0xfd, 2: 0x01, 3: 0x98, 5: 0x18, 15: s.host()}), 64)
}

// Addr4 returns the side's IPv4 address.
func (s Side) Addr4() netip.Addr { return s.Prefix4().Addr() }

// Addr6 returns the side's IPv6 address.
func (s Side) Addr6() netip.Addr { return s.Prefix6().Addr() }

func (s Side) host() byte { return byte(s) + 1 }
