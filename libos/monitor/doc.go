// Package monitor runs a unikernel image as if it were a process: it takes an
// image, memory, vCPUs, arguments and a root file system, connects the standard
// descriptors and signals, and returns the exit status and the statistics of
// the run.
//
// It also says what a program was doing: an ELF core and a list of registers when
// the program or the guest broke (written by package vmm), a line for each system
// call (package systrace).
//
// It runs on the host, in a process that does nothing else (uni-vmm): once the
// guest runs, that process confines itself to the host calls that serve it.
// Start-up time matters here, so the package stays clear of fmt, flag and
// encoding/json until the guest has ended.
//
// The machine itself is package vmm. Other monitors are not here yet.
package monitor
