package vmm

import (
	"runtime"
	"sync/atomic"
)

// Times of the thread that serves the network while vCPUs are busy, in
// nanoseconds.
const (
	// ioMin is the least time between two looks at the queues where the thread
	// shares a processor with a vCPU: it stops the guest for as long as it runs.
	// A driver that nobody has served for 250 us notifies, which is dearer.
	ioMin = 200_000
	// ioMax is the longest that it sleeps while there may be frames to send that
	// nobody tells of.
	ioMax = 2_000_000
	// ioShort is ioMin for a thread with a processor of its own.
	ioShort = 50_000
	// ioSpin is how long after the last frame it looks for the next, on a
	// processor of its own.
	ioSpin = 100_000
)

// netIO is that thread. Without a processor of its own it must not cost much: it
// looks at most once in ioMin, and more and more seldom if others did look
// meanwhile or there was nothing; and finally waits for the backends. It sleeps
// while all vCPUs wait, since the poller does its work, but not before they have
// done nothing else for a while: to be woken for each frame would cost more.
type netIO struct {
	wakeUp  bell
	asleep  atomic.Bool   // it sleeps until woken
	eager   atomic.Bool   // a vCPU has gone to the guest with frames
	late    atomic.Bool   // a driver has had to notify
	leaves  atomic.Uint64 // times that a vCPU ended a wait
	wakeups atomic.Uint64
	fds     []pollFD
}

// start starts the thread. m.wg counts it.
func (io *netIO) start(n *network) {
	n.m.wg.Add(1)
	go func() {
		defer n.m.wg.Done()
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := n.serve(); err != nil {
			n.m.end(Exit{}, err)
		}
	}()
}

// left says that a vCPU goes from a wait to the guest, with frames or without.
func (io *netIO) left(frames bool) {
	if frames && !io.eager.Load() {
		io.eager.Store(true)
	}
	io.leaves.Add(1)
	io.wake()
}

// hurry ends a pause that was too long, and rest.
func (io *netIO) hurry() {
	if !io.late.Swap(true) {
		io.wakeUp.ring()
	}
}

// wake ends rest.
func (io *netIO) wake() {
	if io.asleep.Load() && io.asleep.Swap(false) {
		io.wakeUp.ring()
	}
}

// serve is the thread's life.
func (n *network) serve() error {
	io, m := &n.io, n.m
	least := int64(ioMin)
	if n.spare() {
		least = ioShort
	}
	idle := true // all vCPUs waited for a whole pause
	for pause := least; !m.hasEnded(); {
		if n.spare() {
			moved, err := n.spin()
			if err != nil {
				return err
			}
			idle = m.running.Load() == 0
			if moved {
				pause = least
			}
		}
		if idle || pause > ioMax {
			if err := n.rest(); err != nil {
				return err
			}
			idle = false
			if pause = least; n.spare() {
				continue
			}
		}
		leaves := io.leaves.Load()
		io.fds[0] = pollFD{fd: int32(io.wakeUp), events: pollIn}
		if ppoll(io.fds[:1], pause) > 0 {
			io.wakeUp.quiet()
		}
		io.wakeups.Add(1)
		switch {
		case io.late.Swap(false):
			pause = least
		case m.running.Load() == 0 && io.leaves.Load() == leaves:
			idle = true
		case m.running.Load() == 0, n.now()-n.pumped.Load() < least:
			pause = min(2*pause, ioMax) // the vCPUs come and look often enough
		default:
			n.handOver()
			moved, err := n.pump(nil)
			if err != nil {
				return err
			}
			if pause *= 2; moved > 0 {
				pause = least
				io.eager.Store(true)
			}
		}
	}
	return nil
}

// spare reports whether the thread has a processor of its own.
func (n *network) spare() bool { return n.m.cfg.Net.Spare }

// spin looks at the queues all the time, and tells the driver so, if there is
// something or a vCPU has just got something, until all vCPUs wait or there was
// nothing for a while. It reports whether there was something.
func (n *network) spin() (some bool, err error) {
	until := int64(0)
	if n.io.eager.Swap(false) {
		until = n.now() + ioSpin
	}
	polling := false
	for n.m.running.Load() > 0 && !n.m.hasEnded() {
		moved, err := n.pump(nil)
		if err != nil {
			return some, err
		}
		now := n.now()
		if moved > 0 {
			some, until = true, now+ioSpin
		}
		if now > until {
			break
		}
		if !polling {
			polling = true
			n.dev.SetPolling(true)
		}
	}
	if !polling {
		return some, nil
	}
	n.dev.SetPolling(false)
	_, err = n.pump(nil) // for what the driver left here before it saw that
	return some, err
}

// rest sleeps until a vCPU goes to the guest, if none is there. If some are, it
// sleeps until they notify, or until a backend has frames that no poller takes.
func (n *network) rest() error {
	io := &n.io
	io.asleep.Store(true)
	defer io.asleep.Store(false)
	fds := io.fds[:1]
	fds[0] = pollFD{fd: int32(io.wakeUp), events: pollIn}
	if n.m.running.Load() > 0 {
		if ok, err := n.arm(io.fds, io.wakeUp, true); !ok || err != nil {
			return n.blame(nil, err)
		}
		if n.poller.Load() == 0 {
			fds = io.fds
		}
	}
	if n.m.hasEnded() {
		return nil
	}
	if ppoll(fds, -1) > 0 {
		if fds[0].revents != 0 {
			io.wakeUp.quiet()
		}
		n.served(fds)
	}
	return nil
}

// handOver makes a vCPU that waits the poller if there is none: the one that was
// has been in the guest for a while.
func (n *network) handOver() {
	if n.poller.Load() != 0 {
		return
	}
	if w := n.waiter(); w != nil {
		w.wake()
	}
}
