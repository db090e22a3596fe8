package netlab_test

import (
	"os"
	"testing"
	"time"

	"unibench/harness/netlab"
	"unibench/harness/netlab/relay"
)

// shaped returns the configuration of a world with a relay.
func shaped(t testing.TB, link netlab.LinkKind, s netlab.Shape) netlab.Config {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return netlab.Config{Link: link, Shape: &s, Relay: []string{self, netlab.RelayArg}}
}

func TestRelayPing(t *testing.T) {
	const delay = 5 * time.Millisecond
	w := newWorld(t, shaped(t, netlab.Veth, netlab.Shape{Delay: delay}))
	rtt, err := w.Ping(limit(t), netlab.SUT.Addr4())
	if err != nil {
		t.Fatal(err)
	}
	if rtt < 2*delay {
		t.Errorf("round trip of %v through twice a delay of %v", rtt, delay)
	}
	if _, err := w.Ping(limit(t), netlab.SUT.Addr6()); err != nil {
		t.Error(err)
	}
	got, err := w.StopRelay()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []relay.Stats{got.ToSUT, got.ToGenerator} {
		if s.Frames < 3 || s.Lost+s.Overflow+s.Refused+s.Malformed+s.Missed != 0 {
			t.Errorf("relay counted %+v", s)
		}
	}
	t.Logf("round trip %v; %+v", rtt, got)
}
