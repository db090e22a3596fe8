package netlab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"

	"unibench/baselines/launch"
)

// ErrNoNamespace means that the side is not in a namespace: it is a virtual
// machine behind a TAP.
var ErrNoNamespace = errors.New("the system under test of a tap has no network namespace")

func (w *World) namespace(side Side) (*namespace, error) {
	if ns := w.ns[side]; ns != nil {
		return ns, nil
	}
	return nil, ErrNoNamespace
}

// Start starts a program in the namespace of a side; see launch.Start. s.CPUs are
// its processors. The program is killed when ctx ends or this process dies.
func (w *World) Start(ctx context.Context, side Side, s launch.Spec) (*launch.Running, error) {
	ns, err := w.namespace(side)
	if err != nil {
		return nil, err
	}
	s.NetNS = ns.file
	r, err := launch.Start(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", side, err)
	}
	return r, nil
}

// NetNS returns the namespace of a side, nil if it has none. It stays the
// world's.
func (w *World) NetNS(side Side) *os.File {
	if ns := w.ns[side]; ns != nil {
		return ns.file
	}
	return nil
}

// NetNSPath returns a path of the namespace of a side, for the configuration of
// a container, "" if it has none. It is valid until Close.
func (w *World) NetNSPath(side Side) string {
	if ns := w.ns[side]; ns != nil {
		return ns.path()
	}
	return ""
}

// TAP returns the descriptors of the TAP, one for each queue, none if the link is
// none. They are not blocking, each frame has a header of 12 bytes (virtio 1.2,
// section 5.1.6), and they stay the world's: hand them to a monitor by
// launch.Spec.Files. One monitor should use a TAP: frames that it did not read
// would be the next one's.
func (w *World) TAP() []*os.File { return w.taps }

// Do calls f on a thread in the namespace of a side: sockets that f makes belong
// to that side for good, wherever they are used. f must not start programs and
// must not have other goroutines make sockets.
func (w *World) Do(side Side, f func() error) error {
	ns, err := w.namespace(side)
	if err != nil {
		return err
	}
	return ns.do(f)
}

// Dial connects from a side. The address is a literal: there are no names here.
func (w *World) Dial(ctx context.Context, side Side, network, address string) (net.Conn, error) {
	var conn net.Conn
	err := w.Do(side, func() (err error) {
		// With a single address the dialer makes the socket on this
		// goroutine, and so on this thread.
		conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
		return err
	})
	return conn, err
}

// Listen listens on a side.
func (w *World) Listen(ctx context.Context, side Side, network, address string) (net.Listener, error) {
	var l net.Listener
	err := w.Do(side, func() (err error) {
		l, err = (&net.ListenConfig{}).Listen(ctx, network, address)
		return err
	})
	return l, err
}
