package vmm

import (
	"errors"
	"strconv"
)

// Error is a failure of the monitor itself, such as a failed host call.
type Error struct {
	Op  string // what was tried
	Err error
}

func (e *Error) Error() string { return e.Op + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// MemoryError says that the VM's memory is too small for the image.
type MemoryError struct {
	Have, Need uint64 // bytes
}

func (e *MemoryError) Error() string {
	const mib = 1 << 20
	return "too little memory: this program needs at least " +
		strconv.FormatUint((e.Need+mib-1)/mib, 10) + "M to start, has " +
		strconv.FormatUint(e.Have/mib, 10) + "M; raise -mem"
}

// GuestError says that the guest did something that only a broken or hostile
// guest does. The VM has been ended.
type GuestError struct {
	VCPU   int
	What   string
	Detail uint64
}

func (e *GuestError) Error() string {
	return "vCPU " + strconv.Itoa(e.VCPU) + ": " + e.What + " (0x" + strconv.FormatUint(e.Detail, 16) + "); the VM was ended"
}

var (
	errVCPUs        = errors.New("the number of vCPUs must be 1 to 31; change -cpus")
	errMemory       = errors.New("a VM has at most 1024G; lower -mem")
	errOutputs      = errors.New("a VM has at most 64 output files; leave out some -out")
	errWriteExecute = errors.New("a segment is both writable and executable; build the image with uni build")
)

// ErrStopped is returned when the VM was ended from outside.
var ErrStopped = errors.New("the VM was stopped")
