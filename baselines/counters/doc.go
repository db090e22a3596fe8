// Package counters reads what the kernel counted about running programs and
// about the whole machine (Linux): processor time, context switches, system
// calls, bytes moved by system calls. Every number is a counter of the kernel;
// what the kernel does not count is an error, never an estimate.
//
//	Tree       the processes of a program: itself and its descendants
//	Read       counters of those processes that cost nothing to keep
//	CountCalls system calls, by the tracepoint raw_syscalls:sys_enter
//	Machine    processor time of the whole machine, by proc/stat
//
// Differences of two readings belong to the time between them. Threads that
// ended meanwhile count in the processor time and in the bytes, but their
// context switches are lost.
//
// CountCalls slows every system call down, of the counted programs by some 100
// ns and of all others by some 30 ns, as long as it is open: it does not belong
// into a period whose times count.
//
// Read needs to be root, or of the same user, to see bytes; CountCalls needs root
// (or CAP_PERFMON) and a mounted tracefs.
package counters
