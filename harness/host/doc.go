// Package host describes the machine that a benchmark runs on, judges whether it
// is fit, and keeps it quiet and to itself meanwhile (harness contract, sections
// 3 and 6). Linux only.
//
//	Collect    one snapshot, for host.json; Compare, what changed between two
//	Doctor     findings from a snapshot and probes, each with what it means for the
//	           numbers and the next step
//	ExitTime   what leaving a virtual machine costs
//	Class      the label under which results of like machines are stored
//	Lock       one benchmark at a time on a machine
//	Quiet      holds /dev/cpu_dma_latency at 0, so that idle processors do not halt
//	Placement  which processors the system under test and the harness use
//
// Facts come from gopsutil where it has them, else from /proc and /sys; what a
// machine does not show is left out. Snapshots are meant to be published: they
// hold no host names, addresses, serial numbers or user names, and of the kernel
// command line only parameters known to matter.
//
// Nothing here changes the machine beyond the life of the process: Lock and Quiet
// end with their file descriptors. Settings that outlive it are the business of
// package tune.
package host
