// Package tune changes the few settings of a machine that make measurements noisy
// and that can be put back as they were: frequency governor, turbo, transparent huge
// pages, merging of pages, random addresses, moving of pages between memory nodes
// (Linux, Documentation/admin-guide/pm/{cpufreq,intel_pstate}.rst, mm/{transhuge,ksm}.rst,
// sysctl/kernel.rst).
//
// What it does not touch: hyper-threading and idle states (processors would come and
// go, and idle states are held by host.HoldQuiet for the time of a run), mitigations
// and swap (a measurement is no reason to weaken or to endanger a machine), interrupts.
// Random addresses are switched on, never off: layouts are sampled (harness contract,
// section 7).
//
// The settings outlive the process, because runs are processes of their own. So that
// nothing gets lost, the value that a file had is in the state file, on disk, before
// the file is changed; whatever ends the process, Restore finds it. Applying twice
// keeps the first values. After a restart of the machine, which is told by its boot
// id, nothing is left to restore.
//
// All paths are below Machine.Root, so that tests have a machine made of files. The
// state file may be anybody's: only paths that are settings and values that are words
// are taken from it.
package tune
