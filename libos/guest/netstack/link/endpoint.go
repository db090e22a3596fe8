package link

import (
	"sync"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"unibench/libos/abi"
	"unibench/libos/guest/virtio"
)

// known are the features that this package can use.
const known = abi.NetFeatureCSum | abi.NetFeatureGuestCSum | abi.NetFeatureMrgRxBuf |
	abi.NetFeatureHostTSO4 | abi.NetFeatureHostTSO6 |
	abi.NetFeatureGuestTSO4 | abi.NetFeatureGuestTSO6 | abi.NetFeatureGuestUSO4 | abi.NetFeatureGuestUSO6

// gsoMaxSize is the longest IP packet.
const gsoMaxSize = 65535

// Endpoint is a network device as gVisor's stack sees it. It implements
// stack.LinkEndpoint and stack.GSOEndpoint.
type Endpoint struct {
	dev     *virtio.Net
	mac     [6]byte
	address tcpip.LinkAddress
	mtu     atomic.Uint32
	caps    stack.LinkEndpointCapabilities
	gso     stack.SupportedGSO

	pieces int // in how many a packet may be sent

	receivers    []*receiver
	transmitters []*transmitter

	network atomic.Pointer[network] // nil while not attached
	start   sync.Once
	closed  atomic.Bool
	running sync.WaitGroup

	// While verify is set the stack checks checksums by itself. It looks at
	// Capabilities for each packet, so this goes for all receivers: verifying
	// is held for writing then, and for reading by those who receive.
	verifying sync.RWMutex
	verify    atomic.Bool

	closing sync.Mutex
	onClose func()
}

// network holds the stack's end of the device.
type network struct{ stack.NetworkDispatcher }

var (
	_ stack.LinkEndpoint = (*Endpoint)(nil)
	_ stack.GSOEndpoint  = (*Endpoint)(nil)
)

// New takes over a device that nobody else uses: it chooses the features and
// fills the receive queues. The device starts when the endpoint is attached.
func New(dev *virtio.Net) (*Endpoint, error) {
	dev.Accept(known)
	e := &Endpoint{
		dev: dev, mac: dev.MAC(),
		caps: stack.CapabilityResolutionRequired,
		gso:  stack.GSONotSupported,
	}
	e.address = tcpip.LinkAddress(e.mac[:])
	e.mtu.Store(uint32(dev.MTU()))
	if dev.Has(abi.NetFeatureGuestCSum) {
		e.caps |= stack.CapabilityRXChecksumOffload
	}
	if dev.Has(abi.NetFeatureHostTSO4 | abi.NetFeatureHostTSO6) {
		e.gso = stack.HostGSOSupported
	}
	for i := range dev.Pairs() {
		t, err := newTransmitter(e, 2*i+1)
		if err != nil {
			return nil, err
		}
		r, err := newReceiver(e, 2*i, t)
		if err != nil {
			return nil, err
		}
		e.pieces = min(maxPieces, t.q.Size())
		e.receivers, e.transmitters = append(e.receivers, r), append(e.transmitters, t)
	}
	return e, nil
}

// Attach implements stack.LinkEndpoint. The first time it starts the goroutines
// and the device.
func (e *Endpoint) Attach(d stack.NetworkDispatcher) {
	if d == nil {
		e.network.Store(nil)
		return
	}
	e.network.Store(&network{d})
	e.start.Do(func() {
		for i, r := range e.receivers {
			e.running.Go(r.run)
			e.running.Go(e.transmitters[i].complete)
		}
		e.dev.Start()
	})
}

// IsAttached implements stack.LinkEndpoint.
func (e *Endpoint) IsAttached() bool { return e.network.Load() != nil }

// Close implements stack.LinkEndpoint. The goroutines end when the platform
// lets them go, at the latest with the next frame.
func (e *Endpoint) Close() {
	if e.closed.Swap(true) {
		return
	}
	for _, t := range e.transmitters {
		t.close()
	}
	e.closing.Lock()
	f := e.onClose
	e.closing.Unlock()
	if f != nil {
		f()
	}
}

// SetOnCloseAction implements stack.LinkEndpoint.
func (e *Endpoint) SetOnCloseAction(f func()) {
	e.closing.Lock()
	e.onClose = f
	e.closing.Unlock()
}

// Wait implements stack.LinkEndpoint.
func (e *Endpoint) Wait() { e.running.Wait() }

// Capabilities implements stack.LinkEndpoint.
func (e *Endpoint) Capabilities() stack.LinkEndpointCapabilities {
	if e.verify.Load() {
		return e.caps &^ stack.CapabilityRXChecksumOffload
	}
	return e.caps
}

// SupportedGSO implements stack.GSOEndpoint.
func (e *Endpoint) SupportedGSO() stack.SupportedGSO { return e.gso }

// GSOMaxSize implements stack.GSOEndpoint.
func (e *Endpoint) GSOMaxSize() uint32 { return gsoMaxSize }

// MTU implements stack.LinkEndpoint: without the Ethernet header.
func (e *Endpoint) MTU() uint32 { return e.mtu.Load() }

// SetMTU implements stack.LinkEndpoint. The device's own is the limit.
func (e *Endpoint) SetMTU(mtu uint32) { e.mtu.Store(min(mtu, uint32(e.dev.MTU()))) }

// MaxHeaderLength implements stack.LinkEndpoint.
func (e *Endpoint) MaxHeaderLength() uint16 { return virtio.HeaderSize + header.EthernetMinimumSize }

// LinkAddress implements stack.LinkEndpoint.
func (e *Endpoint) LinkAddress() tcpip.LinkAddress { return e.address }

// SetLinkAddress implements stack.LinkEndpoint. The address belongs to the
// device: there is no way to change it.
func (e *Endpoint) SetLinkAddress(tcpip.LinkAddress) {}

// ARPHardwareType implements stack.LinkEndpoint.
func (e *Endpoint) ARPHardwareType() header.ARPHardwareType { return header.ARPHardwareEther }

// AddHeader implements stack.LinkEndpoint.
func (e *Endpoint) AddHeader(pkt *stack.PacketBuffer) {
	header.Ethernet(pkt.LinkHeader().Push(header.EthernetMinimumSize)).Encode(&header.EthernetFields{
		SrcAddr: pkt.EgressRoute.LocalLinkAddress,
		DstAddr: pkt.EgressRoute.RemoteLinkAddress,
		Type:    pkt.NetworkProtocolNumber,
	})
}

// ParseHeader implements stack.LinkEndpoint.
func (e *Endpoint) ParseHeader(pkt *stack.PacketBuffer) bool {
	_, ok := pkt.LinkHeader().Consume(header.EthernetMinimumSize)
	return ok
}
