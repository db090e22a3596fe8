package monitor

// Stats is what one run of a unikernel reports when it ends: the file that
// `uni run -stats F` writes, as one JSON object. Times are CLOCK_MONOTONIC
// readings of the host, in nanoseconds; 0 means "did not happen". All of them
// are taken by the monitor, except GuestEntry and GuestMain, which the guest
// stamps with the TSC and the monitor converts.
type Stats struct {
	Version int `json:"version"`

	MonitorStart int64 `json:"monitor_start_ns"` // main of the monitor entered
	FirstRun     int64 `json:"first_run_ns"`     // just before the first KVM_RUN
	GuestEntry   int64 `json:"guest_entry_ns"`   // first guest instruction
	GuestMain    int64 `json:"guest_main_ns"`    // just before main.main of the guest
	FirstOutput  int64 `json:"first_output_ns"`  // first byte written to stdout or stderr
	GuestEnd     int64 `json:"guest_end_ns"`     // the guest asked to exit

	// Time is when the counters below were read.
	Time int64 `json:"time_ns"`

	ExitStatus int `json:"exit_status"`

	// Exits counts VM exits by cause, as names; VMExits is their sum, over
	// all vCPUs, from start to end.
	Exits   map[string]uint64 `json:"exits"`
	VMExits uint64            `json:"vmexits"`

	// ENOSYS counts system calls that answered ENOSYS, by name.
	ENOSYS map[string]uint64 `json:"enosys,omitempty"`
	// RawSyscalls counts SYSCALL instructions that trapped.
	RawSyscalls uint64 `json:"raw_syscalls"`

	MemoryBytes    uint64 `json:"memory_bytes"`     // -mem
	GuestPeakBytes uint64 `json:"guest_peak_bytes"` // most memory in use by the guest
	VCPUs          int    `json:"vcpus"`

	// Net has the counters of the network device, if there is one.
	Net *NetStats `json:"net,omitempty"`

	// Steps are the monitor's own phases before FirstRun, in order.
	Steps []Step `json:"steps,omitempty"`
}

// Step is one phase of the monitor's start: its name and the monotonic time at
// which it ended.
type Step struct {
	Name string `json:"name"`
	End  int64  `json:"end_ns"`
}

// StatsVersion is the value of Stats.Version.
const StatsVersion = 1
