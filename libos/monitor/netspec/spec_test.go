package netspec

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"unibench/libos/abi"
)

func ip(s string) [16]byte { return netip.MustParseAddr(s).As16() }

func TestParse(t *testing.T) {
	for _, c := range []struct {
		in   string
		want Spec
	}{
		{"tap=tap0", Spec{TAP: "tap0", Queues: 1}},
		{"tapfd=3", Spec{FDs: []int{3}, Queues: 1}},
		{"tapfd=5+9", Spec{FDs: []int{5, 9}, Queues: 2}},
		{"queues=4,tap=t", Spec{TAP: "t", Queues: 4}},
		{"dhcp,tap=t", Spec{TAP: "t", Queues: 1, Info: abi.NetInfo{Flags: abi.NetDHCP}}},
		{"tap=t,ip=198.18.0.2/24,gw=198.18.0.1,dns=198.18.0.1+fd00::1+8.8.8.8", Spec{TAP: "t", Queues: 1, Info: abi.NetInfo{
			IPv4: ip("198.18.0.2"), Bits4: 24, Gateway4: ip("198.18.0.1"), DNS: [3][16]byte{ip("198.18.0.1"), ip("fd00::1"), ip("8.8.8.8")}}}},
		{"tap=t,ip6=fd00::2/64,gw6=fe80::1,mac=02:00:00:aB:cd:0f,mtu=9000", Spec{TAP: "t", Queues: 1, Info: abi.NetInfo{
			IPv6: ip("fd00::2"), Bits6: 64, Gateway6: ip("fe80::1"), MAC: [6]byte{2, 0, 0, 0xab, 0xcd, 15}, MTU: 9000}}},
	} {
		got, err := Parse(c.in)
		if err != nil {
			t.Errorf("Parse(%q): %v", c.in, err)
			continue
		}
		if diff := cmp.Diff(&c.want, got, cmp.Comparer(func(a, b abi.NetInfo) bool { return a == b })); diff != "" {
			t.Errorf("Parse(%q) (-want +got):\n%s", c.in, diff)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for in, want := range map[string]string{
		"":                                   "an empty item; give key=value",
		"tap=t,":                             "an empty item",
		"tap":                                `"tap" is not of the form key=value`,
		"tap=":                               `tap: "" is not the name`,
		"tap=a/b":                            `tap: "a/b" is not the name`,
		"tap=0123456789abcdef":               "tap: ",
		"tap=t,tap=u":                        "tap is given twice",
		"tap=t,tapfd=3":                      "both tap and tapfd",
		"ip=198.18.0.2/24":                   "no interface: give tap=NAME",
		"tapfd=2":                            `tapfd: "2" is not a descriptor`,
		"tapfd=3+3":                          "tapfd: descriptor 3 is given twice",
		"tapfd=3,queues=2":                   "queues: there are 1 descriptors",
		"tap=t,colour=red":                   `unknown key "colour"; the keys are tap,`,
		"tap=t,dhcp=yes":                     "dhcp takes no value",
		"tap=t,dhcp,ip=198.18.0.2/24":        "dhcp asks for the address",
		"tap=t,ip=198.18.0.2":                `ip: "198.18.0.2" is not an address with the length`,
		"tap=t,ip=198.18.0.2/33":             "ip: the prefix length of 198.18.0.2/33 is wrong",
		"tap=t,ip=198.18.0.2/0":              "ip: the prefix length",
		"tap=t,ip=198.18.0/24":               `ip: "198.18.0" is not an address such as`,
		"tap=t,ip=224.0.0.1/24":              `ip: "224.0.0.1" is not the address of a host`,
		"tap=t,ip=fd00::2/64":                `ip: "fd00::2" is not an address`,
		"tap=t,ip6=::ffff:1.2.3.4/64":        "ip6: ",
		"tap=t,gw=198.18.0.1":                "gw without ip",
		"tap=t,ip=198.18.0.2/24,gw=10.0.0.1": "gw: the router is not in the network",
		"tap=t,ip6=fd00::2/64,gw6=fd01::1":   "gw6: the router is not in the network",
		"tap=t,ip6=fd00::2/64,mtu=1000":      "mtu: IPv6 needs 1280",
		"tap=t,mtu=67":                       `mtu: "67" is not a number from 68 to 65535`,
		"tap=t,queues=17":                    `queues: "17" is not`,
		"tap=t,queues=+1":                    `queues: "+1" is not`,
		"tap=t,mac=01:00:00:00:00:01":        "mac: ",
		"tap=t,mac=00:00:00:00:00:00":        "mac: ",
		"tap=t,mac=02:00:00:00:00":           `mac: "02:00:00:00:00" is not an address`,
		"tap=t,dns=1.1.1.1+1.1.1.2+1.1.1.3+1.1.1.4": "dns: more than three servers",
		"tap=t,dns=": `dns: "" is not an address`,
	} {
		if got, err := Parse(in); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("Parse(%q) = %+v, %v; want an error that begins with %q", in, got, err, want)
		}
	}
}

// FuzzAddress compares with net/netip, which has zones and mapped addresses in
// addition.
func FuzzAddress(f *testing.F) {
	for _, s := range []string{
		"1.2.3.4", "01.2.3.4", "256.1.1.1", "1.2.3.4.", "::", "::1", "1::", "1::2", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7:8:9", "1::2::3", ":::", ":1", "1:", "1:2:3:4:5:6:1.2.3.4", "::1.2.3.4", "::ffff:1.2.3.4", "64:ff9b::1.2.3.4", "1:2:3:4:5:6:7:1.2.3.4",
		"12345::", "g::", "fe80::1%eth0", "1:2:3:4::5:6:7:8", "::1.2.3", "1.2.3.4::", "",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := netip.ParseAddr(s)
		ok := err == nil && want.Zone() == "" && !want.Is4In6()
		got, gotOK := parseAny(s)
		if gotOK != ok || ok && got != want.As16() {
			t.Errorf("parseAny(%q) = %x, %t; want %v, %t", s, got, gotOK, want, ok)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("tap=tap0,ip=198.18.0.2/24,gw=198.18.0.1,ip6=fd00::2/64,gw6=fd00::1,dns=198.18.0.1+fd00::1,mac=02:00:00:00:00:01,mtu=1500,queues=2")
	f.Add("tapfd=3+4,dhcp")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := Parse(s)
		if err != nil {
			return
		}
		i := p.Info
		if (p.TAP == "") == (len(p.FDs) == 0) || p.Queues < 1 || p.Queues > maxQueues ||
			i.MTU != 0 && i.MTU < minMTU || i.MAC[0]&1 != 0 || i.Bits4 > 32 || i.Bits6 > 128 ||
			(i.IPv4 == [16]byte{}) != (i.Bits4 == 0) || (i.IPv6 == [16]byte{}) != (i.Bits6 == 0) {
			t.Errorf("Parse(%q) = %+v", s, p)
		}
	})
}
