package e2e

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestArguments(t *testing.T) {
	table(t, own("stdio"), []row{
		{name: "none", job: way("args"), out: "[]"},
		{name: "odd", job: way("args", "", "a b", "-x", "--", "-mem", "\xff\x00"[:1], "l\u00e4nger", "'", "\n"), out: `"a b" "-x" "--"`},
		{name: "long", job: way("args", strings.Repeat("x", 100_000)), out: "xxx"},
		{name: "environment", job: job{args: []string{"args"}, env: []string{"A=1=2", "EMPTY=", "B= x"}}, out: `"A=1=2"`},
	})
}

func TestStdin(t *testing.T) {
	million := strings.Repeat("0123456789abcdef0123456789abcde\n", 32<<10)
	odd := "one\ntwo\r\n\n" + strings.Repeat("long", 9_000) + "\nlast without end"
	name := filepath.Join(t.TempDir(), "input")
	if err := os.WriteFile(name, []byte(million), 0o666); err != nil {
		t.Fatal(err)
	}
	table(t, own("stdio"), []row{
		{name: "copy pipe", job: job{args: []string{"copy"}, stdin: text(million)}, err: "1048576 "},
		{name: "copy file", job: job{args: []string{"copy"}, stdin: file(t, name)}, err: "1048576 "},
		{name: "copy raw", job: job{args: []string{"raw"}, stdin: text(million[:100_000])}, out: "bad file descriptor"},
		{name: "copy empty", job: job{args: []string{"copy"}, stdin: text("")}, err: "0 e3b0"},
		{name: "copy null", job: way("copy"), err: "0 e3b0"},
		{name: "copy closed", job: job{args: []string{"copy"}, shell: `exec "$@" <&-`}, err: "0 e3b0"},
		{name: "lines", job: job{args: []string{"lines"}, stdin: text(odd)}, err: "5 lines"},
		{name: "words", job: job{args: []string{"words"}, stdin: text("1 2\n3 4 5")}, out: "1 EOF 5 4"},
		{name: "reads at the end", job: job{args: []string{"reads"}, stdin: text("text of 17 bytes")}, out: "EOF\n\"\" EOF\n\"\" EOF"},
		{name: "unread", job: job{args: []string{"args"}, stdin: text("never read")}, out: "[]"},
		{name: "rest is left", job: job{args: []string{"args"}, stdin: file(t, name), shell: `"$@" >/dev/null; head -c 10`}, out: "0123456789"},
		{name: "slow", job: job{args: []string{"deadline"}, with: slowInput}, out: "tick 2\nready\n\"now\" <nil>"},
	})
}

// slowInput keeps the program waiting for input until it says "ready".
func slowInput(cmd *exec.Cmd) func() {
	in, err := cmd.StdinPipe()
	if err != nil {
		panic(err)
	}
	out := cmd.Stdout
	r, w := io.Pipe()
	cmd.Stdout = io.MultiWriter(out, w)
	return func() {
		await(r, "ready")
		_, _ = in.Write([]byte("now"))
		_ = in.Close()
	}
}

// await returns when text came, or the output ended, and discards the rest.
func await(r io.Reader, text string) {
	seen, buf := "", make([]byte, 1000)
	for !strings.Contains(seen, text) {
		n, err := r.Read(buf)
		if err != nil {
			return
		}
		seen += string(buf[:n])
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
}

func TestStdout(t *testing.T) {
	null := `exec "$@" >/dev/null`
	table(t, own("stdio"), []row{
		{name: "10 MB", job: way("big", "10000000")},
		{name: "10 MB, slow reader", job: job{args: []string{"big", "10000000"}, shell: `{ "$@"; echo $? >&2; } | { head -c 100000 | md5sum; sleep 0.2; md5sum; }`}, err: "\n0\n"},
		{name: "null", job: job{args: []string{"big", "1000000"}, shell: null}},
		{name: "full", job: job{args: []string{"big", "10"}, shell: `exec "$@" >/dev/full`}, status: 1, err: "no space left on device"},
		{name: "closed", job: job{args: []string{"big", "10"}, shell: `exec "$@" >&-`}},
		{name: "to head", job: job{args: []string{"endless"}, shell: `{ "$@"; echo status $? >&2; } | head -n 2`}, out: "line 0\nline 1\n", err: "status 141"},
		{name: "stderr closed", job: job{args: []string{"big", "10"}, shell: `exec "$@" 2>&-`}},
		{name: "both to one", job: job{args: []string{"errors"}, shell: `exec "$@" 2>&1`}, out: "file already closed"},
		{job: way("epipe"), out: "true"},
		{job: way("errors"), out: "no such file or directory true"},
	})
}

// TestBusyOutput: output keeps no goroutine from its turn, and a reader that is late
// gets all of it.
func TestBusyOutput(t *testing.T) {
	for _, flags := range []string{"-cpus 1", "-cpus 2"} {
		t.Run(flags, func(t *testing.T) {
			start(t)
			o := on(flags, "chatty").asUnikernel(t, program(t, own("stdio")))
			if o.Status != 0 || o.Stderr != "slept\n" || o.Stdout != strings.Repeat(".", len(o.Stdout)) {
				t.Errorf("status %d, standard error %s, standard output %s", o.Status, head(o.Stderr), head(o.Stdout))
			}
		})
	}
	late := func(flags string) job {
		j := on(flags, "println")
		j.shell = `"$@" 2>&1 | (sleep 0.3; cat)`
		return j
	}
	table(t, own("stdio"), []row{
		{name: "late reader on 1", job: late("-cpus 1"), out: "line 7999\n"},
		{name: "late reader on 2", job: late("-cpus 2"), out: "line 7999\n"},
	})
}

func TestExit(t *testing.T) {
	table(t, own("stdio"), []row{
		{job: way("exitgo"), status: 3, out: "leaving"},
		{job: way("exitbusy"), out: "main returns"},
		{name: "exitbusy on 2", job: on("-cpus 2", "exitbusy"), out: "main returns"},
		{name: "exitbusy on 4", job: on("-cpus 4", "exitbusy"), out: "main returns"},
		{name: "panicbusy on 2", job: on("-cpus 2", "panicbusy"), status: 2, err: "panic beside busy goroutines"},
	})
}

// TestIdle reports what a program costs that only waits.
func TestIdle(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for longer than -short allows")
	}
	start(t)
	j := way("idle")
	j.with = func(cmd *exec.Cmd) func() {
		r, w := io.Pipe()
		cmd.Stdout = io.MultiWriter(cmd.Stdout, w)
		return func() {
			await(r, "ready")
			// What is measured is a span of time: there is nothing to wait for.
			time.Sleep(idleSpan)
			_ = cmd.Process.Kill()
		}
	}
	b := program(t, own("sched"))
	want, got := j.asProcess(t, b), j.asUnikernel(t, b)
	t.Logf("CPU time of start-up and %v idle: process %v, unikernel %v", idleSpan, want.cpu, got.cpu)
	if got.cpu > idleSpan/2 {
		t.Errorf("an idle unikernel used %v of CPU in %v", got.cpu, idleSpan)
	}
	if got.Stdout != "ready\n" {
		t.Error(fmt.Sprint("output is ", got.Stdout))
	}
}

const idleSpan = 2 * time.Second
