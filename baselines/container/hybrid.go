package container

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// unifiedPath is where a hybrid host mounts the cgroup v2 hierarchy beside v1.
const unifiedPath = "/sys/fs/cgroup/unified"

// hideUnified gives the calling thread a mount namespace without the cgroup v2
// hierarchy of a hybrid host: crun 1.8 refuses hosts where v2 has controllers
// beside v1. Everything started from the thread inherits it. The namespace is
// private, so nothing changes for the host, and ends with its last user. On a
// host that is not hybrid it does nothing. runc gets the same treatment, so that
// the two runtimes can be compared.
func hideUnified() error {
	var st unix.Statfs_t
	if err := unix.Statfs(unifiedPath, &st); err != nil || st.Type != unix.CGROUP2_SUPER_MAGIC {
		return nil
	}
	// A mount namespace cannot be shared with threads that share the
	// working directory, so the thread stops sharing that too.
	if err := unix.Unshare(unix.CLONE_FS | unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("make private mount namespace for the container runtime: %w (run as root)", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keep mounts private: %w", err)
	}
	if err := unix.Unmount(unifiedPath, unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("hide %s from the container runtime: %w", unifiedPath, err)
	}
	return nil
}
