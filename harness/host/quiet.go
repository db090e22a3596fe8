package host

import (
	"fmt"
	"os"
)

// latencyDevice is the kernel's interface to its power-management quality of
// service (kernel documentation: power/pm_qos_interface).
const latencyDevice = "/dev/cpu_dma_latency"

// Quiet keeps processors out of idle states that take time to leave, while it is
// open. Without it wake-ups on a virtual machine vary threefold.
type Quiet struct{ f *os.File }

// HoldQuiet asks for a wake-up latency of 0 microseconds.
func HoldQuiet() (*Quiet, error) {
	f, err := os.OpenFile(latencyDevice, os.O_WRONLY, 0)
	if err != nil {
		return nil, fmt.Errorf("hold idle states shallow: %w (run as root)", err)
	}
	if _, err := f.Write(make([]byte, 4)); err != nil {
		f.Close()
		return nil, fmt.Errorf("hold idle states shallow: %w", err)
	}
	return &Quiet{f: f}, nil
}

// Close gives the idle states back to the kernel.
func (q *Quiet) Close() error { return q.f.Close() }

// ProbeQuiet says why idle states cannot be held shallow, or returns nil.
func ProbeQuiet() error {
	q, err := HoldQuiet()
	if err != nil {
		return err
	}
	return q.Close()
}
