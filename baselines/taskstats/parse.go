package taskstats

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Offsets in struct taskstats, native byte order. The structure only ever grows
// at its end; a test compares them with golang.org/x/sys/unix.Taskstats.
const (
	offVersion    = 0
	offComm       = 80
	commBytes     = 32
	offPID        = 128
	offPPID       = 132
	offHiwaterRSS = 200
	offTGID       = 368
	sizeWithTGID  = 376
	// versionTGID is the first structure version that has ac_tgid.
	versionTGID = 12
)

const (
	nlaHeader   = 4
	genlHeader  = 4
	nlaTypeMask = 0x3fff // without NLA_F_NESTED and NLA_F_NET_BYTEORDER
)

// ErrMalformed means that the kernel sent bytes that are not exit statistics.
var ErrMalformed = errors.New("malformed task statistics message")

// Exit is the record of one task (thread) that ended.
type Exit struct {
	Process      int // process id (thread group), initial pid namespace
	Parent       int // process id of the parent when the task ended
	Command      string
	PeakRSSBytes int64 // largest resident set of the task's address space
}

// parseMessage returns the per-task records of one generic netlink message body
// (what follows the netlink header). Per-process records, which carry no memory
// numbers, are passed over.
func parseMessage(b []byte) ([]Exit, error) {
	if len(b) < genlHeader {
		return nil, fmt.Errorf("%w: %d bytes", ErrMalformed, len(b))
	}
	var out []Exit
	err := eachAttr(b[genlHeader:], func(kind uint16, value []byte) error {
		if kind != unix.TASKSTATS_TYPE_AGGR_PID {
			return nil
		}
		return eachAttr(value, func(kind uint16, value []byte) error {
			if kind != unix.TASKSTATS_TYPE_STATS {
				return nil
			}
			e, err := parseStats(value)
			if err != nil {
				return err
			}
			out = append(out, e)
			return nil
		})
	})
	return out, err
}

func parseStats(b []byte) (Exit, error) {
	if len(b) < sizeWithTGID {
		return Exit{}, fmt.Errorf("%w: statistics of %d bytes, want at least %d", ErrMalformed, len(b), sizeWithTGID)
	}
	if v := binary.NativeEndian.Uint16(b[offVersion:]); v < versionTGID {
		return Exit{}, fmt.Errorf("%w: version %d, want at least %d", ErrMalformed, v, versionTGID)
	}
	comm, _, _ := bytes.Cut(b[offComm:offComm+commBytes], []byte{0})
	return Exit{
		Process:      int(binary.NativeEndian.Uint32(b[offTGID:])),
		Parent:       int(binary.NativeEndian.Uint32(b[offPPID:])),
		Command:      string(comm),
		PeakRSSBytes: int64(binary.NativeEndian.Uint64(b[offHiwaterRSS:]) << 10),
	}, nil
}

// eachAttr calls f for each netlink attribute in b.
func eachAttr(b []byte, f func(kind uint16, value []byte) error) error {
	for len(b) >= nlaHeader {
		n := int(binary.NativeEndian.Uint16(b))
		if n < nlaHeader || n > len(b) {
			return fmt.Errorf("%w: attribute of %d bytes in %d", ErrMalformed, n, len(b))
		}
		if err := f(binary.NativeEndian.Uint16(b[2:])&nlaTypeMask, b[nlaHeader:n]); err != nil {
			return err
		}
		b = b[min((n+3)&^3, len(b)):]
	}
	return nil
}

func attr(kind uint16, value []byte) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(nlaHeader+len(value)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, value...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}
