package vmm

import (
	"errors"
	"fmt"
	"testing"

	"unibench/libos/abi"
)

const (
	mib      = 1 << 20
	gib      = 1 << 30
	imageTop = gib // by the limits in readImage
)

// checkLayout says what is wrong with a layout, "" if nothing is.
func checkLayout(l *layout, imageEnd, mem, args, initrd, net uint64) string {
	type named struct {
		name       string
		start, end uint64
		align      uint64
	}
	ranges := []named{
		{"image", abi.ImageGPA, imageEnd, 1},
		{"page tables", l.tables, l.tablesEnd, abi.PageSize},
		{"guard", l.stack - abi.PageSize, l.stack, abi.PageSize},
		{"stack", l.stack, l.stackEnd, abi.PageSize},
		{"network queues", l.net, l.netEnd, abi.PageSize},
		{"initrd", l.initrd, l.initrd + pageUp(l.initrdSize), abi.PageSize},
		{"RAM", l.memStart, l.memEnd, abi.HugePage},
	}
	last := uint64(0)
	for _, r := range ranges {
		switch {
		case r.start < last:
			return fmt.Sprintf("%s at %#x overlaps what is before it, to %#x", r.name, r.start, last)
		case r.end < r.start:
			return fmt.Sprintf("%s from %#x to %#x wraps", r.name, r.start, r.end)
		case r.align > 1 && (r.start%r.align != 0 || r.end%r.align != 0):
			return fmt.Sprintf("%s from %#x to %#x is not aligned", r.name, r.start, r.end)
		}
		last = r.end
	}
	switch {
	case l.stackEnd-l.stack < stackSize+args:
		return "the stack has no room for the arguments"
	case l.netEnd-l.net != net:
		return "another size of the network queues"
	case l.initrdSize != initrd:
		return "another size of the initrd"
	case l.memLimit < minMemory || l.memLimit > mem:
		return fmt.Sprintf("limit %d of %d bytes", l.memLimit, mem)
	case l.memEnd-l.memStart < l.memLimit+reserveRoom:
		return "RAM has less addresses than the limit and the room for reservations"
	case l.memEnd > mem+imageEnd+args+initrd+net+reserveRoom+(l.tablesEnd-l.tables)+stackSize+4*abi.HugePage:
		return fmt.Sprintf("memory ends at %#x, far beyond its %#x", l.memEnd, mem)
	}
	// As many tables as build takes, if all 4 KiB pages below the RAM were mapped.
	pages := 1 + ceil(l.memEnd, 1<<39) + ceil(l.memEnd, gib) + ceil(l.initrd+initrd, abi.HugePage)
	if l.tables+pages*abi.PageSize > l.tablesEnd {
		return fmt.Sprintf("%d tables, %d may be needed", (l.tablesEnd-l.tables)/abi.PageSize, pages)
	}
	return ""
}

func TestLayout(t *testing.T) {
	const image = abi.ImageGPA + 1234567
	for _, c := range []struct {
		name                             string
		imageEnd, mem, args, initrd, net uint64
		ok                               bool
	}{
		{"usual", image, 64 * mib, 300, 0, 0, true},
		{"small", image, 16 * mib, 300, 0, 0, true},
		{"image ends with a page", abi.ImageGPA + 4096, 64 * mib, 300, 0, 0, true},
		{"empty image", abi.ImageGPA, 64 * mib, 0, 0, 0, true},
		{"largest image", imageTop, 2 * gib, 300, 1, 0, true},
		{"many arguments", image, 64 * mib, 2 * mib, 4097, 0, true},
		{"many gigabytes", image, 300 * gib, 300, 0, 0, true},
		{"beyond a PDPT", image, 700 * gib, 300, 0, 0, true},
		{"largest", image, maxMemory, 300, 0, 0, true},
		{"initrd of 4G", image, 8 * gib, 300, 4 * gib, 0, true},
		{"initrd of 100G", image, 128 * gib, 300, 100 * gib, 0, true},
		{"network", image, 64 * mib, 300, 1, 64 << 10, true},
		{"many queues", image, 64 * mib, 300, 4097, 8 * mib, true},
		{"nothing", image, 0, 300, 0, 0, false},
		{"just the image", image, 1234567, 300, 0, 0, false},
		{"initrd too large", image, 64 * mib, 300, 60 * mib, 0, false},
		{"initrd larger than all", image, 64 * mib, 300, 1 << 63, 0, false},
		{"initrd wraps", image, 64 * mib, 300, ^uint64(0), 0, false},
		{"arguments wrap", image, 64 * mib, ^uint64(0), 0, 0, false},
		{"memory wraps", image, ^uint64(0), 300, 0, 0, false},
		{"too much memory", image, maxMemory + 1, 300, 0, 0, false},
	} {
		l, err := newLayout(c.imageEnd, c.mem, c.args, 0, c.initrd, c.net)
		if (err == nil) != c.ok {
			t.Errorf("%s: error %v, want success %t", c.name, err, c.ok)
		}
		if err == nil {
			if bad := checkLayout(l, c.imageEnd, c.mem, c.args, c.initrd, c.net); bad != "" {
				t.Errorf("%s: %s", c.name, bad)
			}
		}
	}
}

// TestLayoutNeed: with the memory that the error asks for, it works, and with a
// byte less it does not.
func TestLayoutNeed(t *testing.T) {
	const image, args, initrd, net = abi.ImageGPA + 12345, 400, 5000, 0
	_, err := newLayout(image, mib, args, 0, initrd, net)
	var e *MemoryError
	if !errors.As(err, &e) || e.Have != mib {
		t.Fatalf("error %v, want a MemoryError", err)
	}
	if _, err := newLayout(image, e.Need, args, 0, initrd, net); err != nil {
		t.Errorf("with %d bytes: %v", e.Need, err)
	}
	if _, err := newLayout(image, e.Need-1, args, 0, initrd, net); err == nil {
		t.Errorf("with %d bytes: no error", e.Need-1)
	}
	const want = "too little memory: this program needs at least 7M to start, has 1M; raise -mem"
	if e.Error() != want {
		t.Errorf("error %q, want %q", e, want)
	}
}

func FuzzLayout(f *testing.F) {
	f.Add(uint64(abi.ImageGPA+999), uint64(64*mib), uint64(300), uint64(0), uint8(0))
	f.Add(uint64(imageTop), uint64(maxMemory), uint64(1<<40), uint64(1<<41), uint8(255))
	f.Add(uint64(abi.ImageGPA), ^uint64(0), ^uint64(0), ^uint64(0), uint8(9))
	f.Add(uint64(abi.ImageGPA+1), uint64(40*gib), uint64(1), uint64(33*gib), uint8(17))
	f.Fuzz(func(t *testing.T, imageEnd, mem, args, initrd uint64, pages uint8) {
		net := uint64(pages) * abi.PageSize
		imageEnd = abi.ImageGPA + imageEnd%(imageTop-abi.ImageGPA+1)
		l, err := newLayout(imageEnd, mem, args, 0, initrd, net)
		if err != nil {
			return
		}
		if bad := checkLayout(l, imageEnd, mem, args, initrd, net); bad != "" {
			t.Errorf("newLayout(%#x, %#x, %#x, %#x, %#x): %s", imageEnd, mem, args, initrd, net, bad)
		}
	})
}

// TestFixedMap: what lies below the image, for all vCPUs, by the numbers of
// package abi.
func TestFixedMap(t *testing.T) {
	if end := gdtBase(abi.MaxVCPUs); end > abi.SystemGPA+abi.PageSize {
		t.Errorf("descriptor tables end at %#x, beyond their page", end)
	}
	if end := perCPUBase(abi.MaxVCPUs); end > abi.ImageGPA {
		t.Errorf("per-vCPU blocks end at %#x, inside the image", end)
	}
	if end := idtBase(0) + vectors*16; end > tssBase(0) {
		t.Errorf("the IDT ends at %#x, inside the TSS at %#x", end, tssBase(0))
	}
	if end := tssBase(0) + tssSize; end > stubBase(0) {
		t.Errorf("the TSS ends at %#x, inside the stubs at %#x", end, stubBase(0))
	}
	if ring0Top(0) != perCPUBase(0)+abi.PerCPUIDT {
		t.Errorf("the ring-0 stack ends at %#x, the IDT begins at %#x", ring0Top(0), perCPUBase(0)+abi.PerCPUIDT)
	}
	if abi.StatsGPA+abi.StatsSize > abi.PerCPUGPA {
		t.Error("the statistics page reaches into the per-vCPU blocks")
	}
}
