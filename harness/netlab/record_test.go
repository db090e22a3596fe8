package netlab_test

import (
	"encoding/json"
	"strings"
	"testing"

	"unibench/harness/netlab"
)

func record(t *testing.T, c netlab.Config) netlab.Record {
	t.Helper()
	r, err := newWorld(t, c).Record()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRecord(t *testing.T) {
	r := record(t, netlab.Config{Link: netlab.Veth})
	if r.SUT == nil {
		t.Fatal("no record of the system under test")
	}
	for _, i := range []netlab.Interface{r.Generator, *r.SUT} {
		if i.Kind != "veth" || i.MTU != 1500 || i.TxQueueLen != 1000 || len(i.Qdiscs) == 0 {
			t.Errorf("interface %+v", i)
		}
		for _, name := range []string{"tx-tcp-segmentation", "tx-tcp6-segmentation", "tx-generic-segmentation", "tx-checksum-ip-generic"} {
			if !i.Offloads[name] {
				t.Errorf("offload %s is off", name)
			}
		}
		if i.Sysctls["ipv4/tcp_rmem"] == "" {
			t.Errorf("no buffer sizes in %v", i.Sysctls)
		}
	}
	if r.Generator.Sysctls["ipv4/ip_local_port_range"] != "10240 65535" {
		t.Errorf("ports of the generator: %v", r.Generator.Sysctls)
	}
	j, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var again netlab.Record
	if err := json.Unmarshal(j, &again); err != nil || len(again.Diff(r)) != 0 {
		t.Errorf("a record that was stored differs: %v, %v", again.Diff(r), err)
	}
}

func TestDiff(t *testing.T) {
	a := record(t, netlab.Config{Link: netlab.Veth})
	if got := a.Diff(record(t, netlab.Config{Link: netlab.Veth})); len(got) != 0 {
		t.Errorf("equal worlds differ: %q", got)
	}
	got := a.Diff(record(t, netlab.Config{Link: netlab.Veth, MTU: 9000}))
	if len(got) != 2 || got[0] != "generator mtu: 1500, 9000" || got[1] != "sut mtu: 1500, 9000" {
		t.Errorf("another mtu = %q", got)
	}
	got = a.Diff(record(t, netlab.Config{Link: netlab.TAP}))
	t.Logf("veth and tap differ in %q", got)
	text := strings.Join(got, "\n")
	for _, want := range []string{"link: veth, tap", "sut: an interface of the kernel, a descriptor, no interface of the kernel"} {
		if !strings.Contains(text, want) {
			t.Errorf("veth and tap: no %q in %q", want, got)
		}
	}
	for _, same := range []string{"mtu", "queue length", "segmentation", "checksum-ip-generic", "net."} {
		if strings.Contains(text, same) {
			t.Errorf("veth and tap differ in %s: %q", same, got)
		}
	}
	shaped := record(t, shaped(t, netlab.Veth, netlab.Shape{Loss: 0.5}))
	if got := a.Diff(shaped); len(got) != 1 || !strings.HasPrefix(got[0], "shape: none, ") {
		t.Errorf("a shaped world = %q", got)
	}
}
