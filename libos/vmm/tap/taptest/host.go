// Package taptest makes a TAP interface in a network namespace of its own, for
// tests of what is attached to it: frames go in and out by a packet socket
// (packet(7)). Everything is gone when the test ends.
//
// It is imported by tests only.
package taptest

import (
	"encoding/binary"
	"errors"
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// EtherType of the frames that tests exchange: one for experiments (IEEE Std
// 802, local experimental 1). Others, which the kernel sends, are not shown.
const EtherType = 0x88b5

// Host is the host's side of a TAP interface.
type Host struct {
	Name string

	t      testing.TB
	do     chan func()
	socket int
	index  int
}

// New makes an interface with the given queues. The test is skipped if this user
// or host cannot.
func New(t testing.TB, queues int) *Host {
	t.Helper()
	h := &Host{Name: "tap0", t: t, do: make(chan func()), socket: -1}
	ready := make(chan error)
	go func() {
		// The thread is in the namespace for good: it ends with the goroutine.
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			ready <- err
			return
		}
		ready <- nil
		for f := range h.do {
			f()
		}
	}()
	if err := <-ready; err != nil {
		t.Skipf("no network namespace of its own: %v", err)
	}
	t.Cleanup(func() {
		if h.socket >= 0 {
			unix.Close(h.socket)
		}
		close(h.do)
	})
	var err error
	h.Do(func() { err = h.make(queues) })
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) || errors.Is(err, unix.ENODEV) {
		t.Skipf("no TAP: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Do calls f in the namespace.
func (h *Host) Do(f func()) {
	done := make(chan struct{})
	h.do <- func() {
		defer close(done)
		f()
	}
	<-done
}

// make makes the interface, brings it up and opens the socket.
func (h *Host) make(queues int) error {
	fd, err := h.Open(queues > 1)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.IoctlSetInt(fd, unix.TUNSETPERSIST, 1); err != nil {
		return err
	}
	// The kernel's own frames would be counted.
	_ = os.WriteFile("/proc/sys/net/ipv6/conf/"+h.Name+"/disable_ipv6", []byte("1"), 0)
	if h.socket, err = unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, int(swap(EtherType))); err != nil {
		return err
	}
	r, err := unix.NewIfreq(h.Name)
	if err != nil {
		return err
	}
	r.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(h.socket, unix.SIOCSIFFLAGS, r); err != nil {
		return err
	}
	if err := unix.IoctlIfreq(h.socket, unix.SIOCGIFINDEX, r); err != nil {
		return err
	}
	h.index = int(r.Uint32())
	return unix.Bind(h.socket, &unix.SockaddrLinklayer{Protocol: swap(EtherType), Ifindex: h.index})
}

// Open opens a queue of the interface, without setting anything. It is called in
// the namespace.
func (h *Host) Open(multi bool) (int, error) {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return -1, err
	}
	r, err := unix.NewIfreq(h.Name)
	if err == nil {
		flags := uint16(unix.IFF_TAP | unix.IFF_NO_PI | unix.IFF_VNET_HDR)
		if multi {
			flags |= unix.IFF_MULTI_QUEUE
		}
		r.SetUint16(flags)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, r)
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// Remove removes the interface, whoever is attached to it.
func (h *Host) Remove() {
	h.t.Helper()
	var err error
	h.Do(func() {
		var s int
		if s, err = unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE); err != nil {
			return
		}
		defer unix.Close(s)
		// struct nlmsghdr and ifinfomsg (rtnetlink(7)) for RTM_DELLINK.
		b := make([]byte, 32)
		le := binary.LittleEndian
		le.PutUint32(b, 32)
		le.PutUint16(b[4:], unix.RTM_DELLINK)
		le.PutUint16(b[6:], unix.NLM_F_REQUEST|unix.NLM_F_ACK)
		le.PutUint32(b[20:], uint32(h.index))
		if err = unix.Sendto(s, b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err == nil {
			_, _, err = unix.Recvfrom(s, b, 0)
		}
	})
	if err != nil {
		h.t.Fatalf("remove the TAP: %v", err)
	}
}

// swap makes network order of host order: this is for x86.
func swap(v uint16) uint16 { return v<<8 | v>>8 }

// Frame returns an Ethernet frame of n bytes, 14 at least, for everyone, whose
// content depends on seed.
func Frame(n int, seed byte) []byte {
	b := make([]byte, n)
	copy(b, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 9, EtherType >> 8, EtherType & 0xff})
	for i := 14; i < n; i++ {
		b[i] = seed + byte(i)
	}
	return b
}

// Send sends a frame out of the interface: whoever is attached can read it.
func (h *Host) Send(frame []byte) {
	h.t.Helper()
	if _, err := unix.Write(h.socket, frame); err != nil {
		h.t.Fatalf("send to the TAP: %v", err)
	}
}

// Receive returns the next frame that came in, nil if none did within patience.
func (h *Host) Receive(patience time.Duration) []byte {
	h.t.Helper()
	p := []unix.PollFd{{Fd: int32(h.socket), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(p, int(patience.Milliseconds()))
		if err == unix.EINTR {
			continue
		}
		if n == 0 || err != nil {
			return nil
		}
		b := make([]byte, 1<<17)
		n, from, err := unix.Recvfrom(h.socket, b, 0)
		if err != nil {
			h.t.Fatalf("receive from the TAP: %v", err)
		}
		if l, ok := from.(*unix.SockaddrLinklayer); ok && l.Pkttype == unix.PACKET_OUTGOING {
			continue // what Send sent
		}
		return b[:n]
	}
}

// Waits returns whether queue fd has a frame to read, within patience.
func Waits(fd int, patience time.Duration) bool {
	p := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
	n, _ := unix.Poll(p, int(patience.Milliseconds()))
	return n > 0
}
