package tap_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"unibench/libos/abi"
	"unibench/libos/vmm/tap"
	"unibench/libos/vmm/tap/taptest"
	"unibench/libos/vmm/virtio"
)

const patience = 10 * time.Second

// open opens the interface by name.
func open(t *testing.T, h *taptest.Host, queues int) ([]*tap.Queue, int) {
	t.Helper()
	var q []*tap.Queue
	var mtu int
	var err error
	h.Do(func() { q, mtu, err = tap.Open(h.Name, queues) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, q := range q {
			q.Close()
		}
	})
	return q, mtu
}

func TestQueue(t *testing.T) {
	h := taptest.New(t, 1)
	qs, mtu := open(t, h, 1)
	q := qs[0]
	if mtu != 1500 {
		t.Errorf("MTU %d, want 1500", mtu)
	}
	const least = abi.NetFeatureCSum | abi.NetFeatureGuestTSO4 | abi.NetFeatureHostTSO6
	if q.Features()&least != least {
		t.Errorf("features %#x", q.Features())
	}
	b := make([]byte, 4096)
	if n, errno := q.Read([]syscall.Iovec{virtio.Vector(b)}); errno != syscall.EAGAIN {
		t.Errorf("Read() = %d, %v without a frame, want EAGAIN", n, errno)
	}

	want := taptest.Frame(200, 7)
	h.Send(want)
	if !taptest.Waits(q.FD(), patience) {
		t.Fatal("no frame came")
	}
	n, errno := q.Read([]syscall.Iovec{virtio.Vector(b[:50]), virtio.Vector(b[50:100]), virtio.Vector(b[100:])})
	if errno != 0 || !bytes.Equal(b[12:n], want) {
		t.Errorf("Read() = %d, %v; want %d bytes", n, errno, 12+len(want))
	}

	want = taptest.Frame(300, 8)
	header := make([]byte, 12)
	if errno := q.Write([]syscall.Iovec{virtio.Vector(header), virtio.Vector(want[:33]), virtio.Vector(want[33:])}); errno != 0 {
		t.Errorf("Write() = %v", errno)
	}
	if got := h.Receive(patience); !bytes.Equal(got, want) {
		t.Errorf("%d bytes came, want %d", len(got), len(want))
	}
	if errno := q.Write([]syscall.Iovec{virtio.Vector(header), virtio.Vector(want[:13])}); errno != syscall.EINVAL {
		t.Errorf("Write of half an Ethernet header = %v, want EINVAL", errno)
	}
	for _, f := range []uint64{0, abi.NetFeatureGuestCSum, abi.NetFeatureGuestCSum | abi.NetFeatureGuestTSO4, abi.NetFeatureGuestCSum | abi.NetFeatureGuestUSO4, ^uint64(0)} {
		if err := q.Accept(f & q.Features()); err != nil {
			t.Errorf("Accept(%#x): %v", f, err)
		}
	}
}

// TestQueues: several queues of one interface, by name and by descriptor.
func TestQueues(t *testing.T) {
	h := taptest.New(t, 2)
	qs, _ := open(t, h, 2)
	frame := taptest.Frame(60, 1)
	for i, q := range qs {
		if errno := q.Write([]syscall.Iovec{virtio.Vector(make([]byte, 12)), virtio.Vector(frame)}); errno != 0 {
			t.Errorf("queue %d: %v", i, errno)
		}
		if got := h.Receive(patience); !bytes.Equal(got, frame) {
			t.Errorf("queue %d: %d bytes came", i, len(got))
		}
	}
	var fd int
	var err error
	h.Do(func() { fd, err = h.Open(true) })
	if err != nil {
		t.Fatal(err)
	}
	inherited, err := tap.Inherited([]int{fd})
	if err != nil {
		t.Fatal(err)
	}
	inherited[0].Close()
}

// TestErrors: each has its text with the next step, and its errno.
func TestErrors(t *testing.T) {
	h := taptest.New(t, 1)
	check := func(name string, err error, errno error, text ...string) {
		t.Helper()
		var e *tap.Error
		if !errors.As(err, &e) || errno != nil && !errors.Is(err, errno) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want a tap.Error with %v", name, err, errno)
			return
		}
		for _, s := range text {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("%s: error %q lacks %q", name, err, s)
			}
		}
	}
	var err error
	h.Do(func() { _, _, err = tap.Open("none", 1) })
	check("missing interface", err, syscall.ENODEV, "network interface none: find", "ip tuntap add dev none mode tap vnet_hdr")
	h.Do(func() { _, _, err = tap.Open("lo", 1) })
	check("no TAP", err, syscall.EINVAL, "network interface lo: attach", "it has to be a TAP interface")
	h.Do(func() { _, _, err = tap.Open(h.Name, 2) })
	check("one queue", err, syscall.EINVAL, "multi_queue for queues=2")
	h.Do(func() { _, _, err = tap.Open("a name that is too long", 1) })
	check("long name", err, nil, "1 to 15 characters")
	open(t, h, 1)
	h.Do(func() { _, _, err = tap.Open(h.Name, 1) })
	check("in use", err, syscall.EBUSY, "another program uses it")

	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	_, err = tap.Inherited([]int{int(null.Fd())})
	check("no queue", err, nil, "inherit", "IFF_VNET_HDR")
	_, err = tap.Inherited([]int{1 << 20})
	check("no descriptor", err, syscall.EBADF, "descriptor 1048576")
}
