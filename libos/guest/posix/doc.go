// Package posix answers the system calls of Linux for x86-64 (man-pages
// section 2) inside the image: descriptors, files, folders, pipes, the console,
// time and identity. A call is an ordinary function call on the goroutine that
// makes it; one that must wait parks that goroutine and nothing else.
//
// EnablePolling adds poll, select, epoll(7), eventfd(2) and timerfd_create(2).
// EnableSockets adds them too, and the socket calls: TCP, UDP and the like on an
// inet.Stack, unix(7) sockets within the program, the part of rtnetlink(7) that
// shows interfaces, addresses and routes, and the calls of linux.SysZcProbe for
// input and output without copies. A program that calls neither has none of
// their code.
//
// The package knows no hardware and no runtime. All that it needs from below
// comes through the interface HAL; the glue in goroot/syscall implements it on
// the kernel and hands every syscall.Syscall to Process.Syscall. On the host the
// package is an ordinary one, tested call by call against the real Linux.
//
// A shared mapping of a file is the memory in which the file keeps its contents,
// wherever that is: it cannot be put at an address, and while a file is mapped
// it can be mapped further than what was reserved only after it is unmapped.
// Memory cannot be executed, and mprotect takes no permission away.
//
// There is one process: number 1, without children, the superuser until it says
// otherwise; files are open to all. Its proc(5) is made up when someone reads. A
// call that is not implemented answers ENOSYS and is counted; none pretends success. Of
// sockets there are no urgent data, error queues, timestamps, filters and
// packet rings, netlink changes nothing and announces nothing, and poll finds
// the console always ready.
//
// Where HAL.Tracing says so, each call is reported when it has ended, arguments and
// result as numbers; HAL.Trace passes them on to who makes text of them.
//
// Memory of the caller is reached through Args only, whose pointers may lead
// into the caller's stack: they must never be stored in anything that outlives
// the call or lies on the heap, and Args itself must never move to the heap.
package posix
