package netlab

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/vishvananda/netlink"
)

// LinkKind is how the system under test is attached.
type LinkKind string

// The kinds of links.
const (
	Veth LinkKind = "veth" // to a namespace of its own: processes, containers
	TAP  LinkKind = "tap"  // to a file descriptor: virtual machines
)

// Defaults of Config.
const (
	DefaultMTU = 1500 // bytes of IP packet
	txQueueLen = 1000 // frames, the kernel's own default for both kinds
)

// Config says what world to build.
type Config struct {
	Link   LinkKind
	MTU    int    // 0 means DefaultMTU
	Queues int    // queue pairs of a TAP, each a descriptor; 0 means 1
	Shape  *Shape // of the wire; nil: the link is joined directly

	// Relay is the command line of the process that shapes the wire, which
	// calls RelayMain, such as this program's own path and RelayArg; needed with
	// Shape only. RelayCPUs are its processors; empty means all.
	Relay     []string
	RelayCPUs []int
}

// World is a network built for one trial. Its methods may be called from any
// goroutine; nothing may be called after Close.
type World struct {
	config Config
	ns     [2]*namespace // of each side; nil for the SUT of a TAP
	wire   *namespace    // nil without a shape
	taps   []*os.File

	sockets [2]*os.File   // on the wire, until its relay has them
	relay   *relayProcess // nil without a shape
}

// New builds a world, which the caller must close. ctx bounds the time it takes
// and the life of the relay.
func New(ctx context.Context, c Config) (*World, error) {
	if err := c.normalise(); err != nil {
		return nil, err
	}
	w := &World{config: c}
	if err := w.build(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("build network: %w", explain(err)), w.Close())
	}
	return w, nil
}

func (c *Config) normalise() error {
	if c.MTU == 0 {
		c.MTU = DefaultMTU
	}
	if c.Queues == 0 {
		c.Queues = 1
	}
	switch {
	case c.Link != Veth && c.Link != TAP:
		return fmt.Errorf("link %q: want %s or %s", c.Link, Veth, TAP)
	case c.MTU < minMTU || c.MTU > maxMTU:
		return fmt.Errorf("mtu of %d bytes: want %d to %d", c.MTU, minMTU, maxMTU)
	case c.Queues < 1 || c.Queues > maxQueues || c.Queues > 1 && c.Link != TAP:
		return fmt.Errorf("%d queues on a %s: want 1, on a tap up to %d", c.Queues, c.Link, maxQueues)
	case c.Shape != nil && len(c.Relay) == 0:
		return errors.New("a shaped wire needs the command line of the relay")
	}
	if c.Shape != nil {
		return c.Shape.Check()
	}
	return nil
}

const (
	minMTU    = 1280 // IPv6 asks for that much
	maxMTU    = 9000
	maxQueues = 8
)

// linkName is the interface of both sides.
const linkName = "eth0"

// build makes namespaces, links and addresses, in this order.
func (w *World) build(ctx context.Context) (err error) {
	if w.ns[Generator], err = newNamespace(); err != nil {
		return err
	}
	if w.config.Link == Veth {
		if w.ns[SUT], err = newNamespace(); err != nil {
			return err
		}
	}
	if w.config.Shape != nil {
		err = w.joinByRelay()
	} else {
		err = w.join()
	}
	if err != nil {
		return err
	}
	for _, side := range Sides() {
		if ns := w.ns[side]; ns != nil {
			if err := ns.address(linkName, side); err != nil {
				return fmt.Errorf("%s: %w", side, err)
			}
		}
	}
	for _, side := range Sides() {
		if ns := w.ns[side]; ns != nil {
			if err := ns.awaitReady(ctx, linkName); err != nil {
				return fmt.Errorf("%s: %w", side, err)
			}
		}
	}
	if w.config.Shape != nil {
		return w.startRelay(ctx)
	}
	return nil
}

// join makes the direct link.
func (w *World) join() (err error) {
	gen := w.ns[Generator]
	if w.config.Link == TAP {
		w.taps, err = gen.addTAP(linkName, w.config.MTU, w.config.Queues)
		return err
	}
	return gen.addVeth(linkName, w.ns[SUT], linkName, w.config.MTU)
}

// linkIndex is a number that the other end of a pair does not get. The kernel
// holds back, for up to a second, the news that an interface without a queue has a
// carrier, if its number is its peer's; IPv6 does not work until then.
const linkIndex = 100

// addVeth makes a pair with one end in each namespace.
func (n *namespace) addVeth(name string, peer *namespace, peerName string, mtu int) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.MTU, attrs.TxQLen = name, mtu, txQueueLen
	attrs.Index = linkIndex
	pair := &netlink.Veth{
		LinkAttrs: attrs, PeerName: peerName, PeerNamespace: netlink.NsFd(int(peer.file.Fd())),
		PeerMTU: uint32(mtu), PeerTxQLen: txQueueLen,
	}
	if err := n.handle.LinkAdd(pair); err != nil {
		return fmt.Errorf("add a pair of interfaces: %w", err)
	}
	return nil
}

// Close ends the relay and lets go of namespaces and TAP. They vanish when the
// last process that Start started in them has ended, which is the caller's task.
func (w *World) Close() error {
	var err error
	if w.relay != nil {
		_, err = w.relay.stop()
	}
	w.closeSockets()
	for _, f := range w.taps {
		f.Close()
	}
	for _, ns := range []*namespace{w.ns[Generator], w.ns[SUT], w.wire} {
		if ns != nil {
			ns.close()
		}
	}
	return err
}
