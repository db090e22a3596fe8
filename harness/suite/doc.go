// Package suite holds the benchmark suites, one file each, and runs them: it
// brings targets, trials and records together. All lists the suites.
//
//	NewPlan  checks and prepares targets, builds, fixes the schedule
//	Start    creates a results folder for a plan; Continue reopens one
//	Session  runs the pending trials of a folder
//
// A suite starts programs that end by themselves (boot), puts servers under load
// (net), or leads programs over their standard input (syscall, pairs). A trial of a server, in a network of its own (package netlab):
//
//	the server starts      target.Program.Serve
//	the generator starts   package loadgen, as a process of its own; its first answer shows readiness
//	a short load           counts system calls, and warms up
//	the measured load      counters are read before and after, while nothing is outstanding
//	the server ends        SIGTERM, exit status 0
//
// A trial of a program that is led (workloads/micro) runs one benchmark, so that none
// finds the heap, the threads or the caches that another left:
//
//	the program starts     target.Program.Lead
//	"bench NAME ..."       it finds how many operations make a batch
//	an empty period, and one batch: system calls are counted
//	an empty period, and the measured one: VM exits are read before and after
//	its input ends         and so does the program, with status 0
//
// An empty period is a question and its answer with no operation between them; what
// it counts is taken off. So VM exits are those of the operations alone: exits of a
// whole start, less those of a start without work, would carry the difference of two
// boots and of two calibrations.
//
// A trial of a pair is two such starts, one for each of two states of an operation: its
// record has both (record.Point) and their ratio. A trial of a crowd is many instances
// at once, in a suite of programs that end by themselves:
//
//	instances start        target.Start, some ahead of their answers; each answers by a line
//	the last has answered  their memory is read while all are idle
//	their inputs end       and so do they, with status 0
//
// A run with Config.Baseline has every target twice, with this build and with another
// (target.Env.Arms), in the same blocks; package compare tells the two apart.
//
// Counters come from the kernel and the monitor (package baselines/counters); what
// cannot be read is a gap with its reason, never a zero. Histograms are kept below
// hist/, everything else that the generator said in raw/.
//
// The package prints nothing; progress is reported by a function.
package suite
