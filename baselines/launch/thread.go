package launch

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// outputGrace is how long streams may stay open after the program has ended and
// its process group was killed, before Spec.Kill is called, and again after it.
const outputGrace = 2 * time.Second

// launched is one started program. Its fields after the blank line belong to
// the launching thread until ended is closed.
type launched struct {
	spec    Spec
	stdin   *os.File
	out     *output
	started chan error // receives once
	ended   chan struct{}

	start, end int64
	status     syscall.WaitStatus
	usage      syscall.Rusage
	err        error

	mu     sync.Mutex // guards pid and reaped against kill
	pid    int
	reaped bool
}

// onOwnThread calls f in a goroutine with an operating system thread of its own,
// which ends when f returns. The main thread would not end but stay for ever as f
// left it, in a namespace perhaps, so it is kept from f.
func onOwnThread(f func()) {
	go func() {
		runtime.LockOSThread()
		if unix.Gettid() != unix.Getpid() {
			f()
			return
		}
		defer runtime.UnlockOSThread()
		taken := make(chan struct{})
		go func() {
			runtime.LockOSThread()
			close(taken)
			f()
		}()
		<-taken
	}()
}

// thread starts the program and waits for it. It runs on a thread of its own, so
// what Setup changed is gone with that. The thread must not end earlier, because
// the program is killed when it does.
func (l *launched) thread() {
	if err := l.fork(); err != nil {
		l.started <- err
		return
	}
	l.started <- nil
	defer close(l.ended)
	// The zombie keeps the process group's id from being used again until
	// stragglers are killed and it is reaped.
	for {
		err := unix.Waitid(unix.P_PID, l.pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		l.end = Now()
		if !errors.Is(err, unix.EINTR) {
			break
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = syscall.Kill(-l.pid, syscall.SIGKILL) // ESRCH: no stragglers
	for {
		_, err := syscall.Wait4(l.pid, &l.status, 0, &l.usage)
		if err != syscall.EINTR {
			l.err = err
			break
		}
	}
	l.reaped = true
}

func (l *launched) fork() error {
	s := l.spec
	if len(s.CPUs) > 0 {
		var set unix.CPUSet
		for _, c := range s.CPUs {
			set.Set(c)
		}
		if err := unix.SchedSetaffinity(0, &set); err != nil {
			return fmt.Errorf("use processors %v: %w (choose others with -cpus)", s.CPUs, err)
		}
	}
	if s.NetNS != nil {
		if err := unix.Setns(int(s.NetNS.Fd()), unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("enter network namespace: %w (run as root)", err)
		}
	}
	if s.Setup != nil {
		if err := s.Setup(); err != nil {
			return err
		}
	}
	attr := &syscall.ProcAttr{
		Dir:   s.Dir,
		Env:   s.Env,
		Files: []uintptr{l.stdin.Fd(), l.out.write[0].Fd(), l.out.write[1].Fd()},
		Sys:   &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL},
	}
	for _, f := range s.Files {
		fd, err := descriptor(f)
		if err != nil {
			return err
		}
		attr.Files = append(attr.Files, fd)
	}
	l.start = Now()
	if s.Delay > 0 {
		for Now() < l.start+s.Delay.Nanoseconds() { // no sleep: that ends late
		}
	}
	pid, err := syscall.ForkExec(s.Path, s.Args, attr)
	if err != nil {
		return fmt.Errorf("start %s: %w", s.Path, err)
	}
	l.pid = pid
	return nil
}

// descriptor returns the number of an open file. Unlike Fd it does not make the
// file blocking, also for those who share it.
func descriptor(f *os.File) (fd uintptr, err error) {
	raw, err := f.SyscallConn()
	if err == nil {
		err = raw.Control(func(n uintptr) { fd = n })
	}
	if err != nil {
		return 0, fmt.Errorf("hand on file %s: %w", f.Name(), err)
	}
	return fd, nil
}

// kill ends the program's process group, and what Spec.Kill reaches.
func (l *launched) kill() {
	l.mu.Lock()
	if !l.reaped {
		_ = syscall.Kill(-l.pid, syscall.SIGKILL)
	}
	l.mu.Unlock()
	if l.spec.Kill != nil {
		l.spec.Kill()
	}
}

// drain waits for both streams to end and reports whether they did.
func (l *launched) drain() bool {
	wait := func() bool {
		t := time.NewTimer(outputGrace)
		defer t.Stop()
		select {
		case <-l.out.done:
			return true
		case <-t.C:
			return false
		}
	}
	if wait() {
		return true
	}
	if l.spec.Kill != nil {
		l.spec.Kill()
		if wait() {
			return true
		}
	}
	l.out.stop()
	<-l.out.done
	return false
}
