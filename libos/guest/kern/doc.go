// Package kern is the part of the library OS that a Linux kernel would be for
// Go's runtime: threads, futexes, sleep, signals and the address space, with
// the numbers, arguments and structures of the Linux ABI for x86-64.
//
// It is a state machine: package runtime's glue calls it with a spin lock held,
// on the kernel stack of a vCPU, passes the time in, and does what only it can
// do (leave the VM, switch registers). So everything here runs under `go test`
// on the host too, against threads that are only register sets.
//
// Context and its rules: calls come from places where the runtime itself is in
// the middle of something, even of a garbage collection. Nothing here
// allocates, blocks, panics on purpose or holds pointers: memory of the program
// is named by uintptr, threads by index.
//
// Not here: files and everything else that is not needed by the runtime
// (package posix, on the goroutine's stack), SIGSTOP and job control, core dumps
// (the monitor makes them, from the threads that Table describes), robust or priority-inheritance futexes.
package kern
