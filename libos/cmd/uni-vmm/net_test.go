package main

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"unibench/libos/abi"
	"unibench/libos/monitor"
	"unibench/libos/vmm/tap/taptest"
	"unibench/libos/vmm/testguest"
)

// TestNetOptions: what is wrong with -net is said before anything is opened, and
// what is wrong with the interface before anything runs.
func TestNetOptions(t *testing.T) {
	image := file(t, testguest.Image(testguest.Asm(nil).Call(abi.HypercallExit, 0, 0)))
	for _, c := range []struct {
		args []string
		want int
		text string
	}{
		{[]string{"-net", "ip=198.18.0.2/24", image}, statusUsage, "-net: no interface: give tap=NAME or tapfd=N"},
		{[]string{"-net=", image}, statusUsage, "-net: an empty item"},
		{[]string{"-stats-fd", "2", image}, statusUsage, `-stats-fd: "2" is not a descriptor`},
		{[]string{"-net", "tap=unibench-none", image}, statusFailed, "network interface unibench-none: find: no such device; create it first"},
		{[]string{"-net", "tapfd=999", image}, statusFailed, "network interface descriptor 999: inherit: bad file descriptor"},
	} {
		cmd := command(t, c.args...)
		out, err := cmd.CombinedOutput()
		if got := status(err); got != c.want || !strings.HasPrefix(string(out), "uni-vmm: "+c.text) {
			t.Errorf("%q: status %d, %q; want %d with %q", c.args, got, out, c.want, c.text)
		}
	}
}

// TestNetStats: a monitor with a TAP by descriptor answers each request with a
// line of statistics while the guest runs, and goes on when whoever asked is gone.
func TestNetStats(t *testing.T) {
	needKVM(t)
	h := taptest.New(t, 1)
	var fd int
	var err error
	h.Do(func() { fd, err = h.Open(false) })
	if err != nil {
		t.Fatal(err)
	}
	queue := os.NewFile(uintptr(fd), "tap")
	defer queue.Close()
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "ours"), os.NewFile(uintptr(pair[1]), "theirs")
	defer ours.Close()

	image := file(t, testguest.Image(testguest.Asm(nil).
		Call(abi.HypercallWrite, 1, testguest.ROData, 8).
		Call(abi.HypercallWait, math.MaxInt64).
		Call(abi.HypercallExit, 0, 0)))
	cmd := command(t, "-net", "tapfd=3,ip=198.18.0.2/24,gw=198.18.0.1,mtu=1400", "-stats-fd", "4", "-stats", "s.json", image)
	cmd.ExtraFiles = []*os.File{queue, theirs}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	theirs.Close()
	word := make([]byte, 8)
	if _, err := out.Read(word); err != nil || string(word) != "constant" {
		t.Fatalf("guest said %q, %v", word, err)
	}
	lines := bufio.NewScanner(ours)
	var last monitor.Stats
	for range 3 {
		if _, err := ours.Write([]byte{'\n'}); err != nil || !lines.Scan() {
			t.Fatalf("no answer: %v, %v", err, lines.Err())
		}
		var s monitor.Stats
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatalf("%v in %q", err, lines.Bytes())
		}
		if s.Net == nil || s.Exits["write"] != 1 || s.GuestEnd != 0 || s.Time <= last.Time || len(s.Steps) == 0 {
			t.Errorf("statistics %+v", s)
		}
		last = s
	}
	ours.Close()
	cmd.Process.Signal(syscall.SIGUSR1) // an event: the wait is over
	if got := status(cmd.Wait()); got != 0 {
		t.Errorf("status %d", got)
	}
	text, err := os.ReadFile(filepath.Join(cmd.Dir, "s.json"))
	var s monitor.Stats
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil || s.Net == nil || s.GuestEnd == 0 {
		t.Errorf("statistics at the end: %v in\n%s", err, text)
	}
}
