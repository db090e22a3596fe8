//go:build unibench_guest

package syscall

// A program that makes system calls itself may wait for descriptors with them.
// libos/build leaves this file out of other programs.
func init() { libos.EnablePolling() }
