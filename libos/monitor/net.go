package monitor

import (
	"runtime"
	"strconv"

	"unibench/libos/monitor/netspec"
	"unibench/libos/vmm"
	"unibench/libos/vmm/tap"
	"unibench/libos/vmm/virtio"
)

// defaultMTU is that of an interface that is known by its descriptor only.
const defaultMTU = 1500

// openNet opens the interface. It stays open for as long as the process lives.
func openNet(spec *netspec.Spec, vcpus int) (*vmm.NetConfig, error) {
	var queues []*tap.Queue
	var err error
	mtu := defaultMTU
	if spec.TAP != "" {
		queues, mtu, err = tap.Open(spec.TAP, spec.Queues)
	} else {
		queues, err = tap.Inherited(spec.FDs)
	}
	if err != nil {
		return nil, err
	}
	// This process was started with the processors that the VM may use: NumCPU is
	// its affinity mask.
	c := &vmm.NetConfig{Info: spec.Info, Spare: runtime.NumCPU() > vcpus}
	for _, q := range queues {
		c.Backends = append(c.Backends, virtio.Backend(q))
	}
	if c.Info.MTU == 0 {
		c.Info.MTU = uint16(min(mtu, 1<<16-1))
	}
	if c.Info.MAC == [6]byte{} {
		if err := random(c.Info.MAC[:]); err != nil {
			return nil, err
		}
		c.Info.MAC[0] = c.Info.MAC[0]&^1 | 2 // of one station, locally administered
	}
	return c, nil
}

// NetStats are the counters of the network device, over all its queues. Bytes are
// those of frames without the virtio header. What the guest counts itself is not
// to be trusted for anything but a report.
type NetStats struct {
	RxFrames    uint64 `json:"rx_frames"` // host to guest; a segmented packet counts once
	RxBytes     uint64 `json:"rx_bytes"`
	TxFrames    uint64 `json:"tx_frames"` // guest to host
	TxBytes     uint64 `json:"tx_bytes"`
	RxBatches   uint64 `json:"rx_batches"` // times that frames were given to the guest
	TxBatches   uint64 `json:"tx_batches"` // times that frames were taken from it
	Reads       uint64 `json:"reads"`      // readv calls on the TAP, those in vain included
	Writes      uint64 `json:"writes"`     // writev calls
	RxDropped   uint64 `json:"rx_dropped"`
	TxDropped   uint64 `json:"tx_dropped"`
	TxMalformed uint64 `json:"tx_malformed"`
	Starved     uint64 `json:"starved"` // times that the guest had no receive buffer
	Copied      uint64 `json:"copied_bytes"`
	Wakeups     uint64 `json:"wakeups"`    // a frame ended the sleep of an idle vCPU
	IOWakeups   uint64 `json:"io_wakeups"` // the thread for busy vCPUs woke up
	Told        uint64 `json:"told"`       // a waiting vCPU was told of frames

	GuestRxFrames  uint64 `json:"guest_rx_frames"`
	GuestRxBytes   uint64 `json:"guest_rx_bytes"`
	GuestTxFrames  uint64 `json:"guest_tx_frames"`
	GuestTxBytes   uint64 `json:"guest_tx_bytes"`
	GuestNotified  uint64 `json:"guest_notified"` // notifications, a VM exit each
	GuestDropped   uint64 `json:"guest_dropped"`
	GuestCopiedIn  uint64 `json:"guest_copied_in_bytes"` // between the queues and the program's buffers
	GuestCopiedOut uint64 `json:"guest_copied_out_bytes"`
}

func collectNet(m *vmm.Machine) *NetStats {
	n := m.Net()
	if n == nil {
		return nil
	}
	return &NetStats{
		RxFrames: n.RxFrames, RxBytes: n.RxBytes, TxFrames: n.TxFrames, TxBytes: n.TxBytes,
		RxBatches: n.RxBatches, TxBatches: n.TxBatches, Reads: n.Reads, Writes: n.Writes,
		RxDropped: n.RxDropped, TxDropped: n.TxDropped, TxMalformed: n.TxMalformed,
		Starved: n.Starved, Copied: n.Copied, Wakeups: n.Wakeups, IOWakeups: n.IOWakeups, Told: n.Told,
		GuestRxFrames: n.GuestRxFrames, GuestRxBytes: n.GuestRxBytes,
		GuestTxFrames: n.GuestTxFrames, GuestTxBytes: n.GuestTxBytes,
		GuestNotified: n.GuestNotified, GuestDropped: n.GuestDropped,
		GuestCopiedIn: n.GuestCopiedIn, GuestCopiedOut: n.GuestCopiedOut,
	}
}

// net writes the counters of the network device.
func (w *jsonWriter) net(n *NetStats) {
	w.key("net")
	w.b = append(w.b, '{')
	for i, c := range []struct {
		name  string
		value uint64
	}{
		{"rx_frames", n.RxFrames}, {"rx_bytes", n.RxBytes}, {"tx_frames", n.TxFrames}, {"tx_bytes", n.TxBytes},
		{"rx_batches", n.RxBatches}, {"tx_batches", n.TxBatches}, {"reads", n.Reads}, {"writes", n.Writes},
		{"rx_dropped", n.RxDropped}, {"tx_dropped", n.TxDropped}, {"tx_malformed", n.TxMalformed},
		{"starved", n.Starved}, {"copied_bytes", n.Copied}, {"wakeups", n.Wakeups}, {"io_wakeups", n.IOWakeups}, {"told", n.Told},
		{"guest_rx_frames", n.GuestRxFrames}, {"guest_rx_bytes", n.GuestRxBytes},
		{"guest_tx_frames", n.GuestTxFrames}, {"guest_tx_bytes", n.GuestTxBytes},
		{"guest_notified", n.GuestNotified}, {"guest_dropped", n.GuestDropped},
		{"guest_copied_in_bytes", n.GuestCopiedIn}, {"guest_copied_out_bytes", n.GuestCopiedOut},
	} {
		if i > 0 {
			w.b = append(w.b, ", "...)
		}
		w.b = strconv.AppendQuote(w.b, c.name)
		w.b = append(w.b, ": "...)
		w.b = strconv.AppendUint(w.b, c.value, 10)
	}
	w.b = append(w.b, '}')
}
