package netlab

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"
)

// ErrNotAllowed means that this process may not build networks here.
var ErrNotAllowed = errors.New("networks cannot be built here")

// explain adds the next step to errors that people can do something about.
func explain(err error) error {
	var path *fs.PathError
	switch {
	case errors.Is(err, unix.EPERM):
		return fmt.Errorf("%w: %w (run as root, or allow user namespaces: sysctl user.max_user_namespaces)", ErrNotAllowed, err)
	case errors.As(err, &path) && path.Path == tunPath:
		return fmt.Errorf("%w: %w (load the module tun, and let this user open %s)", ErrNotAllowed, err, tunPath)
	case errors.Is(err, unix.ENOSPC):
		return fmt.Errorf("%w: %w (too many namespaces: sysctl user.max_net_namespaces)", ErrNotAllowed, err)
	}
	return err
}
