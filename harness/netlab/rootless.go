package netlab

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// rootlessMark in the environment says that this is the program within.
const rootlessMark = "UNIBENCH_USER_NAMESPACE=1"

// Rootless runs this program again, with the same arguments, in a user and a
// network namespace of its own, where it is root and may build networks, and
// returns its exit status. If that is not needed, because the program has the
// capabilities already, ok is false and nothing was done. A command calls it after
// RelayMain:
//
//	status, ok, err := netlab.Rootless(os.Args, os.Environ())
//
// It is a second process because only a program of one thread can change its user
// namespace, and all of it rather than a helper, so that the rest of the harness is
// the same with root and without: files, results, locks and children belong to one
// process. Only the caller's own user id exists within, as 0. The process within
// dies with this one, and this one ends when it does. Of the signals, SIGTERM and
// SIGHUP are passed on; those of the terminal (SIGINT, SIGQUIT) reach both, and
// this one waits.
func Rootless(args, env []string) (status int, ok bool, err error) {
	may, err := mayBuild()
	if err != nil {
		return 0, false, err
	}
	if may || slices.Contains(env, rootlessMark) {
		return 0, false, nil
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, unix.SIGTERM, unix.SIGHUP, unix.SIGINT, unix.SIGQUIT)
	defer signal.Stop(signals)

	// The program within is killed when the thread that started it ends.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.Command("/proc/self/exe")
	cmd.Args, cmd.Env = args, append(slices.Clone(env), rootlessMark)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
		Pdeathsig:   unix.SIGKILL,
	}
	if err := cmd.Start(); err != nil {
		return 0, false, fmt.Errorf("%w: make a user namespace: %w (run as root, or allow them: sysctl user.max_user_namespaces and, where there is one, kernel.unprivileged_userns_clone or kernel.apparmor_restrict_unprivileged_userns)", ErrNotAllowed, err)
	}
	ended := make(chan struct{})
	go func() {
		for {
			select {
			case <-ended:
				return
			case s := <-signals:
				if s == unix.SIGTERM || s == unix.SIGHUP {
					_ = cmd.Process.Signal(s) // an error: it has ended
				}
			}
		}
	}()
	err = cmd.Wait()
	close(ended)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.ProcessState.Sys().(syscall.WaitStatus).Signaled():
		return 128 + int(exit.ProcessState.Sys().(syscall.WaitStatus).Signal()), true, nil
	case errors.As(err, &exit):
		return exit.ExitCode(), true, nil
	case err != nil:
		return 0, true, fmt.Errorf("run in a user namespace: %w", err)
	}
	return 0, true, nil
}

// mayBuild reports whether this process has the capabilities that New needs.
func mayBuild() (bool, error) {
	h := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData // of capabilities 0 to 31 and 32 to 63
	if err := unix.Capget(&h, &sets[0]); err != nil {
		return false, fmt.Errorf("read own capabilities: %w", err)
	}
	const want = 1<<unix.CAP_NET_ADMIN | 1<<unix.CAP_SYS_ADMIN
	return sets[0].Effective&want == want, nil
}
