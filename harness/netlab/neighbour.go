package netlab

import (
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// SUTMAC is the hardware address that a virtual machine behind a TAP should have:
// of one station, locally administered.
func SUTMAC() net.HardwareAddr { return net.HardwareAddr{0x02, 0xc6, 0x12, 0, 0, 2} }

// KnowSUT tells the generator the hardware address of the system under test for
// good, so that nothing waits for address resolution: the kernel asks a neighbour
// that does not run yet again only after a second.
func (w *World) KnowSUT(mac net.HardwareAddr) error {
	ns := w.ns[Generator]
	link, err := ns.handle.LinkByName(linkName)
	if err != nil {
		return fmt.Errorf("find interface %s: %w", linkName, err)
	}
	n := &netlink.Neigh{
		LinkIndex: link.Attrs().Index, State: netlink.NUD_PERMANENT, Family: unix.AF_INET,
		IP: SUT.Addr4().AsSlice(), HardwareAddr: mac,
	}
	if err := ns.handle.NeighSet(n); err != nil {
		return fmt.Errorf("add neighbour %s: %w", SUT.Addr4(), err)
	}
	return nil
}
