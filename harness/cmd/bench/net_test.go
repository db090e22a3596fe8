package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"unibench/baselines/counters"
	"unibench/harness/netlab"
	"unibench/harness/record"
)

// needNetworks skips where no networks can be built.
func needNetworks(t *testing.T) {
	t.Helper()
	w, err := netlab.New(t.Context(), netlab.Config{Link: netlab.Veth})
	if errors.Is(err, netlab.ErrNotAllowed) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestNet runs a little of suite net on the process and looks at what it stores.
func TestNet(t *testing.T) {
	needNetworks(t)
	p := newPlace(t)
	status, stdout, stderr := p.do("run", "-suite", "net", "-targets", "process", "-run", "^(UDPRoundTrip|StreamDown|HTTPColdStart)$",
		"-count", "1", "-duration", "50ms", "-force", "-out", "$OUT")
	if status != exitOK {
		t.Fatalf("status %d:\n%s", status, stderr)
	}
	for _, want := range []string{"UDPRoundTrip", "goodput-B/s *", "boot-serve-ns *", "first-200", "no copied-B/op"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the table has no %q:\n%s", want, stdout)
		}
	}
	d := load(t, p.run())
	for _, trial := range d.Trials {
		if trial.Status != record.Complete {
			t.Errorf("%s: %s: %s", trial.Benchmark, trial.Status, trial.Error)
		}
	}
	for _, name := range []string{
		"plots/net-udproundtrip-latency-percentiles.png", "plots/net-udproundtrip-latency-ecdf.svg",
		"hist/udproundtrip/process/t000.hlog", "raw/session0/observations.jsonl",
	} {
		if st, err := os.Stat(filepath.Join(p.run(), filepath.FromSlash(name))); err != nil || st.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	bench, err := os.ReadFile(filepath.Join(p.run(), "net.bench"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Unit req/s better=higher", "BenchmarkUDPRoundTrip/target=process/load=closed/conns=1-1", "BenchmarkHTTPColdStart/target=process-1",
	} {
		if !bytes.Contains(bench, []byte(want)) {
			t.Errorf("net.bench has no %q:\n%s", want, bench)
		}
	}
}

// TestNetKilled kills bench while a server is under load, in a network namespace or in a
// virtual machine on a TAP interface. All of it ends with bench, and the next run finds
// and removes what had a name.
func TestNetKilled(t *testing.T) {
	needNetworks(t)
	t.Run("process", func(t *testing.T) { netKilled(t, newPlace(t), "process", "httpd ") })
	t.Run("unikernel", func(t *testing.T) {
		needUnikernels(t)
		p := newPlace(t)
		p.tools(t)
		netKilled(t, p, "unikernel", filepath.Join(filepath.Dir(p.exe), "uni-vmm")+" ")
	})
}

// netKilled does so with a target whose server has a command line that begins with start.
func netKilled(t *testing.T, p *place, target, start string) {
	args := []string{"run", "-suite", "net", "-targets", target, "-run", "^HTTPKeepAlive$", "-duration", "50ms", "-force", "-out", "$OUT"}
	cmd := p.command(append(args, "-count", "2000")...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	server, generator := underLoad(t, cmd.Process.Pid, start)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	for name, fd := range map[string]int{"server": server, "generator": generator} {
		poll := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}
		if n, err := unix.Poll(poll, 5000); n != 1 {
			t.Errorf("the %s outlived bench: %v", name, err)
		}
		unix.Close(fd)
	}
	left, _ := filepath.Glob(filepath.Join(p.temp, "unibench-*-*"))
	if len(left) != 1 {
		t.Fatalf("left by kill -9: %v, so this test shows nothing", left)
	}
	name := filepath.Base(left[0])

	if err := os.RemoveAll(filepath.Join(p.out, "net")); err != nil {
		t.Fatal(err)
	}
	status, _, stderr := p.do(append(args, "-count", "1")...)
	if status != exitOK || !strings.Contains(stderr, "removed what a killed run had left: "+name) {
		t.Errorf("the next run: status %d:\n%s", status, stderr)
	}
	if groups, _ := filepath.Glob("/sys/fs/cgroup/*/" + name); len(groups) > 0 {
		t.Errorf("control groups left: %v", groups)
	}
	for _, pid := range processes(t) {
		if line := commandLine(pid); strings.Contains(line, p.temp) || p.exe != "" && strings.Contains(line, filepath.Dir(p.exe)) {
			t.Errorf("process %d is left: %s", pid, line)
		}
	}
}

// underLoad waits until bench has a server, whose command line begins with start, and a
// generator and returns descriptors of both.
func underLoad(t *testing.T, bench int, start string) (server, generator int) {
	t.Helper()
	for deadline := time.Now().Add(scriptTimeout); time.Now().Before(deadline); {
		tree, err := counters.Tree(bench)
		if err != nil {
			t.Fatal(err)
		}
		server, generator = 0, 0
		for _, pid := range tree {
			switch line := commandLine(pid); {
			case strings.HasSuffix(line, " "+generatorCommand):
				generator = pid
			case strings.HasPrefix(line, start):
				server = pid
			}
		}
		if server == 0 || generator == 0 {
			continue
		}
		s, err1 := unix.PidfdOpen(server, 0)
		g, err2 := unix.PidfdOpen(generator, 0)
		if err1 == nil && err2 == nil {
			return s, g
		}
		if err := errors.Join(err1, err2); !errors.Is(err, syscall.ESRCH) {
			t.Fatal(err)
		}
	}
	t.Fatal("bench never had a server under load")
	return 0, 0
}

func processes(t *testing.T) []int {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	var out []int
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil {
			out = append(out, pid)
		}
	}
	return out
}

// commandLine is that of a process, "" if it has ended.
func commandLine(pid int) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(strings.ReplaceAll(string(b), "\x00", " "), " ")
}
