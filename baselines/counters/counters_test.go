package counters

import (
	"errors"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"unibench/baselines/taskstats"
)

func TestParseIO(t *testing.T) {
	in, out, err := parseIO([]byte("rchar: 323934931\nwchar: 323929600\nsyscr: 1\nread_bytes: 0\n"))
	if err != nil || in != 323934931 || out != 323929600 {
		t.Errorf("parseIO = %d, %d, %v", in, out, err)
	}
	for _, bad := range []string{"", "rchar: 1\n", "rchar: x\nwchar: 1\n", "rchar\n"} {
		if in, out, err := parseIO([]byte(bad)); err == nil {
			t.Errorf("parseIO(%q) = %d, %d, want an error", bad, in, out)
		}
	}
}

func TestParseStat(t *testing.T) {
	got, err := parseStat([]byte("cpu  1 2 3 4 5 6 7 8 9 10\ncpu0 1 1 1 1 1 1 1 1 1 1\n"))
	want := Busy{Total: 190 * time.Millisecond, IRQ: 60 * time.Millisecond, SoftIRQ: 70 * time.Millisecond, Stolen: 80 * time.Millisecond}
	if err != nil || got != want {
		t.Errorf("parseStat = %+v, %v; want %+v", got, err, want)
	}
	for _, bad := range []string{"", "cpu 1 2 3\n", "intr 1 2 3 4 5 6 7 8 9\n", "cpu 1 2 x 4 5 6 7 8 9\n"} {
		if got, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("parseStat(%q) = %+v, want an error", bad, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("rchar: 1\nwchar: 2\n"))
	f.Add([]byte("cpu  1 2 3 4 5 6 7 8 9 10\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		parseIO(b)
		parseStat(b)
	})
}

func TestMachine(t *testing.T) {
	before, err := Machine()
	if err != nil {
		t.Fatal(err)
	}
	for start := time.Now(); time.Since(start) < 100*time.Millisecond; {
	}
	after, err := Machine()
	if err != nil {
		t.Fatal(err)
	}
	if d := after.Sub(before); d.Total < 50*time.Millisecond {
		t.Errorf("busy for %+v in a busy loop of 100 ms", d)
	}
}

// pair starts a shell with a child that copies its input to its output, and
// returns a function that sends n bytes through it one by one.
func pair(t *testing.T) (*exec.Cmd, func(n int)) {
	t.Helper()
	cmd := exec.Command("sh", "-c", "dd bs=1 2>/dev/null; true")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	send := func(n int) {
		b := []byte{'x'}
		for range n {
			if _, err := in.Write(b); err != nil {
				t.Fatal(err)
			}
			if _, err := out.Read(b); err != nil {
				t.Fatal(err)
			}
		}
	}
	send(1) // the child runs
	return cmd, send
}

func TestTree(t *testing.T) {
	cmd, _ := pair(t)
	got, err := Tree(cmd.Process.Pid)
	if err != nil || len(got) != 2 || got[0] != cmd.Process.Pid {
		t.Errorf("Tree(%d) = %v, %v; want it and one child", cmd.Process.Pid, got, err)
	}
	if own, err := Tree(os.Getpid()); err != nil || !slices.Contains(own, got[1]) {
		t.Errorf("Tree of this process = %v, %v; want %d among them", own, err, got[1])
	}
	if _, err := Tree(1 << 22); err == nil {
		t.Error("Tree of no process: want an error")
	}
}

func TestRead(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("counters of other processes need root")
	}
	tasks, err := taskstats.Open()
	if err != nil {
		t.Skip(err)
	}
	defer tasks.Close()
	cmd, send := pair(t)
	pids, err := Tree(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	const rounds = 1000
	before, err := Read(tasks, pids)
	if err != nil {
		t.Fatal(err)
	}
	send(rounds)
	after, err := Read(tasks, pids)
	if err != nil {
		t.Fatal(err)
	}
	d := after.Sub(before)
	if d.Bytes != nil || d.ReadBytes != rounds || d.WrittenBytes != rounds {
		t.Errorf("bytes = %d in, %d out, %v; want %d each", d.ReadBytes, d.WrittenBytes, d.Bytes, rounds)
	}
	if d.Switches != nil || d.Voluntary < 1 || d.CPU <= 0 {
		t.Errorf("reading = %+v, want time and switches", d)
	}
	if _, err := Read(tasks, []int{1 << 22}); !errors.Is(err, unix.ESRCH) {
		t.Errorf("Read of no process = %v, want ESRCH", err)
	}
}

func TestCountCalls(t *testing.T) {
	cmd, send := pair(t)
	pids, err := Tree(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	c, err := CountCalls(pids)
	if err != nil {
		t.Skip(err)
	}
	defer c.Close()
	const rounds = 1000
	send(rounds)
	got, err := c.Read()
	// A read and a write each, and the read that waits now.
	if err != nil || got < 2*rounds-2 || got > 2*rounds+2 {
		t.Errorf("%d calls, %v; want %d", got, err, 2*rounds)
	}
	if _, err := CountCalls([]int{1 << 22}); err == nil {
		t.Error("CountCalls of no process: want an error")
	}
}
