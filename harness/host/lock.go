package host

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// ErrBusy means that another benchmark runs on this machine.
var ErrBusy = errors.New("another benchmark runs on this host")

// Lock is the right to be the only benchmark on the machine. The kernel takes it
// back when the process ends, in whatever way.
type Lock struct{ f *os.File }

// Acquire takes the lock that the file stands for, which all users of the
// machine must agree on, and does not wait: the error is a *BusyError then. The file stays behind on purpose:
// deleting it would let two processes lock two files of one name.
func Acquire(name string) (*Lock, error) {
	// Without O_CREATE first: fs.protected_regular forbids it on files of
	// other users in a sticky folder.
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		f, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666)
	}
	if errors.Is(err, os.ErrPermission) {
		f, err = os.Open(name)
	}
	if err != nil {
		return nil, fmt.Errorf("open host lock: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		defer f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, holder(f)
		}
		return nil, fmt.Errorf("take host lock: %w", err)
	}
	return &Lock{f: f}, nil
}

// Release gives the lock back.
func (l *Lock) Release() error { return l.f.Close() }
