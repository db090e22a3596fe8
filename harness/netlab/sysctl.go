package netlab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// netSysctls is where the calling thread's namespace has its settings.
const netSysctls = "/proc/sys/net"

// A sysctl is a setting of a namespace.
type sysctl struct{ name, value string }

// linkSysctls silence what the kernel would send of its own: the link carries
// the trial's frames only, and addresses can be used at once.
func linkSysctls(link string) []sysctl {
	conf := "ipv6/conf/" + link + "/"
	return []sysctl{{conf + "accept_ra", "0"}, {conf + "accept_dad", "0"}, {conf + "router_solicitations", "0"}}
}

// generatorSysctls let a generator open many connections in turn: more ports,
// and those of ended connections are used again (tcp(7), ip(7)). They are the same
// for every target; the system under test keeps the kernel's defaults.
var generatorSysctls = [...]sysctl{{"ipv4/ip_local_port_range", "10240 65535"}, {"ipv4/tcp_tw_reuse", "1"}}

// wireSysctls keep the kernel itself off the wire, on interfaces to come.
var wireSysctls = [...]sysctl{{"ipv6/conf/default/disable_ipv6", "1"}}

// sideSysctls lists the settings of a side.
func sideSysctls(link string, side Side) []sysctl {
	list := linkSysctls(link)
	if side == Generator {
		list = append(list, generatorSysctls[:]...)
	}
	return list
}

// setSysctls must be called in the namespace.
func setSysctls(list []sysctl) error {
	for _, s := range list {
		err := os.WriteFile(filepath.Join(netSysctls, s.name), []byte(s.value), 0)
		// A kernel without IPv6 has none of its settings.
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("set net.%s: %w", s.name, err)
		}
	}
	return nil
}
