package netlab

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// readyLimit is how long an interface may take to get ready, in practice some
// milliseconds.
const readyLimit = 5 * time.Second

// awaitReady waits until the kernel has acted on an interface's carrier. Before
// that IPv6 drops what comes, and those who ask for an address ask again only
// after a second.
func (n *namespace) awaitReady(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyLimit, errors.New("it has no carrier"))
	defer cancel()
	updates, done := make(chan netlink.LinkUpdate), make(chan struct{})
	ns := netns.NsHandle(n.file.Fd())
	err := netlink.LinkSubscribeWithOptions(updates, done, netlink.LinkSubscribeOptions{Namespace: &ns, ListExisting: true})
	if err != nil {
		return fmt.Errorf("watch interface %s: %w", name, err)
	}
	defer func() {
		close(done)
		for range updates { // until its sender has ended
		}
	}()
	for {
		select {
		case u, ok := <-updates:
			if !ok {
				return fmt.Errorf("watch interface %s: the kernel's messages ended", name)
			}
			const ready = unix.IFF_RUNNING | unix.IFF_LOWER_UP
			if u.Attrs().Name == name && u.IfInfomsg.Flags&ready == ready {
				return nil
			}
		case <-ctx.Done():
			return fmt.Errorf("wait for interface %s: %w", name, context.Cause(ctx))
		}
	}
}
