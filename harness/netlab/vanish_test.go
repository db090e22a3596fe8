package netlab_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"unibench/harness/netlab"
)

// copySelf puts this test's program where every user may run it.
func copySelf(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "netlab-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(filepath.Join(dir, "netlab.test"), os.O_WRONLY|os.O_CREATE, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close(), os.Chmod(dir, 0o755)); err != nil {
		t.Fatal(err)
	}
	return out.Name()
}

const nobody = 65534

// unprivileged makes cmd run as a user without any right, if this is root.
func unprivileged(cmd *exec.Cmd) {
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	cmd.Dir = "/"
}

func TestRootless(t *testing.T) {
	cmd := helper(t, copySelf(t), "ping")
	unprivileged(cmd)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && strings.Contains(fmt.Sprint(cmd.Stderr), "user namespace") {
		t.Skipf("no user namespaces for users: %s", cmd.Stderr)
	}
	if err != nil || !strings.HasPrefix(string(out), "ping ok, mtu 1500, user 0, ") {
		t.Errorf("the helper said %q, %v", out, err)
	}
	t.Logf("%s", out)
}

// users calls f for root, if this is root, and for a user without rights.
func users(t *testing.T, f func(t *testing.T, prepare func(*exec.Cmd))) {
	t.Run("root", func(t *testing.T) {
		if os.Geteuid() != 0 {
			t.Skip("needs root")
		}
		f(t, func(*exec.Cmd) {})
	})
	t.Run("rootless", func(t *testing.T) { f(t, unprivileged) })
}

// TestKill9 kills a process that holds worlds with running processes, and looks
// for all that it might have left.
func TestKill9(t *testing.T) {
	self := copySelf(t)
	users(t, func(t *testing.T, prepare func(*exec.Cmd)) {
		before := hostNetwork(t)
		cmd := helper(t, self, "hold")
		temp := t.TempDir()
		cmd.Env = append(cmd.Env, "TMPDIR="+temp)
		prepare(cmd)
		h := startHold(t, cmd)
		t.Logf("the helper holds %+v", h)
		if len(h.PIDs) < 5 || len(h.Namespaces) < 4 || len(uses(h.Namespaces)) == 0 {
			t.Error("there is too little to leave behind, so this test shows nothing")
		}
		if during := hostNetwork(t); during != before {
			t.Errorf("the host's network is now\n%s\nand was\n%s", during, before)
		}
		// All that will have to end, not only what says so.
		all := append(h.PIDs, members(h.Namespaces)...)
		var fds []int
		for _, pid := range all {
			if fd, err := unix.PidfdOpen(pid, 0); err == nil {
				fds = append(fds, fd)
				defer unix.Close(fd)
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait()
		for _, fd := range fds {
			wait(t, fd)
		}
		if left := uses(h.Namespaces); len(left) > 0 {
			t.Errorf("namespaces live on by %v", left)
		}
		if left, _ := os.ReadDir(temp); len(left) > 0 {
			t.Errorf("files were left: %v", left)
		}
		if after := hostNetwork(t); after != before {
			t.Errorf("the host's network is now\n%s\nand was\n%s", after, before)
		}
	})
}

// wait waits until the process of a descriptor has ended.
func wait(t *testing.T, pidfd int) {
	t.Helper()
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, 10_000)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			t.Fatal(err)
		case n == 0:
			t.Fatal("a process lives on")
		default:
			return
		}
	}
}

// members lists the processes that are in one of the namespaces.
func members(namespaces []string) (pids []int) {
	links, _ := filepath.Glob("/proc/[0-9]*/ns/net")
	for _, link := range links {
		if ns, err := os.Readlink(link); err == nil && slices.Contains(namespaces, ns) {
			if pid, err := strconv.Atoi(strings.Split(link, "/")[2]); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// uses lists what keeps one of the namespaces alive: processes, threads,
// descriptors, mounts.
func uses(namespaces []string) (out []string) {
	for _, pattern := range []string{"/proc/[0-9]*/task/[0-9]*/ns/net", "/proc/[0-9]*/fd/*"} {
		links, _ := filepath.Glob(pattern)
		for _, link := range links {
			if ns, err := os.Readlink(link); err == nil && slices.Contains(namespaces, ns) {
				out = append(out, link+" "+ns)
			}
		}
	}
	mounts, _ := filepath.Glob("/proc/[0-9]*/mountinfo")
	for _, name := range mounts {
		b, _ := os.ReadFile(name)
		for _, ns := range namespaces {
			if strings.Contains(string(b), ns) {
				out = append(out, name+" "+ns)
			}
		}
	}
	return out
}

// hostNetwork describes the network that this test is in.
func hostNetwork(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	links, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		addrs, err := l.Addrs()
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%d %s %d %s %v %v\n", l.Index, l.Name, l.MTU, l.HardwareAddr, l.Flags, addrs)
	}
	for _, name := range []string{"/proc/net/route", "/proc/sys/net/ipv4/ip_local_port_range", "/proc/sys/net/ipv4/tcp_tw_reuse"} {
		text, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		b.Write(text)
	}
	return b.String()
}

// TestClose: a world that was closed leaves nothing, while this process goes on.
func TestClose(t *testing.T) {
	before := hostNetwork(t)
	newWorld(t, netlab.Config{Link: netlab.Veth}) // what the runtime opens once
	files := openFiles(t)
	var names []string
	for _, c := range []netlab.Config{
		{Link: netlab.Veth}, {Link: netlab.TAP, Queues: 2}, shaped(t, netlab.Veth, netlab.Shape{}), shaped(t, netlab.TAP, netlab.Shape{}),
	} {
		w, err := netlab.New(t.Context(), c)
		if errors.Is(err, netlab.ErrNotAllowed) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, side := range netlab.Sides() {
			if path := w.NetNSPath(side); path != "" {
				ns, err := os.Readlink(path)
				if err != nil {
					t.Fatal(err)
				}
				names = append(names, ns)
			}
		}
		if got := len(w.TAP()); got != map[netlab.LinkKind]int{netlab.TAP: max(c.Queues, 1)}[c.Link] {
			t.Errorf("%+v has %d descriptors", c, got)
		}
		if during := hostNetwork(t); during != before {
			t.Errorf("the host's network is now\n%s\nand was\n%s", during, before)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
	// The threads that were in a namespace end soon after what they did.
	for limit := time.Now().Add(10 * time.Second); len(uses(names)) > 0 && time.Now().Before(limit); {
		time.Sleep(time.Millisecond)
	}
	if left := uses(names); len(left) > 0 {
		t.Errorf("namespaces live on by %v", left)
	}
	for fd, file := range openFiles(t) {
		if files[fd] != file {
			t.Errorf("descriptor %s is open: %s", fd, file)
		}
	}
}

// openFiles returns what each open descriptor of this process leads to. Some may be
// gone the next time: the collector closes what other tests have left to it.
func openFiles(t *testing.T) map[string]string {
	t.Helper()
	const dir = "/proc/self/fd"
	fds, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string]string)
	for _, fd := range fds {
		// That of dir itself is closed.
		if file, err := os.Readlink(filepath.Join(dir, fd.Name())); err == nil {
			files[fd.Name()] = file
		}
	}
	return files
}

func TestConfigErrors(t *testing.T) {
	for name, c := range map[string]netlab.Config{
		"no link":         {},
		"small mtu":       {Link: netlab.Veth, MTU: 100},
		"large mtu":       {Link: netlab.Veth, MTU: 1 << 20},
		"queues of veth":  {Link: netlab.Veth, Queues: 2},
		"too many queues": {Link: netlab.TAP, Queues: 100},
		"no relay":        {Link: netlab.Veth, Shape: &netlab.Shape{}},
		"bad shape":       {Link: netlab.Veth, Shape: &netlab.Shape{Loss: 2}, Relay: []string{"/bin/true"}},
		"relay that ends": {Link: netlab.Veth, Shape: &netlab.Shape{}, Relay: []string{"/bin/true"}},
		"missing relay":   {Link: netlab.Veth, Shape: &netlab.Shape{}, Relay: []string{"/nonexistent/relay"}},
	} {
		w, err := netlab.New(t.Context(), c)
		if err == nil {
			w.Close()
			t.Errorf("%s: New succeeded", name)
		}
	}
}
