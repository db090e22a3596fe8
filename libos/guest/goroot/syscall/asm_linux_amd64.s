//go:build unibench_guest

// The system calls that the file of this name makes in the standard library
// are Go functions in the image (edits of libos/build). The file stays because
// a package needs one in assembly to declare functions that others define.
