// Package systrace turns records of system calls into lines of text, as strace
// does for a process:
//
//	0.001764 g1 openat(AT_FDCWD, "/etc/hosts", O_RDONLY|O_CLOEXEC) = 3 <0.000012>
//	0.001801 t2 futex(0x5e6a28, FUTEX_WAIT_PRIVATE, 0, NULL) = 0 <0.000150>
//
// seconds since the start of the guest; the goroutine that made the call or, for
// calls of Go's runtime, the thread; the call; its result; how long it took. A line
// appears when the call has ended, and stands there in the order of the ends. Calls
// that were under way when the program ended have none.
//
// Arguments are decoded by a table (table.go); what has no signature in it gets six
// hexadecimal numbers. Data is cut after 32 bytes, paths are not. What arguments
// point to is shown as the call left it.
//
// Records and the memory that they point into are the guest's: nothing in them is
// trusted, and a line is of bounded length, printable ASCII. The package runs in
// the monitor after it has confined itself, and makes no host calls.
package systrace
