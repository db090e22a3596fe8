package netlab

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/vishvananda/netlink"
)

// Record is what the kernel says about a world, for the fairness report. Worlds
// whose records do not differ gave their targets the same network.
type Record struct {
	Link      LinkKind   `json:"link"`
	Generator Interface  `json:"generator"`
	SUT       *Interface `json:"sut,omitempty"` // nil: behind a TAP, where the kernel has no interface
	Shape     *Shape     `json:"shape,omitempty"`
}

// Interface is one end of the link.
type Interface struct {
	Kind       string            `json:"kind"` // as the kernel calls it
	MTU        int               `json:"mtu"`  // bytes of IP packet
	TxQueueLen int               `json:"tx_queue_len"`
	TxQueues   int               `json:"tx_queues"`
	RxQueues   int               `json:"rx_queues"`
	Qdiscs     []string          `json:"qdiscs"`   // queueing disciplines, each once
	Offloads   map[string]bool   `json:"offloads"` // by the kernel's names
	Sysctls    map[string]string `json:"sysctls"`  // of the namespace, relative to net
}

// Record reads the world's properties from the kernel. Offloads of a TAP are those
// that its monitor has asked for, so ask once it runs.
func (w *World) Record() (Record, error) {
	r := Record{Link: w.config.Link, Shape: w.config.Shape}
	for _, side := range Sides() {
		ns := w.ns[side]
		if ns == nil {
			continue
		}
		i, err := ns.describe(linkName)
		if err != nil {
			return Record{}, fmt.Errorf("read the properties of the link: %s: %w", side, err)
		}
		if side == Generator {
			r.Generator = i
		} else {
			r.SUT = &i
		}
	}
	return r, nil
}

// recordedOffloads are those that change how much work a packet is.
var recordedOffloads = [...]string{
	"rx-checksum", "rx-gro", "rx-gro-list", "rx-gro-hw", "rx-lro", "tx-checksum-ip-generic", "tx-checksum-ipv4", "tx-checksum-ipv6",
	"tx-generic-segmentation", "tx-scatter-gather", "tx-tcp-segmentation", "tx-tcp6-segmentation", "tx-udp-segmentation",
}

// recordedSysctls are those that TCP's behaviour depends on most.
var recordedSysctls = [...]string{
	"core/somaxconn", "ipv4/ip_local_port_range", "ipv4/tcp_congestion_control", "ipv4/tcp_rmem", "ipv4/tcp_sack",
	"ipv4/tcp_timestamps", "ipv4/tcp_tw_reuse", "ipv4/tcp_window_scaling", "ipv4/tcp_wmem",
}

func (n *namespace) describe(name string) (Interface, error) {
	link, err := n.handle.LinkByName(name)
	if err != nil {
		return Interface{}, fmt.Errorf("find interface %s: %w", name, err)
	}
	a := link.Attrs()
	i := Interface{
		Kind: link.Type(), MTU: a.MTU, TxQueueLen: a.TxQLen, TxQueues: a.NumTxQueues, RxQueues: a.NumRxQueues,
		Offloads: make(map[string]bool), Sysctls: make(map[string]string),
	}
	qdiscs, err := n.handle.QdiscList(link)
	if err != nil {
		return Interface{}, fmt.Errorf("list queueing disciplines: %w", err)
	}
	for _, q := range qdiscs {
		i.Qdiscs = append(i.Qdiscs, qdiscKind(q))
	}
	slices.Sort(i.Qdiscs)
	i.Qdiscs = slices.Compact(i.Qdiscs)
	err = n.do(func() error {
		all, err := features(name)
		if err != nil {
			return err
		}
		for _, f := range recordedOffloads {
			if on, known := all[f]; known {
				i.Offloads[f] = on
			}
		}
		for _, s := range recordedSysctls {
			b, err := os.ReadFile(filepath.Join(netSysctls, s))
			switch {
			case err == nil:
				i.Sysctls[s] = strings.Join(strings.Fields(string(b)), " ")
			case !errors.Is(err, os.ErrNotExist): // one that this kernel does not have
				return fmt.Errorf("read net.%s: %w", s, err)
			}
		}
		return nil
	})
	return i, err
}

func qdiscKind(q netlink.Qdisc) string { return q.Type() }

// Diff lists in words how two records differ, r first. A side that one of them has
// no interface for is not compared, but said.
func (r Record) Diff(other Record) []string {
	var d differences
	d.add("link", r.Link, other.Link)
	d.add("shape", describeShape(r.Shape), describeShape(other.Shape))
	d.compare("generator", r.Generator, other.Generator)
	switch {
	case r.SUT != nil && other.SUT != nil:
		d.compare("sut", *r.SUT, *other.SUT)
	default:
		d.add("sut", describeSUT(r.SUT), describeSUT(other.SUT))
	}
	return d
}

func describeSUT(i *Interface) string {
	if i == nil {
		return "a descriptor, no interface of the kernel"
	}
	return "an interface of the kernel"
}

func describeShape(s *Shape) string {
	if s == nil {
		return "none"
	}
	return fmt.Sprintf("%+v", *s)
}

// differences collects lines of "what: one, other".
type differences []string

func (d *differences) add(what string, a, b any) {
	if a != b {
		*d = append(*d, fmt.Sprintf("%s: %v, %v", what, a, b))
	}
}

func (d *differences) compare(side string, a, b Interface) {
	d.add(side+" kind", a.Kind, b.Kind)
	d.add(side+" mtu", a.MTU, b.MTU)
	d.add(side+" transmit queue length", a.TxQueueLen, b.TxQueueLen)
	d.add(side+" transmit queues", a.TxQueues, b.TxQueues)
	d.add(side+" receive queues", a.RxQueues, b.RxQueues)
	d.add(side+" qdisc", strings.Join(a.Qdiscs, "+"), strings.Join(b.Qdiscs, "+"))
	for _, name := range keys(a.Offloads, b.Offloads) {
		d.add(side+" "+name, state(a.Offloads, name), state(b.Offloads, name))
	}
	for _, name := range keys(a.Sysctls, b.Sysctls) {
		d.add(side+" net."+strings.ReplaceAll(name, "/", "."), strconv.Quote(a.Sysctls[name]), strconv.Quote(b.Sysctls[name]))
	}
}

func state(offloads map[string]bool, name string) string {
	on, known := offloads[name]
	switch {
	case !known:
		return "unknown"
	case on:
		return "on"
	}
	return "off"
}

// keys lists the keys of both maps, sorted.
func keys[V any](a, b map[string]V) []string {
	all := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(all)
	return slices.Compact(all)
}
