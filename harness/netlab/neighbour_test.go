package netlab_test

import (
	"os"
	"strings"
	"testing"

	"unibench/harness/netlab"
)

func TestKnowSUT(t *testing.T) {
	w, err := netlab.New(t.Context(), netlab.Config{Link: netlab.TAP})
	if err != nil {
		t.Skip(err)
	}
	defer w.Close()
	if err := w.KnowSUT(netlab.SUTMAC()); err != nil {
		t.Fatal(err)
	}
	var arp []byte
	err = w.Do(netlab.Generator, func() (err error) {
		arp, err = os.ReadFile("/proc/thread-self/net/arp")
		return err
	})
	// Flags 0x6: complete and permanent.
	if s := strings.Join(strings.Fields(string(arp)), " "); err != nil || !strings.Contains(s, "198.18.0.2 0x1 0x6 "+netlab.SUTMAC().String()) {
		t.Errorf("neighbours: %s, %v", s, err)
	}
}
