package target

import (
	"context"
	"os"

	"unibench/baselines/launch"
	"unibench/harness/netlab"
	"unibench/harness/record"
	"unibench/libos/monitor"
)

// Target is one way to run a program.
type Target interface {
	// Name is the name in tables and on the command line.
	Name() string
	// Check returns nil if the target can run on this host, and else why
	// not, with the next step.
	Check() error
	// Prepare makes w ready to be started.
	Prepare(ctx context.Context, w Workload) (Program, error)
	// Traits says how the target treats programs, for the fairness report.
	Traits() Traits
}

// Program is a workload made ready on one target.
type Program interface {
	// Run starts the program once and waits for it. See launch.Run about
	// errors; nothing of the start is left when it returns.
	Run(ctx context.Context) (*Observation, error)
	// Link is how the program is joined to a network that Serve is given.
	Link() netlab.LinkKind
	// Serve starts the program, a server, on the side of the system under
	// test of a network, and returns while it runs. It is killed when ctx
	// ends. Programs of one target run one at a time.
	Serve(ctx context.Context, w *netlab.World) (*Server, error)
	// Lead starts the program, one that is led, with input as its standard
	// input, and returns while it runs. It is killed when ctx ends. input
	// stays the caller's.
	Lead(ctx context.Context, input *os.File) (*Server, error)
	// Crowd makes n instances of the program, one that is led, ready to run at
	// the same time, and returns what starts each: see Lead. The peak of their
	// memory and what a monitor counts are not observed.
	Crowd(n int) ([]Start, error)
	// Rotate has the next starts use the k-th copy of the program's files, where two
	// builds are compared; else, and on target container, it does nothing.
	Rotate(k int) error
	// Command is the command line of one start, for people.
	Command() []string
	// Artefacts are the files that were built; the first is the image, the
	// one that the program is started from, and the second the same stripped
	// if the program ends by itself.
	Artefacts() []record.Artefact
}

// Start starts one instance of a program with a standard input.
type Start func(ctx context.Context, input *os.File) (*Server, error)

// Workload is a program and what it is given.
type Workload struct {
	Name    string // unique: letters and digits, as in Hello
	Package string // import path or folder of package main, relative to the source folder
	Args    []string
	Stdin   []byte // nil means none

	// Server says that the program is a server: it is started by Serve, ends
	// with status 0 after SIGTERM, and prints its usage and ends with status
	// 0 for the argument -h.
	Server bool

	// Led says that the program is led over standard input: it is started by
	// Lead, ends with status 0 at the end of its input, and does the same as a
	// server for the argument -h.
	Led bool

	// CPUs is the number of processors that the program is made for; 0 stands
	// for those of the Env, whatever their number.
	CPUs int
	// Files says that the program wants a folder in memory (tmpfs) at
	// /dev/shm or /tmp.
	Files bool
}

// lives reports whether the program runs until it is told to end.
func (w Workload) lives() bool { return w.Server || w.Led }

// Observation is what was seen of one start.
type Observation struct {
	*launch.Result
	// Monitor is the report of the unikernel's monitor, nil on targets
	// that have none.
	Monitor *monitor.Stats `json:"monitor,omitempty"`
}

// Traits are the facts that the fairness contract compares.
type Traits struct {
	MemoryBytes int64    // what the program may use; 0 means all of the host's
	CPUs        int      // processors for program and monitor or runtime together
	Isolation   string   // in words
	Inside      string   // what lies in the measured interval beside the program
	Remarks     []string // on how units are counted

	// The same for servers, and programs that are led.
	ServerMemoryBytes int64
	Network           string
}
