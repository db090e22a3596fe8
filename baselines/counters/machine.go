package counters

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
)

// tick is the unit of proc/stat (USER_HZ, 100 on every architecture of Linux
// that Go has).
const tick = 10 * time.Millisecond

// Busy is the processor time of the whole machine, since boot. The kernel samples
// it by the timer tick, so that a difference is good to some 10 ms.
type Busy struct {
	Total   time.Duration // everything but idle, waiting for I/O and stolen
	SoftIRQ time.Duration // part of it: softirqs that did not run in a task's call
	IRQ     time.Duration
	Stolen  time.Duration // taken by other virtual machines; not in Total
}

// Machine reads proc/stat.
func Machine() (Busy, error) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return Busy{}, fmt.Errorf("read processor time of the machine: %w", err)
	}
	return parseStat(b)
}

// Sub returns the time from before to b.
func (b Busy) Sub(before Busy) Busy {
	return Busy{
		Total: b.Total - before.Total, SoftIRQ: b.SoftIRQ - before.SoftIRQ,
		IRQ: b.IRQ - before.IRQ, Stolen: b.Stolen - before.Stolen,
	}
}

// parseStat reads the first line (proc_stat(5)): user nice system idle iowait irq
// softirq steal guest guest_nice, where the last two are part of the first two.
func parseStat(b []byte) (Busy, error) {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	f := bytes.Fields(line)
	if len(f) < 9 || string(f[0]) != "cpu" {
		return Busy{}, errors.New("read processor time of the machine: proc/stat does not begin with the line cpu")
	}
	var v [8]time.Duration
	for i := range v {
		n, err := strconv.ParseUint(string(f[1+i]), 10, 63)
		if err != nil {
			return Busy{}, fmt.Errorf("read processor time of the machine: %w", err)
		}
		v[i] = time.Duration(n) * tick
	}
	return Busy{Total: v[0] + v[1] + v[2] + v[5] + v[6], IRQ: v[5], SoftIRQ: v[6], Stolen: v[7]}, nil
}
