// Package suite holds the benchmark suites, one file each, and runs them: it
// brings targets, trials and records together. All lists the suites.
//
//	NewPlan  checks and prepares targets, builds, fixes the schedule
//	Start    creates a results folder for a plan; Continue reopens one
//	Session  runs the pending trials of a folder
//
// A suite starts programs that end by themselves (boot), or puts servers under
// load (net). A trial of a server, in a network of its own (package netlab):
//
//	the server starts      target.Program.Serve
//	the generator starts   package loadgen, as a process of its own; its first answer shows readiness
//	a short load           counts system calls, and warms up
//	the measured load      counters are read before and after, while nothing is outstanding
//	the server ends        SIGTERM, exit status 0
//
// Counters come from the kernel and the monitor (package baselines/counters); what
// cannot be read is a gap with its reason, never a zero. Histograms are kept below
// hist/, everything else that the generator said in raw/.
//
// The package prints nothing; progress is reported by a function.
package suite
