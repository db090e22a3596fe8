// Package scratch owns everything that a run of the benchmark puts outside its
// results folder, under one name: a temporary folder and control groups (Linux
// cgroups v1 and v2). The name holds the owner's process id and start time, so
// that a later run can tell what a killed one left behind and remove it, and
// the folder holds a file lock (flock), which the kernel releases with the
// owner.
//
//	<temp>/unibench-<pid>-<start>/lock      locked while the owner lives
//	<temp>/unibench-<pid>-<start>/...       bundles, runtime state, images
//	<each cgroup hierarchy>/unibench-<pid>-<start>/...
//
// Removing a name kills the processes in its control groups, detaches mounts
// below its folder, and removes both. It never touches another name, and no
// process outside its control groups.
package scratch
