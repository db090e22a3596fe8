// Command uni-vmm runs one unikernel image and exits as the program in it does.
//
//	uni-vmm [-mem 64M] [-cpus N] [-root DIR] [-initrd FILE] [-dir PATH] [-out PATH=FILE]... [-file PATH=FILE]... [-mkdir PATH]... [-env K=V]... [-stats F] [-stats-fd N] [-core F] [-trace F] [-net SPEC] [-arg0 NAME] IMAGE [-- ARGS...]
//
// It is the monitor that `uni run` turns into; call it directly where
// milliseconds count. Its start-up is part of every boot, so it does without
// the packages flag and fmt, and reads nothing but its arguments.
//
// -mem is all memory of the VM, image included. -root packs a folder into the
// program's file system, over the files of the cpio archive -initrd, which is
// mapped and must not change meanwhile. -dir is the program's working directory.
// -out makes the program's file PATH the host's FILE, for writing only; -file gives
// it a copy of FILE, -mkdir an empty folder. -env sets a variable, of which the
// program has none otherwise. -stats writes counters and times of the run as JSON, at its end; on
// the inherited descriptor -stats-fd, a socket, each byte that is written asks
// for those of the moment, as one line. -core writes an ELF core of the program
// for gdb and dlv, if it dies of a signal or a fatal error of Go, if the guest
// breaks, or at a second SIGQUIT; otherwise the file stays empty. -trace
// writes a line for each system call, as strace does (package systrace). -net
// attaches the program to a TAP interface (package netspec says how).
//
// Signals go to the program: SIGQUIT makes a Go program dump its goroutines and
// end. A second SIGINT, SIGTERM or SIGQUIT ends the VM whatever the program does;
// after SIGQUIT with the registers and calls of each vCPU on standard error.
//
// Exit status: that of the program; 128 plus the number of the signal that
// killed it; 2 for a usage error; 125 if the VM could not be started or broke.
package main

import (
	"os"
)

func main() {
	start := monotonic()
	calmSysmon()
	os.Exit(run(start, os.Args[1:]))
}
