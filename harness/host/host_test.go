package host

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func files(m map[string]string) tree {
	fs := make(fstest.MapFS)
	for name, text := range m {
		fs[name] = &fstest.MapFile{Data: []byte(text + "\n")}
	}
	return tree{fs}
}

func TestKVM(t *testing.T) {
	pvm := map[string]string{"sys/module/kvm_pvm/parameters/verbose": "0", "sys/module/kvm_amd/x": "", "sys/module/kvm/parameters/halt_poll_ns": "200000"}
	hardware := []string{"svm", "vmx"}
	tests := []struct {
		name   string
		files  map[string]string
		access string
		flags  []string
		want   KVM
	}{
		{"no device", pvm, AccessMissing, hardware, KVM{Vendor: "none", Access: AccessMissing}},
		{"pvm before amd", pvm, AccessOK, hardware, KVM{Vendor: "pvm", Kind: KindSoftware, Access: AccessOK, Parameters: map[string]string{"kvm.halt_poll_ns": "200000", "kvm_pvm.verbose": "0"}}},
		{"amd", map[string]string{"sys/module/kvm_amd/x": "", "dev/vhost-net": ""}, AccessDenied, hardware[:1], KVM{Vendor: "amd", Kind: KindHardware, Access: AccessDenied, VhostNet: true}},
		{"intel", map[string]string{"sys/module/kvm_intel/x": ""}, AccessOK, hardware[1:], KVM{Vendor: "intel", Kind: KindHardware, Access: AccessOK}},
		{"hidden module", nil, AccessOK, hardware, KVM{Vendor: "unknown", Kind: KindHardware, Access: AccessOK}},
		// Its own module is hidden, and that of AMD is there but cannot work.
		{"hidden pvm", map[string]string{"sys/module/kvm_amd/x": ""}, AccessOK, []string{"fpu", "hypervisor"}, KVM{Vendor: "unknown", Kind: KindSoftware, Access: AccessOK, Hypervisor: true}},
	}
	for _, tt := range tests {
		if d := cmp.Diff(tt.want, files(tt.files).kvm(tt.access, tt.flags)); d != "" {
			t.Errorf("%s: kvm (-want +got):\n%s", tt.name, d)
		}
	}
}

func TestDeviceAccess(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "device")
	if got := deviceAccess(name); got != AccessMissing {
		t.Errorf("deviceAccess of nothing = %s", got)
	}
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := deviceAccess(name); got != AccessOK {
		t.Errorf("deviceAccess of a file = %s", got)
	}
	if got := deviceAccess(dir); got != AccessDenied {
		t.Errorf("deviceAccess of a folder = %s", got)
	}
}

func TestCPU(t *testing.T) {
	got := files(map[string]string{
		"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor":              "powersave",
		"sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq":              "1000",
		"sys/devices/system/cpu/cpu2/cpufreq/scaling_cur_freq":              "1002",
		"sys/devices/system/cpu/cpu10/cpufreq/scaling_cur_freq":             "1010",
		"sys/devices/system/cpu/intel_pstate/no_turbo":                      "0",
		"sys/devices/system/cpu/smt/active":                                 "1",
		"sys/devices/system/cpu/cpu0/cpuidle/state0/name":                   "POLL",
		"sys/devices/system/cpu/cpu0/cpuidle/state1/name":                   "C1",
		"sys/devices/system/cpu/cpu0/cache/index0/level":                    "1",
		"sys/devices/system/cpu/cpu0/cache/index0/type":                     "Data",
		"sys/devices/system/cpu/cpu0/cache/index0/size":                     "32K",
		"sys/devices/system/cpu/cpu0/topology/physical_package_id":          "0",
		"sys/devices/system/cpu/cpu2/topology/physical_package_id":          "1",
		"sys/devices/system/node/node0/x":                                   "",
		"sys/devices/system/cpu/nohz_full":                                  "(null)",
		"sys/devices/system/cpu/cpufreq/boost":                              "1",
		"sys/devices/system/cpu/vulnerabilities/meltdown":                   "Not affected",
		"sys/devices/system/cpu/cpuidle/current_governor":                   "menu",
		"sys/devices/system/cpu/cpuidle/current_driver":                     "intel_idle",
		"sys/devices/system/cpu/cpu0/cpufreq/scaling_driver":                "intel_pstate",
		"sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq":              "3000000",
		"sys/devices/system/cpu/cpu0/cpufreq/scaling_min_freq":              "800000",
		"sys/devices/system/cpu/cpu0/cpufreq/energy_performance_preference": "balance",
	}).cpu()
	want := CPU{
		Governor: "powersave", Driver: "intel_pstate", EPP: "balance", MinKHz: 800000, MaxKHz: 3000000, CurrentKHz: []int{1000, 1002, 1010},
		Turbo: "on", SMT: true, IdleDriver: "intel_idle", IdleGov: "menu", IdleStates: []string{"POLL", "C1"}, Caches: []string{"L1 Data 32K"},
		Sockets: 2, NUMANodes: 1,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("cpu (-want +got):\n%s", d)
	}
}

func TestFilterCommandLine(t *testing.T) {
	got := filterCommandLine("root=/dev/sda1 ip=192.0.2.1::host mitigations=auto isolcpus=1 kvm.halt_poll_ns=0 kvm_x=1 nosmt secret=1 nested_y=1 -- --addr 0.0.0.0 nosmt")
	want := []string{"mitigations=auto", "isolcpus=1", "kvm.halt_poll_ns=0", "kvm_x=1", "nosmt", "nested_y=1"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("filterCommandLine (-want +got):\n%s", d)
	}
}

func TestCgroup(t *testing.T) {
	tests := []struct {
		name  string
		files map[string]string
		want  Cgroup
	}{
		{"none", nil, Cgroup{Mode: "none"}},
		{"hybrid", map[string]string{
			"sys/fs/cgroup/unified/cgroup.controllers":     "hugetlb",
			"proc/self/cgroup":                             "4:memory:/a\n3:cpuset:/\n1:cpu,cpuacct:/q\n0::/",
			"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "67108864",
			"sys/fs/cgroup/cpuset/cpuset.cpus":             "0-1",
			"sys/fs/cgroup/cpu/q/cpu.cfs_quota_us":         "50000",
			"sys/fs/cgroup/cpu/q/cpu.cfs_period_us":        "100000",
		}, Cgroup{Mode: "hybrid", CPUs: "0-1", MemoryB: 64 << 20, CPUQuota: "50000 100000"}},
		{"v1 without limits", map[string]string{
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us":         "-1",
			"proc/self/cgroup":                           "2:memory:/\n1:cpu:/\nshort",
		}, Cgroup{Mode: "v1"}},
		{"v2", map[string]string{
			"sys/fs/cgroup/cgroup.controllers":         "cpu memory",
			"proc/self/cgroup":                         "0::/user",
			"sys/fs/cgroup/user/memory.max":            "max",
			"sys/fs/cgroup/user/cpu.max":               "max 100000",
			"sys/fs/cgroup/user/cpuset.cpus.effective": "0-3",
		}, Cgroup{Mode: "v2", CPUs: "0-3"}},
	}
	for _, tt := range tests {
		if d := cmp.Diff(tt.want, files(tt.files).cgroup()); d != "" {
			t.Errorf("%s: cgroup (-want +got):\n%s", tt.name, d)
		}
	}
}

func TestConsumers(t *testing.T) {
	got := files(map[string]string{
		"proc/1/stat": "1 (a b) S 0 0 0 0 0 0 0 0 0 0 150 50 0 0",
		"proc/2/stat": "2 (a b) S 0 0 0 0 0 0 0 0 0 0 100 0 0 0",
		"proc/3/stat": "3 (broken",
	}).processes()
	if d := cmp.Diff(map[string]float64{"a b": 3}, got); d != "" {
		t.Errorf("processes (-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[string]float64{"p": 3, "q": 2}, greatest(map[string]float64{"q": 2, "r": 1, "p": 3}, 2)); d != "" {
		t.Errorf("greatest (-want +got):\n%s", d)
	}
}

func TestClass(t *testing.T) {
	tests := []struct {
		s    Snapshot
		want string
	}{
		{Snapshot{CPU: CPU{Model: "AMD EPYC 9B14", Threads: 2}, KVM: KVM{Vendor: "pvm", Hypervisor: true}}, "kvm-pvm-nested-epyc-2c"},
		{Snapshot{CPU: CPU{Model: "Intel(R) Xeon(R) Gold", Threads: 16}, KVM: KVM{Vendor: "intel"}}, "kvm-intel-metal-xeon-16c"},
		{Snapshot{CPU: CPU{Model: "Some CPU", Threads: 4}, KVM: KVM{Vendor: "none", Hypervisor: true}}, "nokvm-vm-cpu-4c"},
	}
	for _, tt := range tests {
		if got := tt.s.Class(); got != tt.want {
			t.Errorf("Class(%v) = %s, want %s", tt.s.CPU.Model, got, tt.want)
		}
	}
}

// TestCollect checks that this machine's snapshot is complete enough to be of
// use and holds nothing that names the machine.
func TestCollect(t *testing.T) {
	s, err := Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.CPU.Model == "" || s.CPU.Threads < 1 || s.Kernel.Release == "" || s.Memory.TotalBytes == 0 || s.Clock.Source == "" || s.Load.IdleSeconds == 0 {
		t.Errorf("Collect left out basic facts: %+v", s)
	}
	j, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if name, err := os.Hostname(); err == nil && len(name) > 3 && strings.Contains(string(j), name) {
		t.Errorf("the snapshot holds the host name %q", name)
	}
	again, err := Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := Compare(s, again); len(d.Contradiction) > 0 || d.Seconds < 0 || d.BusyShare < 0 || d.BusyShare > 1 {
		t.Errorf("Compare of two snapshots in a row = %+v", d)
	}
}

func TestCompare(t *testing.T) {
	a := &Snapshot{
		Time: time.Unix(100, 0), CPU: CPU{Governor: "performance", CurrentKHz: []int{1000}}, MilliCelsius: map[string]int{"x": 40000, "y": 1},
		Load: Load{BusySeconds: 10, IdleSeconds: 10, Processes: map[string]float64{"p": 1, "q": 1, "s": 90}}, Kernel: Kernel{LogLines: 5},
	}
	b := &Snapshot{
		Time: time.Unix(110, 0), CPU: CPU{Governor: "powersave", CurrentKHz: []int{900}}, MilliCelsius: map[string]int{"x": 38000, "y": 2},
		Load: Load{BusySeconds: 14, IdleSeconds: 15, StealSeconds: 1, Processes: map[string]float64{"p": 2, "q": 4, "r": 0, "s": 90}}, Kernel: Kernel{LogLines: 7},
	}
	want := Delta{
		Seconds: 10, BusyShare: .4, StealShare: .1, KernelLines: 2, KHzChange: []int{-100}, MilliCelsius: -2000, Consumers: []string{"q", "p"},
		Contradiction: []string{`governor changed from "performance" to "powersave" during the run`},
	}
	got := Compare(a, b)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("Compare (-want +got):\n%s", d)
	}
	if l := got.Limits(); len(l) != 2 || !strings.Contains(l[1], "10.0 %") {
		t.Errorf("Limits = %q", l)
	}
}

func TestLock(t *testing.T) {
	name := filepath.Join(t.TempDir(), "lock")
	l, err := Acquire(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Acquire(name); !errors.Is(err, ErrBusy) {
		t.Errorf("second Acquire = %v, want ErrBusy", err)
	}
	if err := l.Release(); err != nil {
		t.Fatal(err)
	}
	l, err = Acquire(name)
	if err != nil {
		t.Fatalf("Acquire after Release = %v", err)
	}
	l.Release()
}

func TestPlacement(t *testing.T) {
	for in, want := range map[string]Placement{
		"sut=1,bench=0":       {SUT: []int{1}, Bench: []int{0}},
		"bench=0+2,sut=4-6+3": {SUT: []int{3, 4, 5, 6}, Bench: []int{0, 2}},
	} {
		got, err := ParsePlacement(in)
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("ParsePlacement(%q) = %v, %v; want %v", in, got, err, want)
		}
		if again, err := ParsePlacement(got.String()); err != nil || !cmp.Equal(again, got) {
			t.Errorf("ParsePlacement(%q) = %v, %v; want %v", got.String(), again, err, got)
		}
	}
	for _, in := range []string{"", "sut", "sut=1", "sut=1,bench=0,sut=2", "sut=a,bench=0", "sut=2-1,bench=0", "sut=-1,bench=0", "sut=1024,bench=0", "x=1,bench=0,sut=1", "sut=,bench=0"} {
		if got, err := ParsePlacement(in); err == nil {
			t.Errorf("ParsePlacement(%q) = %v, want an error", in, got)
		}
	}
	p, err := DefaultPlacement([]int{0, 1, 5, 7}, 2)
	if err != nil || p.String() != "sut=5+7,bench=0" || p.Shared() {
		t.Errorf("DefaultPlacement = %v, %v", p, err)
	}
	if p, err := DefaultPlacement([]int{3}, 1); err != nil || !p.Shared() {
		t.Errorf("DefaultPlacement of one processor = %v, %v; want it shared", p, err)
	}
	if _, err := DefaultPlacement([]int{3}, 2); err == nil {
		t.Error("DefaultPlacement of 2 among 1 succeeded")
	}
	if err := p.Check([]int{0, 5}); err == nil {
		t.Error("Check passed a processor that is not allowed")
	}
}

func FuzzParsePlacement(f *testing.F) {
	f.Add("sut=1,bench=0")
	f.Add("bench=0+2,sut=4-6+3")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePlacement(s)
		if err != nil {
			return
		}
		if again, err := ParsePlacement(p.String()); err != nil || !cmp.Equal(again, p) {
			t.Errorf("ParsePlacement(%q) = %v, whose form %q gives %v, %v", s, p, p.String(), again, err)
		}
	})
}

func TestWaitQuiet(t *testing.T) {
	const windows = int(busyPatient / busyWindow)
	for _, c := range []struct {
		name     string
		busy     func(n int) float64 // in the window that sample n ends
		total    func(n int) float64
		severity Severity
		samples  int
		text     string
	}{
		{"quiet", func(int) float64 { return 0.1 }, func(int) float64 { return 1 }, OK, 2, "10 %"},
		{"quiet from the third sample", func(n int) float64 { return float64(max(0, 3-n)) }, func(int) float64 { return 1 }, OK, 3, "0 %"},
		{"busy for ever", func(int) float64 { return 0.8 }, func(int) float64 { return 1 }, Bad, windows + 1, "80 %"},
		{"busy, and the last tick comes at once after the one before",
			func(n int) float64 { return 0.8 * float64(min(1, windows+1-n)) }, func(n int) float64 { return float64(min(1, windows+1-n)) }, Bad, windows + 1, "80 %"},
		{"a clock that stands still", func(int) float64 { return 0 }, func(int) float64 { return 0 }, Bad, windows + 1, "100 %"},
	} {
		tick := make(chan time.Time, windows)
		for range windows {
			tick <- time.Time{}
		}
		n, busy, total := 0, 0.0, 0.0
		f, err := waitQuiet(t.Context(), tick, func() (float64, float64, error) {
			if n++; n > 1 {
				busy, total = busy+c.busy(n), total+c.total(n)
			}
			return busy, total, nil
		})
		if err != nil || f.Severity != c.severity || n != c.samples || !strings.HasPrefix(f.Text, c.text) {
			t.Errorf("%s: waitQuiet = %+v, %v after %d samples; want %v after %d", c.name, f, err, n, c.severity, c.samples)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := WaitQuiet(ctx, func() (float64, float64, error) { return 1, 1, nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("WaitQuiet after cancel = %v", err)
	}
}
