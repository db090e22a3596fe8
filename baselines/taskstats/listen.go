package taskstats

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// receiveBytes holds the records of a few thousand tasks, more than end on a
// host during one trial.
const receiveBytes = 4 << 20

// Listener receives the record of every task that ends on the host, from Listen
// until Close. It is not safe for concurrent use.
type Listener struct {
	fd int
}

// Listen starts to listen. The error says what is missing.
func Listen() (*Listener, error) {
	l, err := socket()
	if err != nil {
		return nil, err
	}
	if err := l.start(); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// Close stops listening.
func (l *Listener) Close() error { return unix.Close(l.fd) }

// Exits returns the records of all tasks that have ended since Listen or the
// last call, and does not wait for more: the kernel queues the record of a
// process before its parent can reap it. An error means that records are
// missing.
func (l *Listener) Exits() ([]Exit, error) {
	var out []Exit
	buf := make([]byte, 64<<10)
	for {
		n, _, err := unix.Recvfrom(l.fd, buf, unix.MSG_DONTWAIT)
		switch {
		case errors.Is(err, unix.EAGAIN):
			return out, nil
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return out, fmt.Errorf("receive task statistics: %w", err)
		}
		err = eachMessage(buf[:n], func(kind uint16, body []byte) error {
			if kind == unix.NLMSG_ERROR || kind == unix.NLMSG_DONE {
				return nil
			}
			e, err := parseMessage(body)
			out = append(out, e...)
			return err
		})
		if err != nil {
			return out, err
		}
	}
}

// socket opens generic netlink.
func socket() (*Listener, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_GENERIC)
	if err != nil {
		return nil, fmt.Errorf("open generic netlink: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("bind generic netlink: %w", err)
	}
	return &Listener{fd: fd}, nil
}

// family asks for the number that task statistics have in this kernel.
func (l *Listener) family() (uint16, error) {
	reply, err := l.request(unix.GENL_ID_CTRL, unix.CTRL_CMD_GETFAMILY,
		attr(unix.CTRL_ATTR_FAMILY_NAME, append([]byte(unix.TASKSTATS_GENL_NAME), 0)), false)
	if err != nil {
		return 0, fmt.Errorf("find task statistics in this kernel (CONFIG_TASKSTATS): %w", err)
	}
	var family uint16
	if len(reply) >= genlHeader {
		err = eachAttr(reply[genlHeader:], func(kind uint16, value []byte) error {
			if kind == unix.CTRL_ATTR_FAMILY_ID && len(value) >= 2 {
				family = binary.NativeEndian.Uint16(value)
			}
			return nil
		})
	}
	if err != nil || family == 0 {
		return 0, fmt.Errorf("find task statistics in this kernel: %w", ErrMalformed)
	}
	return family, nil
}

func (l *Listener) start() error {
	// Best effort: the plain size suffices on a quiet host, and an overrun
	// is reported by Exits.
	_ = unix.SetsockoptInt(l.fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBytes)
	family, err := l.family()
	if err != nil {
		return err
	}
	cpus, err := os.ReadFile("/sys/devices/system/cpu/possible")
	if err != nil {
		return fmt.Errorf("list processors: %w", err)
	}
	mask := append([]byte(strings.TrimSpace(string(cpus))), 0)
	if _, err := l.request(family, unix.TASKSTATS_CMD_GET, attr(unix.TASKSTATS_CMD_ATTR_REGISTER_CPUMASK, mask), true); err != nil {
		return fmt.Errorf("listen to task statistics (needs root): %w", err)
	}
	return nil
}

// request sends one command and returns the body of the answer: of the
// acknowledgement when ack is set, else of the reply.
func (l *Listener) request(kind uint16, cmd uint8, attrs []byte, ack bool) ([]byte, error) {
	flags := uint16(unix.NLM_F_REQUEST)
	if ack {
		flags |= unix.NLM_F_ACK
	}
	ne := binary.NativeEndian
	b := ne.AppendUint32(nil, uint32(unix.NLMSG_HDRLEN+genlHeader+len(attrs)))
	b = ne.AppendUint16(b, kind)
	b = ne.AppendUint16(b, flags)
	b = ne.AppendUint64(b, 0) // sequence number, port: one request at a time
	b = append(b, cmd, unix.TASKSTATS_GENL_VERSION, 0, 0)
	b = append(b, attrs...)
	if err := unix.Sendto(l.fd, b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, err
	}
	buf := make([]byte, 8<<10)
	for {
		n, _, err := unix.Recvfrom(l.fd, buf, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, err
		}
		var body []byte
		done := false
		err = eachMessage(buf[:n], func(got uint16, b []byte) error {
			switch {
			case got == unix.NLMSG_ERROR && len(b) >= 4:
				if code := int32(ne.Uint32(b)); code != 0 {
					return unix.Errno(-code)
				}
				done = true
			case got == kind && !ack:
				body, done = append([]byte(nil), b...), true
			}
			return nil
		})
		if err != nil || done {
			return body, err
		}
	}
}

// eachMessage calls f with type and body of each netlink message in b.
func eachMessage(b []byte, f func(kind uint16, body []byte) error) error {
	for len(b) >= unix.NLMSG_HDRLEN {
		n := int(binary.NativeEndian.Uint32(b))
		if n < unix.NLMSG_HDRLEN || n > len(b) {
			return fmt.Errorf("%w: message of %d bytes in %d", ErrMalformed, n, len(b))
		}
		if err := f(binary.NativeEndian.Uint16(b[4:]), b[unix.NLMSG_HDRLEN:n]); err != nil {
			return err
		}
		b = b[min((n+3)&^3, len(b)):]
	}
	return nil
}
