// Package launch starts one program, measures it from outside and waits for it:
// the common part of every target of the harness, so that each is measured by
// the same code.
//
// The measured interval begins just before fork and execve of the program and
// ends when the kernel reports that it has ended (waitid). The first output
// byte is the moment at which a thread that waits in poll(2) on the program's
// standard output and standard error wakes up. All times are CLOCK_MONOTONIC, in
// nanoseconds. Inside the interval lie fork, execve, what the program does, and
// one wake-up; outside lie the pipes, the choice of processors and namespaces,
// and the collection of results.
//
// The program starts from an operating-system thread of its own, which is
// thrown away afterwards. What Spec.Setup changes for that thread (processor
// set, mount namespace) the program inherits without a helper program between,
// and the rest of the calling process never sees it.
//
// The program gets a process group of its own, which is killed with it, and a
// SIGKILL should the calling process die, be it by kill -9. A program that
// leaves its process group and its parent is not followed; Spec.Kill is for
// those that do so on purpose (containers).
//
// Run is for programs that end by themselves, Start for servers: Running.Line
// waits until one says that it is ready, Running.Signal asks it to end.
//
// CPU time and context switches are those that wait4 reports: of the program
// and of all descendants that were waited for. Peak memory comes from package
// taskstats, per process. It needs root; without, ru_maxrss is used where it
// exceeds the launcher's own peak, below which it says nothing.
package launch
