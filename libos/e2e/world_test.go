package e2e

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The two ends of a world. The guest's hardware address is fixed, for what tests
// send by themselves.
const (
	hostIP, guestIP   = "198.18.0.1", "198.18.0.2"
	hostIP6, guestIP6 = "fd00:198:18::1", "fd00:198:18::2"
	guestMAC          = "02:00:00:00:00:02"
	tapName           = "t0"

	// netFlag is -net for a guest with all of them.
	netFlag = "tap=" + tapName + ",mac=" + guestMAC + ",ip=" + guestIP + "/24,gw=" + hostIP + ",ip6=" + guestIP6 + "/64,dns=" + hostIP
)

// A world is a network namespace with the TAP interface that a unikernel is
// attached to. It goes with the test: nothing holds it but this process's threads
// and descriptors.
type world struct {
	todo  chan func()
	index int // of the TAP interface
}

// worldThreads is how many threads of this process live in a world.
const worldThreads = 4

// newWorld makes a world, or skips the test where this user or host cannot.
func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{todo: make(chan func())}
	opened := make(chan error)
	var ns int
	enter := func(enter func() error) {
		// The threads are in the namespace for good: they end with the goroutines.
		runtime.LockOSThread()
		err := enter()
		opened <- err
		if err != nil {
			return
		}
		for f := range w.todo {
			f()
		}
	}
	go enter(func() (err error) {
		if err = unix.Unshare(unix.CLONE_NEWNET); err == nil {
			ns, err = unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		}
		return err
	})
	if err := <-opened; err != nil {
		t.Skipf("no network namespace of its own for this user: %v", err)
	}
	t.Cleanup(func() { close(w.todo) })
	for range worldThreads - 1 {
		go enter(func() error { return unix.Setns(ns, unix.CLONE_NEWNET) })
		if err := <-opened; err != nil {
			t.Fatalf("enter the namespace: %v", err)
		}
	}
	unix.Close(ns)
	var err error
	w.do(func() { err = w.furnish() })
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) || errors.Is(err, unix.ENODEV) {
		t.Skipf("no TAP: %v", err)
	}
	if err != nil {
		t.Fatalf("make the TAP: %v", err)
	}
	return w
}

// do calls f on a thread in the world. Descriptors that f opens can be used
// anywhere, commands that it starts live in the world.
func (w *world) do(f func()) {
	done := make(chan struct{})
	w.todo <- func() {
		defer close(done)
		f()
	}
	<-done
}

// furnish makes the TAP interface with the host's addresses, and lo.
func (w *world) furnish() error {
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: "/dev/net/tun", Err: err}
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq(tapName)
	if err != nil {
		return err
	}
	req.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI | unix.IFF_VNET_HDR)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); err != nil {
		return err
	}
	// As long as the namespace, not as this descriptor.
	if err := unix.IoctlSetInt(fd, unix.TUNSETPERSIST, 1); err != nil {
		return err
	}
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(socket)
	for _, name := range []string{"lo", tapName} {
		if req, err = unix.NewIfreq(name); err != nil {
			return err
		}
		req.SetUint16(unix.IFF_UP)
		if err := unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, req); err != nil {
			return fmt.Errorf("bring up %s: %w", name, err)
		}
	}
	if err := unix.IoctlIfreq(socket, unix.SIOCGIFINDEX, req); err != nil {
		return err
	}
	w.index = int(req.Uint32())
	return errors.Join(w.address(unix.RTM_NEWADDR, hostIP, 24), w.address(unix.RTM_NEWADDR, hostIP6, 64))
}

// address gives the host's end an address, which is good at once, without duplicate
// address detection, or takes it away: RTM_NEWADDR and RTM_DELADDR of rtnetlink(7).
func (w *world) address(what uint16, address string, bits uint8) error {
	ip, family := net.ParseIP(address), byte(unix.AF_INET6)
	if four := ip.To4(); four != nil {
		ip, family = four, unix.AF_INET
	}
	s, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer unix.Close(s)
	le, attribute := binary.LittleEndian, 4+len(ip)
	b := make([]byte, 0, 128)
	b = le.AppendUint32(b, uint32(unix.SizeofNlMsghdr+unix.SizeofIfAddrmsg+2*attribute))
	b = le.AppendUint16(b, what)
	b = le.AppendUint16(b, unix.NLM_F_REQUEST|unix.NLM_F_ACK|unix.NLM_F_CREATE)
	b = append(b, make([]byte, 8)...)
	b = append(b, family, bits, unix.IFA_F_NODAD, unix.RT_SCOPE_UNIVERSE)
	b = le.AppendUint32(b, uint32(w.index))
	for _, kind := range []uint16{unix.IFA_LOCAL, unix.IFA_ADDRESS} {
		b = le.AppendUint16(b, uint16(attribute))
		b = le.AppendUint16(b, kind)
		b = append(b, ip...)
	}
	if err := unix.Sendto(s, b, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	answer := make([]byte, 1024)
	n, _, err := unix.Recvfrom(s, answer, 0)
	if err == nil && n >= unix.SizeofNlMsghdr+4 {
		if errno := -int32(le.Uint32(answer[unix.SizeofNlMsghdr:])); errno != 0 {
			err = unix.Errno(errno)
		}
	}
	if err != nil {
		return fmt.Errorf("set address %s: %w", address, err)
	}
	return nil
}

// DialContext dials from the world; address must not need to be looked up.
func (w *world) DialContext(ctx context.Context, network, address string) (conn net.Conn, err error) {
	w.do(func() { conn, err = (&net.Dialer{}).DialContext(ctx, network, address) })
	return conn, err
}

// patience is the deadline of a connection for a test: all of them end far sooner.
const patience = 20 * time.Second

// dial connects to the guest; the connection ends with the test.
func (w *world) dial(t testing.TB, network, address string) net.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, err := w.DialContext(ctx, network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// run runs a tool in the world and returns all of its output.
func (w *world) run(t testing.TB, name string, args ...string) (string, error) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%v: scripts/setup test installs it", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	out, err := w.output(exec.CommandContext(ctx, name, args...))
	if err != nil {
		err = fmt.Errorf("%s %q: %w", filepath.Base(name), args, err)
	}
	return out, err
}

// output runs a command in the world.
func (w *world) output(cmd *exec.Cmd) (string, error) {
	var out outputBuffer
	cmd.Stdout, cmd.Stderr = &out, &out
	var err error
	w.do(func() { err = cmd.Start() })
	if err == nil {
		err = cmd.Wait()
	}
	return out.String(), err
}
