package scratch_test

import (
	"bufio"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"unibench/baselines/scratch"
)

// TestMemoryGroup adds a program that then needs more than its limit.
func TestMemoryGroup(t *testing.T) {
	s, err := scratch.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	g, err := s.NewMemoryGroup("limited", 16<<20)
	if errors.Is(err, scratch.ErrNoMemoryGroups) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	// tail keeps all of its endless line.
	cmd := exec.Command("sh", "-c", "read go; grep memory: /proc/self/cgroup; exec tail /dev/zero")
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
	if err := g.Add(cmd.Process.Pid); err != nil {
		t.Error(err)
	}
	if _, err := in.Write([]byte("go\n")); err != nil {
		t.Error(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if want := "/" + s.Name() + "/limited\n"; err != nil || !strings.HasSuffix(line, want) {
		t.Errorf("control group %q, %v; want one that ends in %q", line, err, want)
	}
	var ended *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &ended) {
		t.Errorf("a program that needs all memory ended with %v, want it killed", err)
	}
	if err := g.Add(cmd.Process.Pid); err == nil {
		t.Error("a process that has ended was added")
	}
}
