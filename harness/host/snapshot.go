package host

import (
	"time"
)

// Snapshot is what a machine looks like at one moment. Absent facts are zero.
type Snapshot struct {
	Time   time.Time `json:"time"`
	CPU    CPU       `json:"cpu"`
	Clock  Clock     `json:"clock"`
	Kernel Kernel    `json:"kernel"`
	Memory Memory    `json:"memory"`
	KVM    KVM       `json:"kvm"`
	Load   Load      `json:"load"`
	Cgroup Cgroup    `json:"cgroup"`
	DMI    string    `json:"dmi_class,omitempty"` // product name, no serial

	MilliCelsius map[string]int `json:"milli_celsius,omitempty"` // by sensor type
	OnBattery    bool           `json:"on_battery,omitempty"`
}

// CPU describes processors and their power management.
type CPU struct {
	Model     string   `json:"model"`
	Vendor    string   `json:"vendor,omitempty"`
	Microcode string   `json:"microcode,omitempty"`
	Flags     []string `json:"flags,omitempty"`
	Threads   int      `json:"threads"` // online
	Cores     int      `json:"cores,omitempty"`
	Sockets   int      `json:"sockets,omitempty"`
	SMT       bool     `json:"smt"`
	NUMANodes int      `json:"numa_nodes,omitempty"`
	Caches    []string `json:"caches,omitempty"` // of the first processor, such as "L2 Unified 1024K"

	Governor   string   `json:"governor,omitempty"`
	Driver     string   `json:"driver,omitempty"`
	EPP        string   `json:"epp,omitempty"`
	MinKHz     int      `json:"min_khz,omitempty"`
	MaxKHz     int      `json:"max_khz,omitempty"`
	CurrentKHz []int    `json:"current_khz,omitempty"` // by processor
	Turbo      string   `json:"turbo,omitempty"`       // "on", "off" or "" for unknown
	IdleDriver string   `json:"idle_driver,omitempty"`
	IdleGov    string   `json:"idle_governor,omitempty"`
	IdleStates []string `json:"idle_states,omitempty"`

	Isolated string `json:"isolated,omitempty"`
	NoHzFull string `json:"nohz_full,omitempty"`
}

// Clock describes the time source.
type Clock struct {
	Source    string `json:"source"`
	TSCStable bool   `json:"tsc_stable"` // constant_tsc and nonstop_tsc
}

// Kernel describes the kernel and settings that move results.
type Kernel struct {
	Release     string            `json:"release"`
	CommandLine []string          `json:"command_line,omitempty"` // known parameters only
	Mitigations map[string]string `json:"mitigations,omitempty"`
	THP         string            `json:"thp,omitempty"`
	HugePages   int               `json:"huge_pages"`
	KSM         string            `json:"ksm,omitempty"`
	Swappiness  string            `json:"swappiness,omitempty"`
	ASLR        string            `json:"aslr,omitempty"`
	NUMABalance string            `json:"numa_balancing,omitempty"`
	LogLines    int64             `json:"log_lines"` // sequence number of the kernel log, -1 if not readable
}

// Memory is the machine's memory in bytes.
type Memory struct {
	TotalBytes     uint64 `json:"total_bytes"`
	AvailableBytes uint64 `json:"available_bytes"`
	SwapUsedBytes  uint64 `json:"swap_used_bytes"`
}

// KVM describes virtualisation: what this machine offers and what it runs on.
type KVM struct {
	Vendor     string            `json:"vendor"`         // pvm, amd, intel, unknown (usable, module not visible) or none
	Kind       string            `json:"kind,omitempty"` // hardware or software: with or without virtualisation by the processor
	Access     string            `json:"access"`         // ok, missing or denied, of /dev/kvm
	Parameters map[string]string `json:"parameters,omitempty"`
	Hypervisor bool              `json:"hypervisor"` // this machine is itself a virtual machine
	VhostNet   bool              `json:"vhost_net"`
}

// Load says how busy the machine is. Times are sums over processors since boot,
// in seconds.
type Load struct {
	Average1, Average5, Average15 float64
	BusySeconds                   float64            `json:"busy_s"`
	IdleSeconds                   float64            `json:"idle_s"`
	StealSeconds                  float64            `json:"steal_s"`
	Consumers                     map[string]float64 `json:"consumers_s,omitempty"` // most CPU time by command name
	Processes                     map[string]float64 `json:"-"`                     // CPU time of every command name
}

// Cgroup says which control groups there are and what they allow this process.
type Cgroup struct {
	Mode     string `json:"mode"` // v1, v2, hybrid or none
	CPUs     string `json:"cpus,omitempty"`
	MemoryB  int64  `json:"memory_limit_bytes,omitempty"`
	CPUQuota string `json:"cpu_quota,omitempty"`
}
