package vmm

import (
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"unibench/libos/abi"
	"unibench/libos/vmm/virtio"
)

// NetConfig is the network device of a VM. The backends stay the caller's.
type NetConfig struct {
	Backends []virtio.Backend // one for each queue pair
	// Info is what the guest is told: MAC, MTU, Flags and addresses. The rest is
	// filled in here.
	Info abi.NetInfo
	// Spare says that there is a processor beyond those that the vCPUs keep busy,
	// for a thread that looks at the queues all the time while there are frames.
	Spare bool
}

// queueSize is the number of descriptors of each queue: a little less than what
// a TAP holds itself.
const queueSize = 512

// sharedSize is the room for abi.NetShared, before the queues.
const sharedSize = 64

// netSize returns the bytes of guest memory that the device needs.
func (c *NetConfig) netSize() uint64 {
	if c == nil {
		return 0
	}
	return pageUp(sharedSize + 2*uint64(len(c.Backends))*queueStride())
}

// queueStride keeps queues on cache lines of their own.
func queueStride() uint64 { return (virtio.QueueStride(queueSize) + 63) &^ 63 }

// network runs the network device: it decides which thread moves frames when,
// and which vCPU is told of them.
//
// Leaving the VM costs tens of microseconds on some hosts, and so does waking a
// thread. So a vCPU that has nothing to do and has left the VM to wait moves the
// frames itself, with no other thread involved; one of those that wait, the
// poller, sleeps where the backends wake it. Each other exit looks at the queues,
// too, since it has been paid for. While vCPUs are busy, a thread of its own
// serves (netio.go).
type network struct {
	m     *Machine
	dev   *virtio.Net
	pairs []netPair
	ready atomic.Bool // the driver has started the device
	begin sync.Mutex  // held while it is started

	poller atomic.Int32 // 1 + number of the vCPU that sleeps at the backends, or 0
	wakeUp bell         // of the poller
	fds    []pollFD     // the poller's

	io     netIO
	pumped atomic.Int64 // when all pairs were looked at last, by now
	epoch  time.Time

	wakeups, told atomic.Uint64
}

// netPair is a queue pair, with the lock under which it is used.
type netPair struct {
	*virtio.Pair
	number int
	lock   pumpLock
}

// newNetwork makes the device in the memory that the layout gave it, and tells
// the guest of it.
func (m *Machine) newNetwork() error {
	c, l := m.cfg.Net, m.lay
	if c == nil {
		return nil
	}
	n := &network{m: m, epoch: time.Now(), wakeUp: -1, io: netIO{wakeUp: -1}}
	m.net = n
	var err error
	if n.wakeUp, err = newBell(); err != nil {
		return &Error{"make an eventfd", err}
	}
	if n.io.wakeUp, err = newBell(); err != nil {
		return &Error{"make an eventfd", err}
	}
	stride := queueStride()
	n.dev, err = virtio.New(virtio.Config{
		Memory: netMemory{m}, Shared: m.mem.netShared(l.net), Rings: m.mem.bytes[l.net+sharedSize : l.netEnd],
		Size: queueSize, Stride: int(stride), MTU: int(c.Info.MTU), Backends: c.Backends,
	})
	if err != nil {
		return err
	}
	for i, p := range n.dev.Pairs() {
		n.pairs = append(n.pairs, netPair{Pair: p, number: i})
	}
	n.fds = make([]pollFD, 1+len(n.pairs))
	n.io.fds = make([]pollFD, 1+len(n.pairs))
	info := &m.mem.bootInfo().Net
	*info = c.Info
	info.Pairs, info.QueueSize, info.Features = uint32(len(n.pairs)), queueSize, n.dev.Features()
	info.Shared, info.Rings, info.Stride = l.net, l.net+sharedSize, stride
	return nil
}

// close releases what newNetwork made.
func (n *network) close() {
	n.wakeUp.close()
	n.io.wakeUp.close()
}

// now returns nanoseconds since some time.
func (n *network) now() int64 { return int64(time.Since(n.epoch)) }

// netMemory is guest memory as the device uses it.
type netMemory struct{ m *Machine }

func (s netMemory) Readable(gpa, length uint64) ([]byte, bool) {
	return s.m.mem.slice(gpa, length, abi.BootGPA)
}

func (s netMemory) Writable(gpa, length uint64) ([]byte, bool) { return s.m.writable(gpa, length) }

// start looks whether the driver has started the device.
func (n *network) start() (bool, error) {
	if n.ready.Load() {
		return true, nil
	}
	if !n.dev.Ready() {
		return false, nil
	}
	n.begin.Lock()
	defer n.begin.Unlock()
	if n.ready.Load() {
		return true, nil
	}
	ok, err := n.dev.Start()
	if !ok || err != nil {
		return false, err
	}
	n.ready.Store(true)
	n.io.start(n)
	return true, nil
}

// pump moves what there is to move, and tells the vCPUs that wait for it. v is
// the vCPU whose thread this is, nil if it is none.
func (n *network) pump(v *vcpu) (moved int, err error) {
	if ok, err := n.start(); !ok || err != nil {
		return 0, n.blame(v, err)
	}
	n.pumped.Store(n.now())
	for i := range n.pairs {
		k, err := n.pumpPair(&n.pairs[i], v)
		if err != nil {
			return moved, n.blame(v, err)
		}
		moved += k
	}
	return moved, nil
}

func (n *network) pumpPair(p *netPair, v *vcpu) (moved int, err error) {
	if !p.lock.enter() {
		return 0, nil
	}
	for {
		starved := p.Starved()
		k, err := p.Pump()
		if err != nil {
			p.lock.drop() // the VM is about to end
			return moved, err
		}
		moved += k
		if p.Pending() && n.tell(p, v) {
			p.Told()
		}
		if starved && !p.Starved() {
			// Its backend is to be waited for again.
			n.rouse(v)
			n.io.wake()
		}
		if p.lock.leave() {
			return moved, nil
		}
	}
}

// rouse makes the poller, unless it is v, look anew at what it waits for.
func (n *network) rouse(v *vcpu) {
	if p := n.poller.Load(); p != 0 && (v == nil || p != int32(v.i)+1) {
		n.wakeUp.ring()
	}
}

// tell gets a vCPU to look at pair p, and reports whether it did. Nobody is told
// who is in the guest: its scheduler looks at the queues by itself.
func (n *network) tell(p *netPair, v *vcpu) bool {
	vcpus := n.m.vcpus
	own := vcpus[p.number%len(vcpus)]
	waits := func(w *vcpu) bool { return w.state.Load() == vcpuWaiting }
	switch {
	case v != nil && waits(v):
		// This thread goes straight back to the guest, whosever pair it is. If it
		// has its work already, the pair's own vCPU is worth waking.
		if old := atomic.OrUint32(&v.pc.Events, abi.EventNet); old&abi.EventNet != 0 && own != v && waits(own) {
			own.post(abi.EventNet)
		}
	case waits(own):
		own.post(abi.EventNet)
	case own == v:
		return false // it is on its way back
	default:
		w := n.waiter()
		if w == nil {
			return false
		}
		w.post(abi.EventNet)
	}
	n.told.Add(1)
	return true
}

// waiter returns a vCPU that waits, the poller if there is one.
func (n *network) waiter() *vcpu {
	if p := n.poller.Load(); p != 0 {
		return n.m.vcpus[p-1]
	}
	for _, w := range n.m.vcpus {
		if w.state.Load() == vcpuWaiting {
			return w
		}
	}
	return nil
}

// look pumps if the driver has left something, at an exit of v that was made for
// another reason.
func (n *network) look(v *vcpu) error {
	if ok, err := n.start(); !ok || err != nil {
		return n.blame(v, err)
	}
	for i := range n.pairs {
		if n.pairs[i].HasWork() {
			return n.notified(v)
		}
	}
	return nil
}

// notified pumps for a vCPU that goes back to the guest, where more will follow.
func (n *network) notified(v *vcpu) error {
	moved, err := n.pump(v)
	if moved > 0 {
		n.io.wake()
	}
	return err
}

// sleep waits, as the poller, until a backend has something, v is woken, or the
// deadline, negative for none, is over. It returns false at once if there is
// nothing to poll, or another poller. seq is v.wait from before v looked whether
// it has to wait.
func (n *network) sleep(v *vcpu, seq uint32, deadline int64) (bool, error) {
	if !n.ready.Load() || !n.poller.CompareAndSwap(0, int32(v.i)+1) {
		return false, nil
	}
	defer n.poller.Store(0)
	ok, err := n.arm(n.fds, n.wakeUp, false)
	if err != nil || !ok {
		return true, n.blame(v, err)
	}
	limit := int64(-1)
	if deadline >= 0 {
		if limit = deadline - monotonic(); limit <= 0 {
			return true, nil
		}
	}
	// Whoever changes v.wait after this sees the poller, and rings.
	if v.wait.Load() != seq || ppoll(n.fds, limit) == 0 {
		return true, nil
	}
	if n.fds[0].revents != 0 {
		n.wakeUp.quiet()
	}
	if n.served(n.fds) {
		n.wakeups.Add(1)
	}
	return true, nil
}

// arm makes fds what to wait for: the bell, then the backends. With ask, the
// driver notifies of what it sends. It returns false if there is something to do
// first.
func (n *network) arm(fds []pollFD, b bell, ask bool) (bool, error) {
	fds[0] = pollFD{fd: int32(b), events: pollIn}
	for i := range n.pairs {
		p := &n.pairs[i]
		if !p.lock.enter() {
			return false, nil // someone moves frames just now
		}
		read, write, err := p.Waits()
		f := pollFD{fd: int32(p.FD())}
		idle := true
		if ask && err == nil {
			idle, err = p.AskForFrames()
		}
		if !p.lock.leave() {
			p.lock.drop() // whoever left a note is served by the caller's pump
			idle = false
		}
		if !idle || err != nil {
			return false, err
		}
		if read {
			f.events |= pollIn
		}
		if write {
			f.events |= pollOut
		}
		if f.events == 0 {
			f.fd = -1 // or its errors would be reported
		}
		fds[1+i] = f
	}
	return true, nil
}

// served looks at the answer of ppoll: whether a backend has something. One that
// fails is not waited for again.
func (n *network) served(fds []pollFD) (some bool) {
	for i, f := range fds[1:] {
		if f.revents&pollError != 0 {
			if p := &n.pairs[i]; p.lock.enter() {
				p.Fail()
				p.lock.drop() // every caller pumps next
			}
		}
		some = some || f.revents != 0
	}
	return some
}

// blame makes a GuestError of what the guest did to its queues.
func (n *network) blame(v *vcpu, err error) error {
	var ring *virtio.RingError
	if !errors.As(err, &ring) {
		return err
	}
	g := &GuestError{What: ring.What + " in virtqueue " + strconv.Itoa(ring.Queue), Detail: ring.Detail}
	if v != nil {
		g.VCPU = v.i
	}
	return g
}
