// Package vfs is a file system in memory with the semantics of Linux: folders,
// regular files, hard and symbolic links, named pipes, device nodes, and the
// error number that Linux gives for each mistake (man-pages path_resolution(7),
// open(2), rename(2) and their neighbours; the order of checks is that of
// fs/namei.c).
//
// It knows names and contents. Open files, offsets and descriptors belong to
// package posix, which also decides what a device node or a named pipe does.
// Contents that come with the image alias the archive they lie in until they
// are written. The contents of a file that is mapped move into one piece of
// memory, which the mappings and all reading and writing share.
//
// All calls act as the superuser: permission bits are kept, not enforced. The
// package starts no goroutine, reads no clock of its own and may be used by any
// number of goroutines at once. It has no quotas per user, extended attributes
// or mounts.
package vfs
