// Package netspec reads what follows -net on a command line: which TAP interface
// a unikernel is attached to, and the addresses that it shall have.
//
//	tap=NAME | tapfd=N[+N...]   the interface, or descriptors of its queues
//	ip=ADDRESS/BITS             IPv4 address and prefix length
//	gw=ADDRESS                  IPv4 router
//	ip6=ADDRESS/BITS, gw6=ADDRESS
//	dhcp                        ask for the IPv4 address, in place of ip and gw
//	dns=ADDRESS[+ADDRESS...]    up to three name servers
//	mac=XX:XX:XX:XX:XX:XX       else a random one
//	mtu=N                       else that of the interface, or 1500
//	queues=N                    queue pairs, else 1, or as many as descriptors
//
// in any order, separated by commas. Addresses are written as in RFC 4632 and RFC
// 4291, without zones. Package net/netip is not used: its initialisation is paid
// for at each start of the monitor, also without a network.
//
// Nothing is opened or asked of the host here.
package netspec

import (
	"errors"
	"strconv"
	"strings"

	"unibench/libos/abi"
)

// Spec is a network device as asked for.
type Spec struct {
	TAP    string // name of the interface, or
	FDs    []int  // its descriptors
	Queues int    // pairs
	// Info has the addresses, MAC, MTU and flags; the latter two and MAC are
	// zero if they were not given.
	Info abi.NetInfo
}

// Limits.
const (
	maxQueues = 16
	maxDNS    = 3
	minMTU    = 68 // RFC 791
	minMTU6   = 1280
	maxMTU    = 65535
)

// Parse reads a specification. Errors name the key at fault.
func Parse(s string) (*Spec, error) {
	p := parser{given: map[string]bool{}}
	for item := range strings.SplitSeq(s, ",") {
		key, value, hasValue := strings.Cut(item, "=")
		switch {
		case item == "":
			return nil, errors.New("an empty item; give key=value pairs separated by commas, such as tap=tap0,ip=198.18.0.2/24")
		case p.given[key]:
			return nil, errors.New(key + " is given twice")
		case hasValue == (key == "dhcp"):
			if hasValue {
				return nil, errors.New("dhcp takes no value")
			}
			return nil, errors.New(strconv.Quote(item) + " is not of the form key=value")
		}
		p.given[key] = true
		if err := p.set(key, value); err == errUnknown {
			return nil, errors.New("unknown key " + strconv.Quote(key) + "; the keys are tap, tapfd, ip, gw, ip6, gw6, dhcp, dns, mac, mtu, queues")
		} else if err != nil {
			return nil, errors.New(key + ": " + err.Error())
		}
	}
	return p.finish()
}

var errUnknown = errors.New("unknown key")

type parser struct {
	Spec
	given map[string]bool
}

func (p *parser) set(key, value string) (err error) {
	i := &p.Info
	switch key {
	case "tap":
		// What the kernel takes as a name (dev_valid_name).
		if p.TAP = value; value == "" || len(value) > 15 || value == "." || value == ".." || strings.ContainsAny(value, "/: \t\n\v\f\r\x00") {
			err = bad(value, "the name of an interface")
		}
	case "tapfd":
		for item := range strings.SplitSeq(value, "+") {
			fd, ok := number(item, 3, 1<<20)
			if !ok {
				return bad(item, "a descriptor from 3 up")
			}
			for _, other := range p.FDs {
				if other == fd {
					return errors.New("descriptor " + item + " is given twice")
				}
			}
			p.FDs = append(p.FDs, fd)
		}
	case "ip":
		i.IPv4, i.Bits4, err = prefix(value, parse4, 32, "198.18.0.2/24")
	case "ip6":
		i.IPv6, i.Bits6, err = prefix(value, parse6, 128, "fd00::2/64")
	case "gw":
		i.Gateway4, err = address(value, parse4, "198.18.0.1")
	case "gw6":
		i.Gateway6, err = address(value, parse6, "fd00::1")
	case "dns":
		servers := strings.Split(value, "+")
		if len(servers) > maxDNS {
			return errors.New("more than three servers")
		}
		for k, server := range servers {
			if i.DNS[k], err = address(server, parseAny, "198.18.0.1"); err != nil {
				return err
			}
		}
	case "mac":
		i.MAC, err = parseMAC(value)
	case "mtu":
		n, ok := number(value, minMTU, maxMTU)
		if !ok {
			return bad(value, "a number from 68 to 65535")
		}
		i.MTU = uint16(n)
	case "queues":
		n, ok := number(value, 1, maxQueues)
		if !ok {
			return bad(value, "a number from 1 to 16")
		}
		p.Queues = n
	case "dhcp":
		i.Flags |= abi.NetDHCP
	default:
		return errUnknown
	}
	return err
}

// finish checks what concerns several keys.
func (p *parser) finish() (*Spec, error) {
	i := &p.Info
	switch {
	case !p.given["tap"] && !p.given["tapfd"]:
		return nil, errors.New("no interface: give tap=NAME or tapfd=N")
	case p.given["tap"] && p.given["tapfd"]:
		return nil, errors.New("both tap and tapfd: give one of them")
	case p.given["dhcp"] && (p.given["ip"] || p.given["gw"]):
		return nil, errors.New("dhcp asks for the address and the router: leave ip and gw out")
	case p.given["gw"] && !p.given["ip"]:
		return nil, errors.New("gw without ip")
	case p.given["gw6"] && !p.given["ip6"]:
		return nil, errors.New("gw6 without ip6")
	case p.given["ip6"] && i.MTU != 0 && i.MTU < minMTU6:
		return nil, errors.New("mtu: IPv6 needs 1280 at least")
	case p.given["gw"] && !samePrefix(i.IPv4, i.Gateway4, 96+int(i.Bits4)):
		return nil, errors.New("gw: the router is not in the network that ip gives")
	case p.given["gw6"] && !samePrefix(i.IPv6, i.Gateway6, int(i.Bits6)) && !linkLocal(i.Gateway6):
		return nil, errors.New("gw6: the router is not in the network that ip6 gives")
	}
	if n := len(p.FDs); n > 0 {
		if p.Queues != 0 && p.Queues != n {
			return nil, errors.New("queues: there are " + strconv.Itoa(n) + " descriptors, one is needed for each queue pair")
		}
		if n > maxQueues {
			return nil, errors.New("tapfd: more than 16 descriptors")
		}
		p.Queues = n
	}
	p.Queues = max(p.Queues, 1)
	return &p.Spec, nil
}

func bad(value, want string) error {
	return errors.New(strconv.Quote(value) + " is not " + want)
}

// number reads a decimal number from low to high, digits only.
func number(s string, low, high int) (int, bool) {
	if len(s) > 7 || s == "" || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= low && n <= high
}
