package e2e

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"testing"
	"time"
)

// TestSpike: memory that a program needed for a moment goes back to the host
// although the program goes on working, as on Linux.
func TestSpike(t *testing.T) {
	for _, c := range []struct{ name, cpus, file string }{{"1", "1", ""}, {"2", "2", ""}, {"file on 1", "1", "/tmp/spike"}, {"file on 2", "2", "/tmp/spike"}} {
		t.Run(c.name, func(t *testing.T) {
			start(t)
			b := program(t, own("memory"))
			shared.slots <- struct{}{}
			defer func() { <-shared.slots }()
			const spike = 150
			args := []string{"run", "-mem", "512M", "-cpus", c.cpus, b.image, "--", "spike", fmt.Sprint(spike)}
			if c.file != "" {
				args = append(args, c.file)
			}
			cmd := exec.Command(shared.uni, args...)
			stdin, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			stdout, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			timer := time.AfterFunc(limit, func() { _ = cmd.Process.Kill() })
			defer timer.Stop()
			out := bufio.NewReader(stdout)
			line := func() {
				if _, err := out.ReadString('\n'); err != nil {
					t.Fatalf("the program ended: %v, %v", err, cmd.Wait())
				}
			}
			line()
			peak := residentOf(t, cmd.Process.Pid)
			for peak < spike*mib { // it is still writing to its memory
				time.Sleep(10 * time.Millisecond)
				peak = residentOf(t, cmd.Process.Pid)
			}
			_, _ = io.WriteString(stdin, "\n")
			line()
			now := peak
			for now > peak/2 { // until the time limit
				time.Sleep(50 * time.Millisecond)
				now = residentOf(t, cmd.Process.Pid)
			}
			t.Logf("%d MiB resident at the peak, %d MiB after it", peak/mib, now/mib)
			stdin.Close()
			if err := cmd.Wait(); err != nil {
				t.Errorf("the program: %v", err)
			}
		})
	}
}
