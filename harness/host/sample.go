package host

import (
	"context"
	"errors"
	"fmt"

	"github.com/shirou/gopsutil/v3/cpu"
)

// Sampler returns the processor-time source of WaitQuiet for this machine.
func Sampler(ctx context.Context) func() (busy, total float64, err error) {
	return func() (float64, float64, error) {
		t, err := cpu.TimesWithContext(ctx, false)
		if err == nil && len(t) != 1 {
			err = errors.New("no total")
		}
		if err != nil {
			return 0, 0, fmt.Errorf("read processor times: %w", err)
		}
		busy := t[0].User + t[0].Nice + t[0].System + t[0].Irq + t[0].Softirq + t[0].Steal
		return busy, busy + t[0].Idle + t[0].Iowait, nil
	}
}
