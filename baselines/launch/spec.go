package launch

import (
	"os"
	"time"
)

// DefaultOutputLimit is how much of each output stream is kept, in bytes.
const DefaultOutputLimit = 1 << 20

// Spec says what to start.
type Spec struct {
	Path string   // the program, as execve takes it
	Args []string // with args[0]
	Env  []string // complete; empty means no variables
	Dir  string   // working directory; "" keeps the caller's

	Stdin []byte // fed through a pipe; nil means /dev/null
	// Input, if not nil, is standard input instead. It stays the caller's,
	// who may close it once the program runs.
	Input *os.File
	CPUs  []int // processors that the program may use; empty keeps the caller's

	// NetNS, if not nil, is the network namespace that the program starts
	// in. Files are what it gets as descriptors 3, 4 and so on. Both stay the
	// caller's, who may close them once the program runs.
	NetNS *os.File
	Files []*os.File

	// Setup, if not nil, runs on the launching thread before the clock
	// starts, in NetNS, and may change that thread.
	Setup func() error

	// Kill, if not nil, is called after the process group was killed, when
	// the program is stopped early or leaves its output open, to end what
	// the group does not hold.
	Kill func()

	// Delay is how long the launcher keeps its processor busy between the start
	// of the clock and the program's: a slowdown that is planted, to see
	// whether it is found. 0 in every measurement.
	Delay time.Duration

	// Bare leaves the kernel's exit records alone, which every listener gets of
	// every process: with many programs at once, too many. The peak of memory is
	// not known then.
	Bare bool

	OutputLimit int // bytes kept of each stream; 0 means DefaultOutputLimit
}

// Process is the peak memory of one process of the program's tree.
type Process struct {
	Command      string `json:"command"`
	PeakRSSBytes int64  `json:"peak_rss_bytes"`
}

// Result is what was seen of one run. Times are CLOCK_MONOTONIC nanoseconds; 0
// means "did not happen".
type Result struct {
	Start     int64 `json:"start_ns"`      // just before fork and execve
	FirstByte int64 `json:"first_byte_ns"` // first byte on either stream
	End       int64 `json:"end_ns"`        // the program had ended

	Stdout    []byte `json:"-"`
	Stderr    []byte `json:"-"`
	Truncated bool   `json:"truncated,omitempty"` // a stream was longer than OutputLimit

	ExitStatus int    `json:"exit_status"`      // as a shell reports it: 128+n for signal n
	Signal     string `json:"signal,omitempty"` // name of the signal that ended the program, or ""

	CPU         time.Duration `json:"cpu_ns"`            // user and system time of the tree
	Voluntary   int64         `json:"ctxsw_voluntary"`   // context switches: waited
	Involuntary int64         `json:"ctxsw_involuntary"` // context switches: preempted

	PeakRSSBytes int64     `json:"peak_rss_bytes"`      // largest peak of one process of the tree; 0 means unknown
	Processes    []Process `json:"processes,omitempty"` // of the tree, in order of process id; may be empty

	Warnings []string `json:"warnings,omitempty"` // measurements that could not be made, and why
}
