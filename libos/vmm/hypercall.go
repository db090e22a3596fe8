package vmm

import (
	"math"
	"sync/atomic"
	"syscall"

	"unibench/libos/abi"
)

// Causes of exits, as counted. A hypercall's cause is its number.
const (
	causeKick  = 0
	exitCauses = abi.HypercallMax + 1
)

var causeNames = [exitCauses]string{
	causeKick:           "event",
	abi.HypercallExit:   "exit",
	abi.HypercallWrite:  "write",
	abi.HypercallRead:   "read",
	abi.HypercallWait:   "wait",
	abi.HypercallKick:   "kick",
	abi.HypercallFree:   "free",
	abi.HypercallPanic:  "panic",
	abi.HypercallYield:  "yield",
	abi.HypercallNotify: "notify",
	abi.HypercallTrace:  "trace",
}

// Exits returns how often the guest left each vCPU so far, by cause.
func (m *Machine) Exits() map[string]uint64 {
	counts := map[string]uint64{}
	for _, v := range m.vcpus {
		for cause := range v.exits {
			if n := v.exits[cause].Load(); n != 0 {
				counts[causeNames[cause]] += n
			}
		}
	}
	return counts
}

// hypercall serves one call. The argument block is copied first: other vCPUs
// may change it meanwhile.
func (v *vcpu) hypercall(number uint32) error {
	if number == 0 || number > abi.HypercallMax {
		return v.broken("unknown hypercall", uint64(number))
	}
	v.exits[number].Add(1)
	args := v.pc.Call.Args
	ret := int64(0)
	switch number {
	case abi.HypercallExit:
		if args[1] > 64 {
			return v.broken("exit with an unknown signal", args[1])
		}
		v.m.endBy(v.i, Exit{Status: int(args[0] & 0xff), Signal: int(args[1]), Fatal: args[2] == 1}, nil)
	case abi.HypercallWrite:
		b, ok := v.m.mem.slice(args[1], args[2], abi.BootGPA)
		if !ok {
			return v.broken("write from outside of memory", args[1])
		}
		if out := args[0] - abi.FirstOutput; args[0] != 1 && args[0] != 2 && out >= uint64(v.m.cfg.Outputs) {
			return v.broken("write to a descriptor that there is not", args[0])
		}
		n, errno := v.m.cfg.Console.Write(int(args[0]), b)
		ret = result(n, errno)
	case abi.HypercallRead:
		b, ok := v.m.writable(args[0], args[1])
		if !ok {
			return v.broken("read to what is not the guest's to write", args[0])
		}
		n, errno := v.m.cfg.Console.Read(b, v.m.stdinReady)
		ret = result(n, errno)
	case abi.HypercallWait:
		err := v.waitUntil(args[0])
		v.pc.Call.Ret = 0
		return err
	case abi.HypercallKick:
		return v.m.kick(v, args[0])
	case abi.HypercallYield:
		syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0)
	case abi.HypercallFree:
		l := v.m.lay
		if args[0]%abi.PageSize != 0 || args[1]%abi.PageSize != 0 ||
			args[0] < l.memStart || args[0] > l.memEnd || args[1] > l.memEnd-args[0] {
			return v.broken("free of something that is not memory", args[0])
		}
		if err := v.m.mem.advise(args[0], args[1], syscall.MADV_DONTNEED); err != nil {
			return &Error{"give memory back", err}
		}
	case abi.HypercallPanic:
		v.panicked = true
		return &GuestError{VCPU: v.i, What: panicText(args), Detail: args[2]}
	case abi.HypercallTrace:
		r, ok := load[abi.TraceRecord](v.m.mem, args[0])
		if !ok || v.m.cfg.Trace == nil {
			return v.broken("a trace that nobody asked for, or from outside of memory", args[0])
		}
		v.m.cfg.Trace(&r, v.m.mem)
	case abi.HypercallNotify:
		n := v.m.net
		if n == nil || args[0] >= 2*uint64(len(n.pairs)) {
			return v.broken("notification of a queue that there is not", args[0])
		}
		n.io.hurry()
		if err := n.notified(v); err != nil {
			return err
		}
	}
	v.pc.Call.Ret = uint64(ret)
	if n := v.m.net; n != nil {
		return n.look(v)
	}
	return nil
}

func result(n int, errno syscall.Errno) int64 {
	if errno != 0 {
		return -int64(errno)
	}
	return int64(n)
}

// stdinReady tells the guest that reading standard input is worth a try.
func (m *Machine) stdinReady() { m.whileOpen(func() { m.vcpus[0].post(abi.EventStdin) }) }

// kick wakes the vCPUs in mask, and starts those that do not run yet.
func (m *Machine) kick(from *vcpu, mask uint64) error {
	for i, v := range m.vcpus {
		if mask>>i&1 == 0 || v == from {
			continue
		}
		if i != 0 && !v.started.Load() {
			if err := v.startSecondary(); err != nil {
				return err
			}
			continue
		}
		if v.state.Load() == vcpuWaiting || atomic.LoadUint32(&v.pc.InKernel) == 0 {
			v.wake()
		}
	}
	return nil
}

// waitUntil sleeps until an event is posted or the guest's deadline is over.
func (v *vcpu) waitUntil(deadline uint64) (err error) {
	until := int64(-1)
	if deadline < math.MaxInt64 {
		until = int64(deadline)
	}
	v.state.Store(vcpuWaiting)
	v.m.running.Add(-1)
	n := v.m.net
	for {
		// Before all that may wake it: what changes later changes the word.
		seq := v.wait.Load()
		if v.m.hasEnded() {
			break
		}
		if n != nil {
			// Also if there are events already: the exit has been paid for.
			if _, err = n.pump(v); err != nil {
				break
			}
		}
		if atomic.LoadUint32(&v.pc.Events) != 0 {
			break
		}
		if until >= 0 && monotonic() >= until {
			break
		}
		if n != nil {
			var slept bool
			if slept, err = n.sleep(v, seq, until); err != nil {
				break
			} else if slept {
				continue
			}
		}
		futexWait(v.waitWord(), seq, until)
	}
	v.m.running.Add(1)
	v.state.Store(vcpuGuest)
	if n != nil {
		n.io.left(atomic.LoadUint32(&v.pc.Events)&abi.EventNet != 0)
	}
	v.m.ticker.start(v.m)
	return err
}
