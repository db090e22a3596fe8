package serve

import (
	"fmt"
	"net"
	"strings"
)

// CheckLoopback returns an error if others than this host could reach an address to
// listen on.
func CheckLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("%q is no address such as 127.0.0.1:8080: %w", addr, err)
	}
	if !loopback(host) {
		return fmt.Errorf("%q can be reached from other hosts: name a loopback address such as 127.0.0.1:8080", addr)
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// hostOf is the host of a request without its port.
func hostOf(header string) string {
	if host, _, err := net.SplitHostPort(header); err == nil {
		return host
	}
	return header
}
