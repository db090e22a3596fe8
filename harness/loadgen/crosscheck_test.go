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
)

// How the tools are compared: rounds of one run each, taking turns, so that what
// else happens on the machine meets both. The servers do some work for each
// request, so that they are the limit and not the tools, which need not be equally
// fast.
const (
	checkRounds = 3
	checkTime   = 500 * time.Millisecond
	// checkTolerance is what the tools may differ by beside the spread of their
	// own runs: the server's batches depend on how fast the tool comes back.
	checkTolerance = 0.15
	// busySpread is the spread of one tool's own runs beyond which nothing can be
	// compared.
	busySpread = 0.6
)

// crossCheck compares the rates of two tools under the same load of the same
// server.
func crossCheck(t *testing.T, other string, ours, theirs func() float64) {
	t.Helper()
	var a, b []float64
	for range checkRounds {
		a, b = append(a, ours()), append(b, theirs())
	}
	slices.Sort(a)
	slices.Sort(b)
	middle := func(v []float64) float64 { return (v[(len(v)-1)/2] + v[len(v)/2]) / 2 }
	spread := func(v []float64) float64 { return (v[len(v)-1] - v[0]) / middle(v) }
	ratio, tolerance := middle(a)/middle(b), checkTolerance+spread(a)+spread(b)
	t.Logf("loadgen %.0f requests/s (%.0f to %.0f), %s %.0f (%.0f to %.0f): ratio %.3f, tolerance %.2f",
		middle(a), a[0], a[len(a)-1], other, middle(b), b[0], b[len(b)-1], ratio, tolerance)
	if spread(a) > busySpread || spread(b) > busySpread {
		t.Skipf("the machine is too busy to compare: runs of the same tool differ by up to %.0f %%", 100*max(spread(a), spread(b)))
	}
	if ratio > 1+tolerance || ratio < 1/(1+tolerance) {
		t.Errorf("loadgen and %s disagree: ratio %.3f, want 1 within %.2f", other, ratio, tolerance)
	}
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

// rateOf runs a command and returns the number in its output that re finds.
func rateOf(t *testing.T, cmd *exec.Cmd, re *regexp.Regexp) float64 {
	t.Helper()
	out, err := cmd.CombinedOutput()
	m := re.FindSubmatch(out)
	if err != nil || m == nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	rate, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return rate
}

// ownRate is the rate of a closed loop of the generator in a process of its own.
func ownRate(t *testing.T, cmd *exec.Cmd, c Config) float64 {
	t.Helper()
	c.Mode, c.Duration, c.Warmup = Closed, Duration(checkTime), Duration(checkTime/10)
	c.Limits = Limits{CPU: 10}
	r := runHelper(t, cmd, c)
	if len(r.Trials) != 1 || r.Status != "C" {
		t.Fatalf("%s: %s", r.Status, r.Reason)
	}
	return r.Trials[0].Rate
}

func TestAgainstWrk(t *testing.T) {
	tool(t, "wrk")
	server, client := places(t)
	helper := helperBinary(t)
	addr := startHelper(t, server(helper), "nethttp")
	re := regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)
	hello := helloBody
	const conns = 32
	crossCheck(t, "wrk",
		func() float64 {
			return ownRate(t, client(helper), Config{Protocol: HTTP, Addr: addr, Conns: conns, HTTP: &HTTPConfig{Path: "/work", Body: &hello}})
		},
		func() float64 {
			// wrk counts in seconds, at least one.
			return rateOf(t, client("wrk", "-t1", fmt.Sprintf("-c%d", conns), "-d1s", "http://"+addr+"/work"), re)
		})
}

func TestAgainstRedisBenchmark(t *testing.T) {
	tool(t, "redis-benchmark")
	server, client := places(t)
	helper := helperBinary(t)
	addr := startHelper(t, server(helper), "resp")
	port := addr[len("127.0.0.1:"):]
	re := regexp.MustCompile(`"(?:GET|SET)","([0-9.]+)"`)
	for _, test := range []struct {
		command    string
		get, depth int
	}{{"get", 100, 1}, {"set", 0, 16}} {
		t.Run(fmt.Sprintf("%s/depth=%d", test.command, test.depth), func(t *testing.T) {
			crossCheck(t, "redis-benchmark",
				func() float64 {
					return ownRate(t, client(helper), Config{Protocol: RESP, Addr: addr, Conns: 32, Depth: test.depth, RESP: &RESPConfig{Keys: 1, ValueBytes: 3, GetPercent: test.get}})
				},
				func() float64 {
					requests := strconv.Itoa(15000 * (1 + test.depth/8))
					return rateOf(t, client("redis-benchmark", "--csv", "-p", port, "-c", "32", "-P", strconv.Itoa(test.depth), "-t", test.command, "-n", requests), re)
				})
		})
	}
}
