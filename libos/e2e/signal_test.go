package e2e

import (
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// sending is a job whose program gets signals: each when the text beside it
// appeared on standard output.
func sending(flags, arg string, steps ...any) job {
	j := on(flags, arg)
	j.with = func(cmd *exec.Cmd) func() {
		r, w := io.Pipe()
		cmd.Stdout = io.MultiWriter(cmd.Stdout, w)
		if _, err := cmd.StdinPipe(); err != nil { // nothing comes, and no end either
			panic(err)
		}
		return func() {
			buf, seen := make([]byte, 1000), ""
			for i := 0; i < len(steps); i += 2 {
				for text := steps[i].(string); !strings.Contains(seen, text); {
					n, err := r.Read(buf)
					if err != nil {
						return
					}
					seen += string(buf[:n])
				}
				seen = ""
				_ = cmd.Process.Signal(steps[i+1].(syscall.Signal))
			}
			go func() { _, _ = io.Copy(io.Discard, r) }()
		}
	}
	return j
}

func TestSignals(t *testing.T) {
	const (
		hup, interrupt, quit   = syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT
		usr1, usr2, terminated = syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGTERM
	)
	notify := []any{"ready", usr1, "user defined signal 1", hup, "hangup", usr2, "user defined signal 2", terminated}
	// A signal that kills a Go program with a dump: the registers in it, and
	// where the goroutines are, are not the same twice.
	dump := func(j job) job {
		j.trim = func(s string) string { return strings.SplitN(s, "\n", 2)[0] }
		return j
	}
	table(t, own("signals"), []row{
		{name: "notify", job: sending("", "notify", notify...), status: 5, out: "hangup\nuser defined signal 2\nterminated\n"},
		{name: "notify on 2", job: sending("-cpus 2", "notify", notify...), status: 5, out: "hangup\nuser defined signal 2\nterminated\n"},
		{name: "context", job: sending("", "context", "ready", interrupt), out: "context canceled"},
		{name: "beside input", job: sending("", "stdin", "ready", usr1), out: "user defined signal 1"},
		{name: "default SIGTERM", job: sending("", "default", "ready", terminated), status: 143},
		{name: "default SIGINT", job: sending("", "default", "ready", interrupt), status: 130},
		{name: "default SIGHUP", job: sending("", "default", "ready", hup), status: 129},
		{name: "default SIGUSR1", job: sending("", "deaf", "ready", usr1), out: "survived"},
		{name: "default SIGQUIT", job: dump(sending("", "default", "ready", quit)), status: 2, err: "SIGQUIT: quit"},
		{name: "busy SIGTERM", job: sending("", "busy", "ready", terminated), status: 143},
		{name: "busy SIGTERM on 2", job: sending("-cpus 2", "busy", "ready", terminated), status: 143},
		{job: way("self"), out: "terminated\n<nil>\n<nil>\nuser defined signal 1\nsurvived\n"},
		{job: way("selfterm"), status: 143},
		{job: dump(way("abort")), status: 2, err: "SIGABRT: abort"},
		{job: dump(way("segv")), status: 2, err: "SIGSEGV: segmentation violation"},
	})
}

// TestSecondInterrupt: a program that ignores the first is ended by the second,
// which is a promise of uni run that no process gives.
func TestSecondInterrupt(t *testing.T) {
	start(t)
	j := sending("", "ignore", "ready", syscall.SIGINT, "", syscall.SIGUSR1, "ready again", syscall.SIGINT)
	o := j.asUnikernel(t, program(t, own("signals")))
	if o.Status != 130 || o.Stdout != "true false\nready\nuser defined signal 1\nready again\n" {
		t.Errorf("uni run = %+v, want status 130 after the second SIGINT", o)
	}
}

// TestBlockedOutput: a signal comes, and ends the program or is handled by it, in
// the middle of a write that nobody reads.
func TestBlockedOutput(t *testing.T) {
	stuck := func(flags string, args ...string) job {
		j := on(flags, args...)
		j.with = func(cmd *exec.Cmd) func() {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			cmd.Stdout = w
			t.Cleanup(func() { _ = r.Close() })
			return func() {
				_ = w.Close()
				_, _ = r.Read(make([]byte, 1)) // far less than one write
				_ = cmd.Process.Signal(syscall.SIGTERM)
			}
		}
		return j
	}
	table(t, own("stdio"), []row{
		{name: "1 vCPU", job: stuck("-cpus 1", "big", "1000000"), status: 143},
		{name: "2 vCPUs", job: stuck("-cpus 2", "big", "1000000"), status: 143},
		{name: "handled on 1", job: stuck("-cpus 1", "blocked"), status: 7, err: "handled\n"},
		{name: "handled on 2", job: stuck("-cpus 2", "blocked"), status: 7, err: "handled\n"},
	})
}
