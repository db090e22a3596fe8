package taskstats

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// Offsets of the context switches in struct taskstats; see the others in
// parse.go.
const (
	offVoluntary   = 272
	offInvoluntary = 280
)

// Group holds the totals of the living threads of one process.
type Group struct {
	Voluntary   int64 // context switches: waited
	Involuntary int64 // context switches: preempted
}

// Client asks for the statistics of running processes. It is not safe for
// concurrent use.
type Client struct {
	l      *Listener
	family uint16
}

// Open makes a Client. The error says what is missing.
func Open() (*Client, error) {
	l, err := socket()
	if err != nil {
		return nil, err
	}
	c := &Client{l: l}
	if c.family, err = l.family(); err != nil {
		l.Close()
		return nil, err
	}
	return c, nil
}

// Close ends the Client.
func (c *Client) Close() error { return c.l.Close() }

// Group returns the totals of the process pid, all its living threads together.
func (c *Client) Group(pid int) (Group, error) {
	id := binary.NativeEndian.AppendUint32(nil, uint32(pid))
	body, err := c.l.request(c.family, unix.TASKSTATS_CMD_GET, attr(unix.TASKSTATS_CMD_ATTR_TGID, id), false)
	if err != nil {
		return Group{}, fmt.Errorf("read task statistics of process %d: %w (needs root)", pid, err)
	}
	return parseGroup(body)
}

// parseGroup reads the answer to TASKSTATS_CMD_ATTR_TGID.
func parseGroup(b []byte) (g Group, err error) {
	if len(b) < genlHeader {
		return g, fmt.Errorf("%w: %d bytes", ErrMalformed, len(b))
	}
	found := false
	err = eachAttr(b[genlHeader:], func(kind uint16, value []byte) error {
		if kind != unix.TASKSTATS_TYPE_AGGR_TGID {
			return nil
		}
		return eachAttr(value, func(kind uint16, value []byte) error {
			if kind != unix.TASKSTATS_TYPE_STATS {
				return nil
			}
			if len(value) < offInvoluntary+8 {
				return fmt.Errorf("%w: statistics of %d bytes", ErrMalformed, len(value))
			}
			g.Voluntary = int64(binary.NativeEndian.Uint64(value[offVoluntary:]))
			g.Involuntary = int64(binary.NativeEndian.Uint64(value[offInvoluntary:]))
			found = true
			return nil
		})
	})
	if err == nil && !found {
		err = fmt.Errorf("%w: no statistics of a process in the answer", ErrMalformed)
	}
	return g, err
}
