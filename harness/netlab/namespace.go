package netlab

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strconv"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// namespace is a network namespace without a name. It belongs to the world.
type namespace struct {
	file   *os.File // keeps it alive
	handle *netlink.Handle
}

// newNamespace makes a namespace with nothing but its loopback interface, up.
func newNamespace() (*namespace, error) {
	n := &namespace{}
	err := onThread(func() error {
		fd, err := netns.New()
		if err != nil {
			return fmt.Errorf("make a network namespace: %w", err)
		}
		n.file = os.NewFile(uintptr(fd), "network namespace")
		return nil
	})
	if err != nil {
		return nil, err
	}
	if n.handle, err = netlink.NewHandleAt(netns.NsHandle(n.file.Fd()), unix.NETLINK_ROUTE); err != nil {
		n.file.Close()
		return nil, fmt.Errorf("talk to the kernel about a network namespace: %w", err)
	}
	if err := n.up("lo"); err != nil {
		n.close()
		return nil, err
	}
	return n, nil
}

func (n *namespace) close() {
	n.handle.Close()
	n.file.Close()
}

// do calls f on a thread that is in the namespace.
func (n *namespace) do(f func() error) error {
	return onThread(func() error {
		if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("enter a network namespace: %w", err)
		}
		return f()
	})
}

// onThread calls f on a thread of its own, which ends afterwards, so that
// whatever f did to it is gone. f must not start programs, as they would be told
// that their parent died.
func onThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() != unix.Getpid() {
			done <- f() // and the thread ends, still locked
			return
		}
		// The main thread would not end but stay in the namespace for ever,
		// so it waits here while another takes its place.
		defer runtime.UnlockOSThread()
		done <- onThread(f)
	}()
	return <-done
}

func (n *namespace) up(name string) error {
	link, err := n.handle.LinkByName(name)
	if err == nil {
		err = n.handle.LinkSetUp(link)
	}
	if err != nil {
		return fmt.Errorf("bring interface %s up: %w", name, err)
	}
	return nil
}

// address configures the interface of a side and brings it up.
func (n *namespace) address(name string, side Side) error {
	if err := n.do(func() error { return setSysctls(sideSysctls(name, side)) }); err != nil {
		return err
	}
	link, err := n.handle.LinkByName(name)
	if err != nil {
		return fmt.Errorf("find interface %s: %w", name, err)
	}
	for _, p := range []netip.Prefix{side.Prefix4(), side.Prefix6()} {
		a := &netlink.Addr{IPNet: &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}}
		if p.Addr().Is6() {
			if _, err := os.Stat("/proc/sys/net/ipv6"); errors.Is(err, os.ErrNotExist) {
				continue // the kernel has no IPv6
			}
			a.Flags = unix.IFA_F_NODAD
		}
		if err := n.handle.AddrAdd(link, a); err != nil {
			return fmt.Errorf("give interface %s the address %s: %w", name, p, err)
		}
	}
	return n.up(name)
}

// path names the namespace for programs that take paths, as long as this process
// has it open.
func (n *namespace) path() string {
	return "/proc/" + strconv.Itoa(os.Getpid()) + "/fd/" + strconv.Itoa(int(n.file.Fd()))
}
