package loadgen

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Protocol names what is spoken.
type Protocol string

// The protocols.
const (
	TCPEcho Protocol = "tcp-echo" // messages of a fixed size, sent back as they are
	UDPEcho Protocol = "udp-echo" // the same as datagrams
	Stream  Protocol = "stream"   // one-way bulk data over TCP
	HTTP    Protocol = "http"     // HTTP/1.1 GET
	RESP    Protocol = "resp"     // Redis' protocol: GET and SET
)

// Mode says what is asked.
type Mode string

// The modes.
const (
	Open          Mode = "open"           // requests at given times
	Closed        Mode = "closed"         // a request for each answer; throughput only
	Ceiling       Mode = "ceiling"        // closed loop against a responder in this process
	FirstResponse Mode = "first-response" // time to the first correct answer
)

// Arrivals is the process of the open loop.
type Arrivals string

// The arrival processes.
const (
	Poisson  Arrivals = "poisson"
	Constant Arrivals = "constant"
)

// Duration is a time.Duration that reads and writes as text such as "1.5s".
type Duration time.Duration

// MarshalText returns the form of time.Duration's String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration reads.
func (d *Duration) UnmarshalText(text []byte) error {
	v, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("read a duration: %w", err)
	}
	*d = Duration(v)
	return nil
}

// Config is one invocation. Zero values get the defaults of Defaults.
type Config struct {
	Protocol Protocol `json:"protocol"`
	Addr     string   `json:"addr,omitempty"`    // IP:port of the server
	Sources  []string `json:"sources,omitempty"` // own IP addresses, taken in turn
	Mode     Mode     `json:"mode"`

	Arrivals Arrivals  `json:"arrivals,omitempty"` // open loop
	Rate     float64   `json:"rate,omitempty"`     // requests a second, all connections together
	Rates    []float64 `json:"rates,omitempty"`    // a sweep: one period for each rate
	Search   *Search   `json:"search,omitempty"`   // or a search for the highest good rate

	Conns   int   `json:"conns,omitempty"`
	Depth   int   `json:"depth,omitempty"`   // outstanding requests a connection
	Workers int   `json:"workers,omitempty"` // event loops
	CPUs    []int `json:"cpus,omitempty"`    // one a worker; else the starter's set

	Warmup         Duration `json:"warmup,omitempty"`
	WarmupRequests int64    `json:"warmup_requests,omitempty"` // warm-up needs at least so many answers
	Duration       Duration `json:"duration,omitempty"`        // of a measured period
	Requests       int64    `json:"requests,omitempty"`        // of a measured period, at most; 0: no bound
	Timeout        Duration `json:"timeout,omitempty"`         // an answer that takes longer is missing
	Connect        Duration `json:"connect,omitempty"`         // until the server answers at first
	WaitGo         bool     `json:"wait_go,omitempty"`         // see the package comment

	Spin       Duration `json:"spin,omitempty"`        // open loop: polls so long before a request is due
	SpinAlways bool     `json:"spin_always,omitempty"` // never sleeps; for a processor of its own
	Seed       uint64   `json:"seed,omitempty"`
	Limits     Limits   `json:"limits,omitzero"`

	HTTP   *HTTPConfig   `json:"http,omitempty"`
	RESP   *RESPConfig   `json:"resp,omitempty"`
	Echo   *EchoConfig   `json:"echo,omitempty"`
	Stream *StreamConfig `json:"stream,omitempty"`
	First  *FirstConfig  `json:"first,omitempty"`
	Sink   *SinkConfig   `json:"sink,omitempty"`
}

// HTTPConfig is the request and what its answer must be. Either Body or
// BodySHA256 is needed.
type HTTPConfig struct {
	Path          string   `json:"path"`
	Host          string   `json:"host,omitempty"`    // header; the address by default
	Headers       []string `json:"headers,omitempty"` // further lines, as "Name: value"
	NewConnection bool     `json:"new_connection,omitempty"`
	Status        int      `json:"status,omitempty"` // 200 by default
	Body          *string  `json:"body,omitempty"`   // the exact body
	BodySHA256    string   `json:"body_sha256,omitempty"`
	BodyBytes     *int64   `json:"body_bytes,omitempty"` // its length, needed with BodySHA256
}

// RESPConfig is the mix of commands. Each key has one value that is derived from
// it, so every answer is known; all keys are set before the warm-up.
type RESPConfig struct {
	Keys       int `json:"keys,omitempty"`
	ValueBytes int `json:"value_bytes,omitempty"`
	GetPercent int `json:"get_percent"` // the rest are SET
}

// EchoConfig is the size of a message.
type EchoConfig struct {
	Bytes int `json:"bytes"`
}

// Direction of a stream, seen from the generator.
type Direction string

// The directions.
const (
	Send    Direction = "send"
	Receive Direction = "receive"
	Both    Direction = "both"
)

// StreamConfig is a bulk transfer on each connection.
type StreamConfig struct {
	Direction Direction `json:"direction"`
	Check     bool      `json:"check,omitempty"` // the server compares, too
}

// FirstConfig is for mode first-response.
type FirstConfig struct {
	StartNS  int64    `json:"start_ns"`           // CLOCK_MONOTONIC of the start; 0: when Main begins
	Interval Duration `json:"interval,omitempty"` // between attempts
	Attempt  Duration `json:"attempt,omitempty"`  // until an attempt that did not connect is given up
}

// SinkConfig is for mode ceiling.
type SinkConfig struct {
	CPU *int `json:"cpu,omitempty"` // of the responder; by default the starter's set
}

// Parse reads one Config from r. Unknown keys are errors. What follows the value
// can be read from the reader that it returns.
func Parse(r io.Reader) (Config, io.Reader, error) {
	var c Config
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return c, nil, fmt.Errorf("read the load generator's configuration: %w", err)
	}
	c.Defaults()
	if err := c.Validate(); err != nil {
		return c, nil, err
	}
	return c, io.MultiReader(dec.Buffered(), r), nil
}
