package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v3/cpu"
	"github.com/shirou/gopsutil/v3/host"
	"github.com/shirou/gopsutil/v3/load"
	"github.com/shirou/gopsutil/v3/mem"
)

// tree reads small files below a root folder; what cannot be read is "".
type tree struct{ fs.FS }

func (t tree) text(name string) string {
	b, err := fs.ReadFile(t.FS, name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

func (t tree) number(name string) int {
	n, err := strconv.Atoi(t.text(name))
	if err != nil {
		return 0
	}
	return n
}

func (t tree) exists(name string) bool {
	_, err := fs.Stat(t.FS, name)
	return err == nil
}

func (t tree) glob(pattern string) []string {
	out, err := fs.Glob(t.FS, pattern)
	if err != nil {
		panic("host: invariant: pattern " + pattern + " is well-formed")
	}
	slices.SortFunc(out, naturalOrder)
	return out
}

// naturalOrder puts cpu2 before cpu10.
func naturalOrder(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// Collect takes a snapshot. An error means that the machine does not look like a
// Linux machine at all.
func Collect(ctx context.Context) (*Snapshot, error) {
	root := tree{os.DirFS("/")}
	s := &Snapshot{Time: time.Now().UTC()}
	infos, err := cpu.InfoWithContext(ctx)
	if err == nil && len(infos) == 0 {
		err = errors.New("no processor listed")
	}
	if err != nil {
		return nil, fmt.Errorf("read processor description: %w", err)
	}
	s.CPU = root.cpu()
	first := infos[0]
	s.CPU.Model, s.CPU.Vendor, s.CPU.Microcode = first.ModelName, first.VendorID, first.Microcode
	s.CPU.Flags = slices.Sorted(slices.Values(first.Flags))
	s.CPU.Threads = len(infos)
	if n, err := cpu.CountsWithContext(ctx, false); err == nil {
		s.CPU.Cores = n
	}
	s.Clock = Clock{
		Source:    root.text("sys/devices/system/clocksource/clocksource0/current_clocksource"),
		TSCStable: slices.Contains(first.Flags, "constant_tsc") && slices.Contains(first.Flags, "nonstop_tsc"),
	}
	s.Kernel = root.kernel()
	if v, err := host.KernelVersionWithContext(ctx); err == nil {
		s.Kernel.Release = v
	}
	s.Kernel.LogLines = kernelLogLines()
	if m, err := mem.VirtualMemoryWithContext(ctx); err == nil {
		s.Memory = Memory{TotalBytes: m.Total, AvailableBytes: m.Available, SwapUsedBytes: m.SwapTotal - m.SwapFree}
	}
	s.KVM = root.kvm(deviceAccess(KVMDevice), first.Flags)
	if l, err := load.AvgWithContext(ctx); err == nil {
		s.Load.Average1, s.Load.Average5, s.Load.Average15 = l.Load1, l.Load5, l.Load15
	}
	if t, err := cpu.TimesWithContext(ctx, false); err == nil && len(t) == 1 {
		s.Load.IdleSeconds = t[0].Idle + t[0].Iowait
		s.Load.StealSeconds = t[0].Steal
		s.Load.BusySeconds = t[0].User + t[0].Nice + t[0].System + t[0].Irq + t[0].Softirq
	}
	s.Load.Processes = root.processes()
	s.Load.Consumers = greatest(s.Load.Processes, consumersKept)
	s.Cgroup = root.cgroup()
	s.DMI = root.text("sys/class/dmi/id/product_name")
	for _, zone := range root.glob("sys/class/thermal/thermal_zone*") {
		if s.MilliCelsius == nil {
			s.MilliCelsius = make(map[string]int)
		}
		s.MilliCelsius[root.text(path.Join(zone, "type"))] = root.number(path.Join(zone, "temp"))
	}
	for _, supply := range root.glob("sys/class/power_supply/*") {
		if root.text(path.Join(supply, "type")) == "Battery" && root.text(path.Join(supply, "status")) == "Discharging" {
			s.OnBattery = true
		}
	}
	return s, nil
}
