package netlab_test

import (
	"encoding/binary"
	"errors"
	"os"
	"testing"
	"time"

	"unibench/baselines/launch"
	"unibench/harness/netlab"
)

const (
	vnetHeader = 12
	etherARP   = 0x0806
	etherIPv4  = 0x0800
)

// answer does on a TAP what a virtual machine would: it answers ARP (RFC 826) and
// ICMP echo requests until the TAP is closed.
func answer(tap *os.File) {
	mac := []byte{0x02, 0, 0, 0, 0, 2}
	b := make([]byte, 65536)
	for {
		n, err := tap.Read(b)
		if err != nil {
			return
		}
		f := b[vnetHeader:n]
		if len(f) < 42 {
			continue
		}
		ip := netlab.SUT.Addr4().As4()
		switch p := f[14:]; binary.BigEndian.Uint16(f[12:]) {
		case etherARP:
			if p[7] != 1 || [4]byte(p[24:28]) != ip {
				continue
			}
			p[7] = 2
			copy(p[18:28], p[8:18])
			copy(p[8:], mac)
			copy(p[14:], ip[:])
		case etherIPv4:
			if p[9] != 1 || p[20] != 8 || [4]byte(p[16:20]) != ip {
				continue
			}
			copy(p[16:20], p[12:16])
			copy(p[12:16], ip[:])
			// The sum changes with the type from 8 to 0.
			p[20] = 0
			sum := uint32(binary.BigEndian.Uint16(p[22:])) + 0x0800
			binary.BigEndian.PutUint16(p[22:], uint16(sum+sum>>16))
		default:
			continue
		}
		copy(f, f[6:12])
		copy(f[6:], mac)
		clear(b[:vnetHeader])
		if _, err := tap.Write(b[:n]); err != nil {
			return
		}
	}
}

func TestTAP(t *testing.T) {
	const delay = 3 * time.Millisecond
	for name, c := range map[string]netlab.Config{
		"direct": {Link: netlab.TAP},
		"queues": {Link: netlab.TAP, Queues: 2},
		"shaped": shaped(t, netlab.TAP, netlab.Shape{Delay: delay}),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c)
			if got := len(w.TAP()); got != max(c.Queues, 1) {
				t.Fatalf("%d descriptors", got)
			}
			for _, f := range w.TAP() {
				go answer(f)
			}
			for range 3 {
				rtt, err := w.Ping(limit(t), netlab.SUT.Addr4())
				if err != nil || c.Shape != nil && rtt < 2*delay {
					t.Errorf("Ping = %v, %v", rtt, err)
				}
			}
		})
	}
}

func TestTAPHasNoNamespace(t *testing.T) {
	w := newWorld(t, netlab.Config{Link: netlab.TAP})
	if _, err := w.Start(t.Context(), netlab.SUT, launch.Spec{Path: "/bin/true"}); !errors.Is(err, netlab.ErrNoNamespace) {
		t.Errorf("Start = %v, want ErrNoNamespace", err)
	}
	if w.NetNS(netlab.SUT) != nil || w.NetNSPath(netlab.SUT) != "" {
		t.Error("the system under test has a namespace")
	}
}
