package e2e

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestHang: SIGQUIT makes a program that hangs say where.
func TestHang(t *testing.T) {
	for _, c := range []struct {
		name  string
		job   job
		env   string
		want  []string
		count int // of main.spin, at least
	}{
		{"loops on 1", sending("-cpus 1", "loops", "ready", syscall.SIGQUIT), "", []string{`^SIGQUIT: quit\n`, `goroutine \d+ .*\[running\]:\n`, `main\.spin\(\)\n\t.*main\.go:\d+`, `\nrip +0x`}, 1},
		{"loops on 2", sending("-cpus 2", "loops", "ready", syscall.SIGQUIT), "", []string{`^SIGQUIT: quit\n`, `main\.spin\(\)\n\t.*main\.go:\d+`, `\nrip +0x`}, 1},
		{"loops on 2, all", sending("-cpus 2", "loops", "ready", syscall.SIGQUIT), "GOTRACEBACK=crash", []string{`^SIGQUIT: quit\n`, `main\.spin\(\)\n\t.*main\.go:\d+`, `main\.spin\(\)\n\t.*main\.go:\d+`}, 2},
		{"waiting on 1", sending("-cpus 1", "stuck", "ready", syscall.SIGQUIT), "", []string{`^SIGQUIT: quit\n`, `goroutine \d+ .*\[select\]:\n`, `main\.stuck\(\)`}, 0},
		{"waiting on 2", sending("-cpus 2", "stuck", "ready", syscall.SIGQUIT), "", []string{`^SIGQUIT: quit\n`, `goroutine \d+ .*\[chan receive\]:\n`, `main\.receive\(`}, 0},
		{"waiting for a lock", sending("-cpus 2", "stuck", "ready", syscall.SIGQUIT), "", []string{`goroutine \d+ .*\[sync\.Mutex\.Lock\]:\n`, `sync\.\(\*Mutex\)\.Lock`}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			start(t)
			b := program(t, own("signals"))
			status := 2
			if c.env != "" {
				c.job.env = append(c.job.env, c.env)
				status = 134 // crash: it aborts
			}
			o := c.job.asUnikernel(t, b)
			if o.Status != status || strings.Count(o.Stderr, "main.spin()") < c.count {
				t.Errorf("status %d, want %d; standard error:\n%s", o.Status, status, head(o.Stderr))
			}
			inOrder(t, "standard error", o.Stderr, c.want)
		})
	}
}

// quitTwice is a job that gets SIGQUIT until it ends.
func quitTwice(flags, arg string) job {
	j := sending(flags, arg, "ready", syscall.SIGQUIT)
	quit := j.with
	j.with = func(cmd *exec.Cmd) func() {
		first := quit(cmd)
		return func() {
			first()
			go func() {
				// The kernel makes one of two that come at once, and a third would
				// end the monitor while it writes.
				again := time.NewTicker(300 * time.Millisecond)
				defer again.Stop()
				for range again.C {
					if cmd.Process.Signal(syscall.SIGQUIT) != nil {
						return // waited for
					}
				}
			}()
		}
	}
	return j
}

// TestSecondQuit: one that does not react is ended by the second SIGQUIT, and its
// core shows what it was doing.
func TestSecondQuit(t *testing.T) {
	start(t)
	b := program(t, own("signals"))
	j := quitTwice("-cpus 2", "deafloops")
	path := withCore(t, &j)
	o := j.asUnikernel(t, b)
	if o.Status != 131 || o.Stdout != "ready\n" {
		t.Fatalf("%+v, want status 131", o)
	}
	inOrder(t, "standard error", o.Stderr, []string{
		`^vCPU 0 in the program, thread \d+:\n  rip 0`, `\n  [0-9a-f]{16} main\.spin\+0x`,
		`\nvCPU 1 in the program, thread \d+:\n  rip 0`, `\n  [0-9a-f]{16} main\.spin\+0x`,
	})
	gdb, err := exec.LookPath("gdb")
	if err != nil {
		t.Skip(err)
	}
	text := debug(t, gdb, "-nx", "-batch", "-ex", "set width 0", "-ex", "bt", "-ex", "thread 2", "-ex", "bt", b.image, path)
	inOrder(t, "gdb", text, []string{`signal SIGQUIT`, `#0 .*main\.spin .*main\.go:\d+`, `#0 .*main\.spin .*main\.go:\d+`})
}
