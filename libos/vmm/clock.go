package vmm

import (
	"errors"
	"math/bits"

	"unibench/libos/vmm/kvm"
)

// tsc relates the guest's time-stamp counter to the host's CLOCK_MONOTONIC:
// ns = mono + (counter-base)*mult>>32.
type tsc struct {
	base uint64
	mult uint64
	mono int64
}

// counter is a vCPU's time-stamp counter.
type counter interface {
	TSCKHz() (int, error)
	GetMSR(index uint32) (uint64, error)
}

var errNoFrequency = errors.New("KVM does not know it: this host's counter is not usable")

// newTSC reads the guest's counter and its frequency. KVM starts the counter
// of a vCPU at zero where the hardware has an offset for it; a PVM host has
// none, and the guest reads the host's counter. KVM_GET_MSRS answers with what
// the guest will read in both cases.
func newTSC(v counter) (tsc, error) {
	khz, err := v.TSCKHz()
	if err != nil {
		return tsc{}, err
	}
	if khz <= 0 {
		return tsc{}, &Error{"read the frequency of the time-stamp counter", errNoFrequency}
	}
	before := monotonic()
	counter, err := v.GetMSR(kvm.MSRTSC)
	if err != nil {
		return tsc{}, err
	}
	after := monotonic()
	return tsc{
		base: counter,
		mult: (1_000_000 << 32) / uint64(khz),
		mono: before + (after-before)/2,
	}, nil
}

// nanos converts a guest counter value to CLOCK_MONOTONIC; zero stays zero,
// and a value from before the machine existed is clamped.
func (t tsc) nanos(counter uint64) int64 {
	if counter < t.base {
		return 0
	}
	hi, lo := bits.Mul64(counter-t.base, t.mult)
	return t.mono + int64(hi<<32|lo>>32)
}
