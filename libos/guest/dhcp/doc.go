// Package dhcp is a DHCP client for IPv4 (RFC 2131) with the options of RFC 2132
// that a host needs: mask, routers, DNS servers, MTU, and the times of the lease.
//
// It holds the messages and what the client does when; the network is behind the
// interface Network, so that the package has no sockets, clocks or goroutines of
// its own. Every byte that comes in is from whoever is on the wire: Parse and
// Unwrap take anything, and the client takes only what answers its own question.
//
// Not done: DHCPINFORM, DHCPDECLINE (no ARP probe of the offered address),
// DHCPRELEASE (a lease ends with its time), options longer than 255 bytes (RFC
// 3396), and memory of earlier leases.
package dhcp
