package loadgen

import (
	"fmt"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// How the tools are compared: rounds of one run each, taking turns. The servers do
// some work for each request, so that they are the limit and not the tools, which
// need not be equally fast. What is compared is the number of requests for each
// second of the server's CPU time, since other programs may run on its processor.
const (
	checkRounds = 3
	checkTime   = 500 * time.Millisecond
	// checkTolerance is what the tools may differ by beside the spread of their
	// own runs: the server's batches depend on how fast the tool comes back.
	checkTolerance = 0.15
)

// run is the number of answers that a tool counted, and its rate.
type run struct{ requests, rate float64 }

// crossCheck compares two tools under the same load of the same server, which is
// the process pid.
func crossCheck(t *testing.T, pid int, other string, ours, theirs func() run) {
	t.Helper()
	perCPU := func(f func() run) (float64, float64) {
		before := processTime(t, pid)
		r := f()
		return r.requests / float64(processTime(t, pid)-before) * 1e9, r.rate
	}
	var a, b, rateA, rateB []float64
	for range checkRounds {
		v, rate := perCPU(ours)
		a, rateA = append(a, v), append(rateA, rate)
		v, rate = perCPU(theirs)
		b, rateB = append(b, v), append(rateB, rate)
	}
	middle := func(v []float64) float64 {
		v = slices.Sorted(slices.Values(v))
		return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
	}
	spread := func(v []float64) float64 { return (slices.Max(v) - slices.Min(v)) / middle(v) }
	t.Logf("requests/s: loadgen %.0f, %s %.0f", rateA, other, rateB)
	ratio, tolerance := middle(a)/middle(b), checkTolerance+spread(a)+spread(b)
	t.Logf("requests for a second of the server's CPU: loadgen %.0f, %s %.0f: ratio %.3f, tolerance %.2f", a, other, b, ratio, tolerance)
	if ratio > 1+tolerance || ratio < 1/(1+tolerance) {
		t.Errorf("loadgen and %s disagree: ratio %.3f, want 1 within %.2f", other, ratio, tolerance)
	}
}

// processTime is the CPU time of a process in nanoseconds.
func processTime(t *testing.T, pid int) int64 {
	t.Helper()
	var ts unix.Timespec
	// The clock of a process: clock_getcpuclockid(3).
	if err := unix.ClockGettime(int32(^pid<<3|2), &ts); err != nil {
		t.Fatal(err)
	}
	return ts.Nano()
}

// places are how to start the server and the tool so that they do not share a
// processor, if there are two.
func places(t *testing.T) (server, tool func(name string, args ...string) *exec.Cmd) {
	t.Helper()
	on := func(cpu string) func(name string, args ...string) *exec.Cmd {
		return func(name string, args ...string) *exec.Cmd {
			return exec.Command("taskset", append([]string{"-c", cpu, name}, args...)...)
		}
	}
	if _, err := exec.LookPath("taskset"); err != nil || runtime.NumCPU() < 2 {
		t.Skipf("needs taskset and two processors, to keep the server and the tools apart: %d processors, %v", runtime.NumCPU(), err)
	}
	return on("0"), on("1")
}

func tool(t *testing.T, name string) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes some seconds of the whole machine")
	}
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed: %v", name, err)
	}
}

// outputOf runs a command and returns the numbers in its output that re finds.
func outputOf(t *testing.T, cmd *exec.Cmd, re *regexp.Regexp) (numbers []float64) {
	t.Helper()
	out, err := cmd.CombinedOutput()
	m := re.FindStringSubmatch(string(out))
	if err != nil || m == nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	for _, text := range m[1:] {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	return numbers
}

// ownRun is a closed loop of the generator in a process of its own.
func ownRun(t *testing.T, cmd *exec.Cmd, c Config) run {
	t.Helper()
	c.Mode, c.Duration = Closed, Duration(checkTime)
	c.Limits = Limits{CPU: 10}
	r := runHelper(t, cmd, c)
	if len(r.Trials) != 1 || r.Status != "C" {
		t.Fatalf("%s: %s", r.Status, r.Reason)
	}
	return run{float64(r.Trials[0].Requests), r.Trials[0].Rate}
}

func TestAgainstWrk(t *testing.T) {
	tool(t, "wrk")
	server, client := places(t)
	helper := helperBinary(t)
	addr, pid := startHelper(t, server(helper), "nethttp")
	re := regexp.MustCompile(`(?s)(\d+) requests in .*Requests/sec:\s+([0-9.]+)`)
	hello := helloBody
	const conns = 32
	crossCheck(t, pid, "wrk",
		func() run {
			return ownRun(t, client(helper), Config{Protocol: HTTP, Addr: addr, Conns: conns, HTTP: &HTTPConfig{Path: "/work", Body: &hello}})
		},
		func() run {
			// wrk counts in seconds, at least one.
			n := outputOf(t, client("wrk", "-t1", fmt.Sprintf("-c%d", conns), "-d1s", "http://"+addr+"/work"), re)
			return run{n[0], n[1]}
		})
}

func TestAgainstRedisBenchmark(t *testing.T) {
	tool(t, "redis-benchmark")
	server, client := places(t)
	helper := helperBinary(t)
	addr, pid := startHelper(t, server(helper), "resp")
	port := addr[len("127.0.0.1:"):]
	re := regexp.MustCompile(`"(?:GET|SET)","([0-9.]+)"`)
	for _, test := range []struct {
		command    string
		get, depth int
	}{{"get", 100, 1}, {"set", 0, 16}} {
		t.Run(fmt.Sprintf("%s/depth=%d", test.command, test.depth), func(t *testing.T) {
			crossCheck(t, pid, "redis-benchmark",
				func() run {
					return ownRun(t, client(helper), Config{Protocol: RESP, Addr: addr, Conns: 32, Depth: test.depth, RESP: &RESPConfig{Keys: 1, ValueBytes: 3, GetPercent: test.get}})
				},
				func() run {
					requests := 15000 * (1 + test.depth/16)
					n := outputOf(t, client("redis-benchmark", "--csv", "-p", port, "-c", "32", "-P", strconv.Itoa(test.depth), "-t", test.command, "-n", strconv.Itoa(requests)), re)
					return run{float64(requests), n[0]}
				})
		})
	}
}
