package vmm

import (
	"errors"
	"math/big"
	"math/rand/v2"
	"testing"
)

func TestNanos(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for _, khz := range []uint64{1, 1000, 999_999, 1_000_000, 1_000_001, 2_600_000, 5_000_000} {
		c := tsc{base: 1 << 40, mult: (1_000_000 << 32) / khz, mono: 123_456_789}
		for _, d := range []uint64{0, 1, 1000, 1<<32 - 1, 1 << 32, 1<<32 + 1, rnd.Uint64N(1 << 50), rnd.Uint64N(1 << 40)} {
			want := new(big.Int).Mul(new(big.Int).SetUint64(d), new(big.Int).SetUint64(c.mult))
			want.Rsh(want, 32).Add(want, big.NewInt(c.mono))
			if !want.IsInt64() {
				continue
			}
			if got := c.nanos(c.base + d); got != want.Int64() {
				t.Errorf("at %d kHz nanos(base+%d) = %d, want %d", khz, d, got, want)
			}
		}
	}
	c := tsc{base: 1000, mult: 1 << 32, mono: 77}
	for _, counter := range []uint64{0, 1, 999} {
		if got := c.nanos(counter); got != 0 {
			t.Errorf("nanos(%d), before the machine was there, = %d, want 0", counter, got)
		}
	}
	_ = c.nanos(^uint64(0)) // nonsense from the guest gives nonsense, but no panic
}

// fakeCounter is a counter with a fixed answer.
type fakeCounter struct {
	khz     int
	counter uint64
	err     error
}

func (c fakeCounter) TSCKHz() (int, error)          { return c.khz, nil }
func (c fakeCounter) GetMSR(uint32) (uint64, error) { return c.counter, c.err }

func TestNewTSC(t *testing.T) {
	before := monotonic()
	c, err := newTSC(fakeCounter{khz: 2_000_000, counter: 5000})
	after := monotonic()
	if err != nil || c.base != 5000 || c.mult != 1<<31 {
		t.Errorf("newTSC() = %+v, %v; want base 5000, half a nanosecond each", c, err)
	}
	if c.mono < before || c.mono > after {
		t.Errorf("the counter was read at %d, want from %d to %d", c.mono, before, after)
	}
	for _, khz := range []int{0, -1} {
		if _, err := newTSC(fakeCounter{khz: khz}); !errors.Is(err, errNoFrequency) {
			t.Errorf("newTSC() at %d kHz: %v, want an error", khz, err)
		}
	}
	broken := errors.New("broken")
	if _, err := newTSC(fakeCounter{khz: 1, err: broken}); !errors.Is(err, broken) {
		t.Errorf("newTSC(): %v, want the error of KVM", err)
	}
}
