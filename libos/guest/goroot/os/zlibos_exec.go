//go:build unibench_guest

package os

import "syscall"

// libosOneProcess says why a program could not be started; the errno is in it.
type libosOneProcess struct{ errno error }

func (e *libosOneProcess) Error() string {
	return "a unikernel has one process and starts no other: " + e.errno.Error()
}

func (e *libosOneProcess) Unwrap() error { return e.errno }

// libosStartError explains the error of StartProcess.
func libosStartError(err error) error {
	if err == syscall.ENOSYS {
		return &libosOneProcess{err}
	}
	return err
}
