package netstack

import (
	"sync"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
)

// maxUpdates bounds the changes of routes that wait to be made, so that router
// advertisements cannot fill the memory; more are dropped, and come again with the
// next advertisement.
const maxUpdates = 64

// routers is the ipv6.NDPDispatcher: it turns router advertisements into routes
// (RFC 4861, 6.3). Its methods are called with locks of the IPv6 endpoint held,
// which a change of the routing table must not be made under, so that a goroutine
// of its own makes the changes, in order, while there are some.
type routers struct {
	stack *Stack

	mu      sync.Mutex
	updates []routeUpdate
	running bool
}

// routeUpdate adds a route or, after removing equal ones, leaves it away.
type routeUpdate struct {
	route tcpip.Route
	add   bool
}

func (r *routers) update(add bool, nic tcpip.NICID, dest tcpip.Subnet, gateway tcpip.Address) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.updates) >= maxUpdates {
		return
	}
	r.updates = append(r.updates, routeUpdate{tcpip.Route{Destination: dest, Gateway: gateway, NIC: nic}, add})
	if !r.running {
		r.running = true
		go r.run()
	}
}

func (r *routers) run() {
	for {
		r.mu.Lock()
		if len(r.updates) == 0 {
			r.running = false
			r.mu.Unlock()
			return
		}
		u := r.updates[0]
		r.updates = r.updates[1:]
		r.mu.Unlock()
		r.stack.net.RemoveRoutes(func(old tcpip.Route) bool {
			return old.Destination == u.route.Destination && old.Gateway == u.route.Gateway && old.NIC == u.route.NIC
		})
		if u.add {
			r.stack.net.AddRoute(u.route)
		}
	}
}

// OnOffLinkRouteUpdated implements ipv6.NDPDispatcher: a router, or what it leads to.
func (r *routers) OnOffLinkRouteUpdated(nic tcpip.NICID, dest tcpip.Subnet, router tcpip.Address, _ header.NDPRoutePreference) {
	r.update(true, nic, dest, router)
}

// OnOffLinkRouteInvalidated implements ipv6.NDPDispatcher.
func (r *routers) OnOffLinkRouteInvalidated(nic tcpip.NICID, dest tcpip.Subnet, router tcpip.Address) {
	r.update(false, nic, dest, router)
}

// OnOnLinkPrefixDiscovered implements ipv6.NDPDispatcher.
func (r *routers) OnOnLinkPrefixDiscovered(nic tcpip.NICID, prefix tcpip.Subnet) {
	r.update(true, nic, prefix, tcpip.Address{})
}

// OnOnLinkPrefixInvalidated implements ipv6.NDPDispatcher.
func (r *routers) OnOnLinkPrefixInvalidated(nic tcpip.NICID, prefix tcpip.Subnet) {
	r.update(false, nic, prefix, tcpip.Address{})
}

// OnDuplicateAddressDetectionResult implements ipv6.NDPDispatcher.
func (r *routers) OnDuplicateAddressDetectionResult(tcpip.NICID, tcpip.Address, stack.DADResult) {}

// OnAutoGenAddress implements ipv6.NDPDispatcher.
func (r *routers) OnAutoGenAddress(tcpip.NICID, tcpip.AddressWithPrefix) stack.AddressDispatcher {
	return nil
}

// OnAutoGenAddressDeprecated implements ipv6.NDPDispatcher.
func (r *routers) OnAutoGenAddressDeprecated(tcpip.NICID, tcpip.AddressWithPrefix) {}

// OnAutoGenAddressInvalidated implements ipv6.NDPDispatcher.
func (r *routers) OnAutoGenAddressInvalidated(tcpip.NICID, tcpip.AddressWithPrefix) {}

// OnRecursiveDNSServerOption implements ipv6.NDPDispatcher. DNS servers come from
// the configuration or from DHCP.
func (r *routers) OnRecursiveDNSServerOption(tcpip.NICID, []tcpip.Address, time.Duration) {}

// OnDNSSearchListOption implements ipv6.NDPDispatcher.
func (r *routers) OnDNSSearchListOption(tcpip.NICID, []string, time.Duration) {}

// OnDHCPv6Configuration implements ipv6.NDPDispatcher.
func (r *routers) OnDHCPv6Configuration(tcpip.NICID, ipv6.DHCPv6ConfigurationFromNDPRA) {}
