// Package taskstats listens to the kernel's exit statistics of tasks (Linux,
// Documentation/accounting/taskstats.rst and uapi/linux/taskstats.h, over
// generic netlink) and answers one question: how much memory did each process
// of a finished process tree use at its peak?
//
// Why not wait4's ru_maxrss: the kernel carries the peak of the image that
// calls execve over into the new program, so the child of a launcher can never
// report less than the launcher's own peak. The benchmark command is several
// times larger than the programs that it measures.
//
// The kernel counts pages per processor in batches, so a peak may be off by some
// 32 pages (128 KiB) a processor.
//
// The listener needs CAP_NET_ADMIN in the initial user and pid namespaces; a
// caller without it goes on without the number. It does not follow a process
// that outlives its parent: such a process has another parent in its record.
package taskstats
