package host

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// good is a machine that nothing is wrong with.
func good() (*Snapshot, Probes) {
	return &Snapshot{
		KVM:   KVM{Vendor: "amd", Kind: KindHardware, Access: AccessOK},
		CPU:   CPU{Governor: "performance", Turbo: "off", Threads: 8, NUMANodes: 1},
		Clock: Clock{Source: "tsc", TSCStable: true}, Memory: Memory{AvailableBytes: 8 << 30},
		Kernel: Kernel{THP: "madvise", KSM: "0", ASLR: "2", Mitigations: map[string]string{"meltdown": "Not affected", "spectre_v1": "Mitigation: x"}},
		Load:   Load{BusySeconds: 10, IdleSeconds: 90}, Cgroup: Cgroup{Mode: "v2"},
	}, Probes{Exit: time.Microsecond, Moment: &Delta{BusyShare: 0.01}, Neighbour: &Neighbour{CPU: 1, Share: 0.01}}
}

// TestDoctor spoils one thing of a good machine after the other.
func TestDoctor(t *testing.T) {
	tests := []struct {
		rule  string
		spoil func(s *Snapshot, p *Probes)
		want  Severity
		text  string
	}{
		{"kvm", func(s *Snapshot, p *Probes) { s.KVM.Access = AccessDenied }, Warn, "no permission"},
		{"kvm", func(s *Snapshot, p *Probes) { s.KVM = KVM{Vendor: "none", Access: AccessMissing} }, Warn, "does not exist"},
		{"kvm", func(s *Snapshot, p *Probes) { s.KVM = KVM{Vendor: "pvm", Kind: KindSoftware, Access: AccessOK} }, Warn, "without hardware virtualisation, vendor pvm"},
		{"kvm", func(s *Snapshot, p *Probes) { s.KVM = KVM{Vendor: "unknown", Kind: KindSoftware, Access: AccessOK} }, Warn, "without hardware virtualisation, of a vendor that the host does not show"},
		{"exit", func(s *Snapshot, p *Probes) { p.Exit = 74250 * time.Nanosecond }, Warn, "take 74.2 microseconds"},
		{"exit", func(s *Snapshot, p *Probes) { p.ExitErr = errors.New("no way out") }, Warn, "no way out"},
		{"nested", func(s *Snapshot, p *Probes) { s.KVM.Hypervisor = true }, Warn, "is a virtual machine"},
		{"cpus", func(s *Snapshot, p *Probes) { s.CPU.Threads = 1 }, Warn, "one processor"},
		{"smt", func(s *Snapshot, p *Probes) { s.CPU.SMT = true }, Warn, "hyper-threading is on"},
		{"numa", func(s *Snapshot, p *Probes) { s.CPU.NUMANodes, s.Kernel.NUMABalance = 2, "1" }, Warn, "moves pages"},
		{"governor", func(s *Snapshot, p *Probes) { s.CPU.Governor = "powersave" }, Warn, "powersave"},
		{"governor", func(s *Snapshot, p *Probes) { s.CPU.Governor = "" }, Warn, "not visible"},
		{"turbo", func(s *Snapshot, p *Probes) { s.CPU.Turbo = "on" }, Warn, "turbo is on"},
		{"idle", func(s *Snapshot, p *Probes) { p.Quiet = os.ErrPermission }, Warn, "permission denied"},
		{"clock", func(s *Snapshot, p *Probes) { s.Clock.Source = "hpet" }, Warn, "hpet"},
		{"clock", func(s *Snapshot, p *Probes) { s.Clock.TSCStable = false }, Warn, "stable TSC: false"},
		{"steal", func(s *Snapshot, p *Probes) { p.Moment.StealShare = 0.2 }, Warn, "20.0 % of processor time stolen now"},
		{"steal", func(s *Snapshot, p *Probes) { s.Load.StealSeconds = 2 }, Warn, "2.0 % of processor time stolen since boot"},
		{"neighbour", func(s *Snapshot, p *Probes) { p.Neighbour.Share = 0.22 }, Warn, "for somebody else 22 % of the time (processor 1)"},
		{"busy", func(s *Snapshot, p *Probes) {
			p.Moment = &Delta{BusyShare: 0.4, Consumers: []string{"a", "b", "c", "d"}}
		}, Warn, "40 % of processor time is in use, load average 0.00, most of it by a, b, c"},
		{"swap", func(s *Snapshot, p *Probes) { s.Memory.SwapUsedBytes = 1 << 30 }, Bad, "1024 MiB are swapped out"},
		{"swap", func(s *Snapshot, p *Probes) { s.Memory.SwapUsedBytes = 1 << 20 }, OK, "1 MiB are swapped out"},
		{"memory", func(s *Snapshot, p *Probes) { s.Memory.AvailableBytes = 1 << 29 }, Warn, "512 MiB of memory available"},
		{"memory", func(s *Snapshot, p *Probes) { s.Cgroup.MemoryB = 1 << 28 }, Warn, "256 MiB of memory allowed by the control group"},
		{"thp", func(s *Snapshot, p *Probes) { s.Kernel.THP = "always" }, Warn, "always"},
		{"thp", func(s *Snapshot, p *Probes) { s.Kernel.THP = "never" }, Warn, "never"},
		{"thp", func(s *Snapshot, p *Probes) { s.Kernel.THP = "" }, Warn, "has none"},
		{"ksm", func(s *Snapshot, p *Probes) { s.Kernel.KSM = "1" }, Warn, "merges"},
		{"aslr", func(s *Snapshot, p *Probes) { s.Kernel.ASLR = "0" }, Warn, `"0"`},
		{"mitigations", func(s *Snapshot, p *Probes) { s.Kernel.Mitigations["mds"] = "Vulnerable" }, Warn, "active for spectre_v1; not for mds"},
		{"mitigations", func(s *Snapshot, p *Probes) { s.Kernel.Mitigations = nil }, OK, "no mitigation"},
		{"cgroup", func(s *Snapshot, p *Probes) { s.Cgroup.Mode = "none" }, Warn, "no control groups"},
		{"quota", func(s *Snapshot, p *Probes) { s.Cgroup.CPUQuota = "400000 100000" }, Warn, "400000 100000"},
		{"quota", func(s *Snapshot, p *Probes) { s.Cgroup.CPUQuota = "150000 100000" }, Bad, "which is 1.5 processors"},
		{"power", func(s *Snapshot, p *Probes) { s.OnBattery = true }, Warn, "battery"},
	}
	s, p := good()
	for _, f := range Doctor(s, p) {
		if f.Severity != OK || f.Means == "" || f.Next != "" {
			t.Errorf("Doctor of a good machine: %+v", f)
		}
	}
	rules := len(Doctor(s, p))
	for _, tt := range tests {
		s, p := good()
		tt.spoil(s, &p)
		findings := Doctor(s, p)
		if len(findings) != rules {
			t.Errorf("%s: %d findings, want %d as for every machine", tt.rule, len(findings), rules)
		}
		for _, f := range findings {
			if f.Rule != tt.rule {
				if f.Severity != OK {
					t.Errorf("%s, %s: also %+v", tt.rule, tt.text, f)
				}
				continue
			}
			if f.Severity != tt.want || !strings.Contains(f.Text, tt.text) || f.Means == "" || (f.Next == "") != (f.Severity == OK) {
				t.Errorf("%s: %+v, want %s with %q", tt.rule, f, tt.want, tt.text)
			}
			if f.Severity == Bad && !slices.Contains(Rules(), f.Rule) {
				t.Errorf("%s can refuse a machine, but is not in Rules() = %v", f.Rule, Rules())
			}
		}
	}
}

func TestUnfit(t *testing.T) {
	s, p := good()
	s.Memory.SwapUsedBytes = 1 << 30
	findings := Doctor(s, p)
	if err := Unfit(findings, func(string) bool { return false }); !errors.Is(err, ErrUnfit) || !strings.Contains(err.Error(), "-allow swap") {
		t.Errorf("Unfit = %v, want the rule and how to allow it", err)
	}
	if err := Unfit(findings, func(r string) bool { return r == "swap" }); err != nil {
		t.Errorf("Unfit with swap allowed = %v", err)
	}
}

// TestProbe looks at this machine, and changes nothing.
func TestProbe(t *testing.T) {
	s, err := Collect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p, err := Probe(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if p.Moment == nil || p.Moment.Seconds <= 0 {
		t.Errorf("Probe watched nothing: %+v", p)
	}
	if s.KVM.Usable() && p.Exit <= 0 {
		t.Errorf("Probe measured no VM exit with a usable KVM: %v, %v", p.Exit, p.ExitErr)
	}
	for _, f := range Doctor(s, p) {
		t.Logf("%-4s %-11s %s", f.Severity, f.Rule, f.Text)
	}
}

func TestExitTime(t *testing.T) {
	if _, err := ExitTime(os.DevNull); err == nil {
		t.Error("ExitTime of a device that is not KVM succeeded")
	}
	if deviceAccess(KVMDevice) != AccessOK {
		t.Skipf("%s: %s", KVMDevice, deviceAccess(KVMDevice))
	}
	if d, err := ExitTime(KVMDevice); err != nil || d <= 0 {
		t.Errorf("ExitTime = %v, %v", d, err)
	}
}
