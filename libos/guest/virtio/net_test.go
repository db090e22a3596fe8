package virtio_test

import (
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"unibench/libos/abi"
	"unibench/libos/guest/virtio"
	"unibench/libos/guest/virtio/virtiotest"
)

func TestOpenErrors(t *testing.T) {
	tests := []struct {
		name   string
		change func(*abi.NetInfo)
		want   error
	}{
		{"no device", func(i *abi.NetInfo) { i.Pairs = 0 }, virtio.ErrNoDevice},
		{"legacy", func(i *abi.NetInfo) { i.Features &^= abi.FeatureVersion1 }, virtio.ErrLegacy},
		{"pairs", func(i *abi.NetInfo) { i.Pairs = 1 << 30 }, virtio.ErrLayout},
		{"no descriptors", func(i *abi.NetInfo) { i.QueueSize = 0 }, virtio.ErrLayout},
		{"odd size", func(i *abi.NetInfo) { i.QueueSize = 24 }, virtio.ErrLayout},
		{"huge size", func(i *abi.NetInfo) { i.QueueSize = 1 << 16 }, virtio.ErrLayout},
		{"queues overlap", func(i *abi.NetInfo) { i.Stride = 64 }, virtio.ErrLayout},
		{"stride", func(i *abi.NetInfo) { i.Stride += 8 }, virtio.ErrLayout},
		{"rings", func(i *abi.NetInfo) { i.Rings++ }, virtio.ErrLayout},
		{"mtu", func(i *abi.NetInfo) { i.MTU = 67 }, virtio.ErrLayout},
	}
	for _, test := range tests {
		d := virtiotest.New(virtiotest.Config{})
		test.change(d.Info())
		if _, err := virtio.Open(d); !errors.Is(err, test.want) {
			t.Errorf("%s: Open = %v, want %v", test.name, err, test.want)
		}
	}

	d := virtiotest.New(virtiotest.Config{})
	d.Info().Rings += 1 << 20
	n := open(t, d)
	for _, number := range []int{-1, 0, 2} {
		if _, err := virtio.NewQueue[int](n, number); !errors.Is(err, virtio.ErrLayout) {
			t.Errorf("NewQueue(%d) = %v, want %v", number, err, virtio.ErrLayout)
		}
	}
}

func TestAccept(t *testing.T) {
	const always = abi.FeatureVersion1 | abi.NetFeatureMAC | abi.NetFeatureMTU
	const all = ^uint64(0)
	tests := []struct {
		name           string
		offered, known uint64
		want           uint64
	}{
		{"nothing", 0, all, always},
		{"unknown stays out", 1<<40 | abi.NetFeatureCSum, abi.NetFeatureCSum, always | abi.NetFeatureCSum},
		{"events", abi.FeatureEventIdx, 0, always | abi.FeatureEventIdx},
		{"segments need checksums", abi.NetFeatureHostTSO4 | abi.NetFeatureHostUSO, all, always},
		{"segments", abi.NetFeatureHostTSO4 | abi.NetFeatureCSum, all, always | abi.NetFeatureHostTSO4 | abi.NetFeatureCSum},
		{"large receive needs pieces", abi.NetFeatureGuestTSO4 | abi.NetFeatureGuestCSum, all, always | abi.NetFeatureGuestCSum},
		{"large receive needs checksums", abi.NetFeatureGuestTSO4 | abi.NetFeatureMrgRxBuf, all, always | abi.NetFeatureMrgRxBuf},
	}
	for _, test := range tests {
		d := virtiotest.New(virtiotest.Config{Features: test.offered})
		n, err := virtio.Open(d)
		if err != nil {
			t.Fatal(err)
		}
		got := n.Accept(test.known)
		n.Start()
		if got != test.want || d.Shared().Accepted != test.want || d.Shared().Ready != 1 {
			t.Errorf("%s: Accept = %#x, shared %+v, want %#x", test.name, got, *d.Shared(), test.want)
		}
	}
}

func TestHeader(t *testing.T) {
	// The example of a TCP segment over IPv4 with its fields in the order of 5.1.6.
	bytes := []byte{1, 0x81, 0x42, 0, 0xb4, 5, 0x22, 0, 0x10, 0, 3, 1}
	want := virtio.Header{Flags: virtio.HeaderNeedsCSum, GSO: virtio.GSOTCP4 | virtio.GSOECN, Length: 66, Segment: 1460, CSumStart: 34, CSumOffset: 16, Buffers: 259}
	var got virtio.Header
	got.Parse(bytes)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Parse differs (-want +got):\n%s", diff)
	}
	if got.GSOKind() != virtio.GSOTCP4 {
		t.Errorf("GSOKind = %d", got.GSOKind())
	}
	back := make([]byte, virtio.HeaderSize)
	got.Put(back)
	if diff := cmp.Diff(bytes, back); diff != "" {
		t.Errorf("Put differs (-want +got):\n%s", diff)
	}
}

func TestNotified(t *testing.T) {
	d := virtiotest.New(virtiotest.Config{})
	var queues []int
	d.OnNotify = func(q int) { queues = append(queues, q) }
	n := open(t, d)
	n.Notify(1)
	n.Notify(0)
	if diff := cmp.Diff([]int{1, 0}, queues); diff != "" || d.Stats().Notified != 2 {
		t.Errorf("notified %v, counted %d", queues, d.Stats().Notified)
	}
}

// TestDependencies: this package is linked below package net, and should stay
// small.
func TestDependencies(t *testing.T) {
	list := func(pkgs ...string) []string {
		t.Helper()
		out, err := exec.Command("go", append([]string{"list", "-deps"}, pkgs...)...).Output()
		if err != nil {
			t.Fatalf("go list -deps %s: %v", pkgs, err)
		}
		return strings.Fields(string(out))
	}
	allowed := map[string]bool{"unibench/libos/abi": true, "unibench/libos/guest/virtio": true}
	for _, pkg := range list("errors", "sync/atomic") {
		allowed[pkg] = true
	}
	for _, pkg := range list("unibench/libos/guest/virtio") {
		if !allowed[pkg] {
			t.Errorf("imports %s", pkg)
		}
	}
}
