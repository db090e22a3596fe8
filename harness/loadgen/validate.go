package loadgen

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Bounds of a configuration.
const (
	maxConns      = 65536
	maxDepth      = 4096
	maxWorkers    = 256
	maxRate       = 1e8
	maxDuration   = Duration(time.Hour)
	maxTimeout    = Duration(time.Minute)
	maxTable      = 64 << 20 // bytes of keys and values
	maxMessage    = 1 << 20
	maxDatagram   = 65507 // payload of a UDP datagram over IPv4
	minUDPMessage = 16    // slot and sequence number
	maxBody       = 256 << 20
)

// Defaults fills what is zero.
func (c *Config) Defaults() {
	def(&c.Arrivals, Poisson)
	def(&c.Conns, 1)
	def(&c.Depth, 1)
	def(&c.Workers, 1)
	def(&c.Duration, Duration(5*time.Second))
	def(&c.Timeout, Duration(2*time.Second))
	def(&c.Connect, Duration(10*time.Second))
	def(&c.Spin, Duration(50*time.Microsecond))
	def(&c.Seed, 1)
	c.Limits.defaults()
	if c.HTTP != nil {
		def(&c.HTTP.Path, "/")
		def(&c.HTTP.Host, c.Addr)
		def(&c.HTTP.Status, 200)
	}
	if c.Protocol == RESP && c.RESP == nil {
		c.RESP = &RESPConfig{GetPercent: 100}
	}
	if c.RESP != nil {
		def(&c.RESP.Keys, 1)
		def(&c.RESP.ValueBytes, 3)
	}
	if (c.Protocol == TCPEcho || c.Protocol == UDPEcho) && c.Echo == nil {
		c.Echo = &EchoConfig{Bytes: 64}
	}
	if c.Mode == FirstResponse && c.First == nil {
		c.First = &FirstConfig{}
	}
	if c.First != nil {
		def(&c.First.Interval, Duration(time.Millisecond))
		def(&c.First.Attempt, Duration(20*time.Millisecond))
	}
	if c.Search != nil {
		c.Search.defaults()
	}
}

func def[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// Validate says everything that is wrong with c after Defaults.
func (c *Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !slices.Contains([]Protocol{TCPEcho, UDPEcho, Stream, HTTP, RESP}, c.Protocol) {
		bad("protocol %q: want tcp-echo, udp-echo, stream, http or resp", c.Protocol)
	}
	switch c.Mode {
	case Open:
		if c.Protocol == Stream {
			bad("mode open: a stream has no requests: use closed")
		}
		if n := b2i(c.Rate != 0) + b2i(len(c.Rates) > 0) + b2i(c.Search != nil); n != 1 {
			bad("mode open wants exactly one of rate, rates and search")
		}
	case Closed, Ceiling, FirstResponse:
		if c.Rate != 0 || len(c.Rates) > 0 || c.Search != nil {
			bad("mode %s takes no rate, rates or search", c.Mode)
		}
	default:
		bad("mode %q: want open, closed, ceiling or first-response", c.Mode)
	}
	for _, r := range append(slices.Clone(c.Rates), c.Rate) {
		if !(r >= 0 && r <= maxRate) || r == 0 && len(c.Rates) > 0 && slices.Contains(c.Rates, 0) {
			bad("rate %v: want more than 0 and at most %g", r, float64(maxRate))
		}
	}
	if c.Arrivals != Poisson && c.Arrivals != Constant {
		bad("arrivals %q: want poisson or constant", c.Arrivals)
	}
	if c.Mode != Ceiling {
		if _, err := netip.ParseAddrPort(c.Addr); err != nil {
			bad("addr: want IP:port: %w", err)
		}
	} else if c.Addr != "" {
		bad("mode ceiling takes no addr: it has its own responder")
	}
	for _, s := range c.Sources {
		if _, err := netip.ParseAddr(s); err != nil {
			bad("sources: %w", err)
		}
	}
	inRange(bad, "conns", c.Conns, 1, maxConns)
	inRange(bad, "depth", c.Depth, 1, maxDepth)
	inRange(bad, "workers", c.Workers, 1, min(maxWorkers, max(1, c.Conns)))
	inRange(bad, "duration", c.Duration, Duration(time.Millisecond), maxDuration)
	inRange(bad, "warmup", c.Warmup, 0, maxDuration)
	inRange(bad, "timeout", c.Timeout, Duration(time.Millisecond), maxTimeout)
	inRange(bad, "connect", c.Connect, Duration(time.Millisecond), maxDuration)
	inRange(bad, "spin", c.Spin, 0, Duration(time.Second))
	if c.Requests < 0 || c.WarmupRequests < 0 {
		bad("requests and warmup_requests must not be negative")
	}
	if len(c.CPUs) != 0 && len(c.CPUs) != c.Workers {
		bad("cpus: %d processors for %d workers: want one each or none", len(c.CPUs), c.Workers)
	}
	if c.Search != nil {
		c.Search.validate(bad)
	}
	if c.First != nil {
		inRange(bad, "first.interval", c.First.Interval, Duration(50*time.Microsecond), Duration(time.Second))
		inRange(bad, "first.attempt", c.First.Attempt, c.First.Interval, maxTimeout)
		if c.Mode != FirstResponse {
			bad("first is for mode first-response")
		}
	}
	c.validateProtocol(bad)
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("load generator's configuration: %w", err)
	}
	return nil
}

func (c *Config) validateProtocol(bad func(string, ...any)) {
	for p, given := range map[Protocol]bool{HTTP: c.HTTP != nil, RESP: c.RESP != nil, Stream: c.Stream != nil} {
		if given != (c.Protocol == p) {
			bad("protocol %q: the section %s must be there for that protocol and no other", c.Protocol, p)
			return
		}
	}
	if c.Echo != nil && c.Protocol != TCPEcho && c.Protocol != UDPEcho {
		bad("protocol %q takes no section echo", c.Protocol)
	}
	if c.Sink != nil && c.Mode != Ceiling {
		bad("section sink is for mode ceiling")
	}
	switch {
	case c.HTTP != nil:
		c.HTTP.validate(bad)
		if c.HTTP.NewConnection && c.Depth != 1 {
			bad("depth %d: a new connection for each request carries one", c.Depth)
		}
	case c.RESP != nil:
		inRange(bad, "resp.keys", c.RESP.Keys, 1, 1<<24)
		inRange(bad, "resp.value_bytes", c.RESP.ValueBytes, 1, maxMessage)
		inRange(bad, "resp.get_percent", c.RESP.GetPercent, 0, 100)
		if c.RESP.Keys > 0 && c.RESP.ValueBytes > maxTable/c.RESP.Keys {
			bad("resp: %d keys of %d bytes: want at most %d bytes in all", c.RESP.Keys, c.RESP.ValueBytes, maxTable)
		}
	case c.Protocol == TCPEcho:
		inRange(bad, "echo.bytes", c.Echo.Bytes, 1, maxMessage)
	case c.Protocol == UDPEcho:
		inRange(bad, "echo.bytes", c.Echo.Bytes, minUDPMessage, maxDatagram)
		if c.Depth > 0 && c.Echo.Bytes > maxTable/c.Depth {
			bad("depth %d of datagrams of %d bytes: want at most %d bytes in all", c.Depth, c.Echo.Bytes, maxTable)
		}
	case c.Stream != nil:
		if !slices.Contains([]Direction{Send, Receive, Both}, c.Stream.Direction) {
			bad("stream.direction %q: want send, receive or both", c.Stream.Direction)
		}
	}
}

func (h *HTTPConfig) validate(bad func(string, ...any)) {
	if !strings.HasPrefix(h.Path, "/") || strings.ContainsAny(h.Path, " \r\n") {
		bad("http.path %q: want a path without spaces", h.Path)
	}
	for _, line := range append(slices.Clone(h.Headers), "Host: "+h.Host) {
		if strings.ContainsAny(line, "\r\n") || !strings.Contains(line, ":") {
			bad("http.headers: %q is not one Name: value", line)
		}
	}
	inRange(bad, "http.status", h.Status, 200, 599)
	switch {
	case (h.Body != nil) == (h.BodySHA256 != ""):
		bad("http: want one of body and body_sha256: an answer that is not checked is not measured")
	case h.BodySHA256 != "":
		if sum, err := hex.DecodeString(h.BodySHA256); err != nil || len(sum) != 32 {
			bad("http.body_sha256 %q: want 64 hexadecimal digits", h.BodySHA256)
		}
		if h.BodyBytes == nil || *h.BodyBytes < 0 || *h.BodyBytes > maxBody {
			bad("http.body_bytes: want the length of the body with body_sha256, at most %d", maxBody)
		}
	case h.BodyBytes != nil && *h.BodyBytes != int64(len(*h.Body)):
		bad("http.body_bytes %d: body has %d", *h.BodyBytes, len(*h.Body))
	}
}

func inRange[T int | Duration](bad func(string, ...any), name string, v, low, high T) {
	if v < low || v > high {
		bad("%s: %v is not within %v and %v", name, v, low, high)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
