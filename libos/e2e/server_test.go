package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"unibench/libos/monitor"
)

// A server is a unikernel that serves in a world.
type server struct {
	*world
	t     testing.TB
	cmd   *exec.Cmd
	out   outputBuffer // what it wrote
	stats string       // file
	ended chan error
	over  bool
}

// A plan is how to start a server.
type plan struct {
	net   string   // what follows -net; netFlag by default
	flags []string // of uni run
	args  []string
	ready string // part of its output that says that it serves; by default "listening on "
}

// serve starts b as a server in a world of its own and waits until it serves. The
// test ends it by stop, or else by its own end.
func (p plan) serve(t testing.TB, b *build) *server {
	t.Helper()
	return p.serveIn(t, newWorld(t), b)
}

// serveIn is serve in a world that is there.
func (p plan) serveIn(t testing.TB, w *world, b *build) *server {
	t.Helper()
	if p.net == "" {
		p.net = netFlag
	}
	if p.ready == "" {
		p.ready = "listening on "
	}
	shared.slots <- struct{}{}
	s := &server{world: w, t: t, stats: filepath.Join(t.TempDir(), "stats.json"), ended: make(chan error, 1)}
	args := append([]string{"run", "-net", p.net, "-stats", s.stats}, p.flags...)
	s.cmd = exec.Command(shared.uni, append(append(args, b.image, "--"), p.args...)...)
	s.out.want, s.out.seen = p.ready, make(chan struct{})
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.out
	// The world's threads live as long as the test. So the server ends with this
	// process, too, even if that is killed.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var err error
	w.do(func() { err = s.cmd.Start() })
	if err == nil {
		go func() { s.ended <- s.cmd.Wait() }()
	}
	t.Cleanup(func() {
		if err == nil && !s.over {
			s.cmd.Process.Kill()
			<-s.ended
			if t.Failed() {
				t.Logf("the server wrote:\n%s", head(s.out.String()))
			}
		}
		<-shared.slots
	})
	if err != nil {
		t.Fatalf("start the server: %v", err)
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-s.out.seen:
	case err := <-s.ended:
		s.over = true
		t.Fatalf("the server ended: %v\n%s", err, head(s.out.String()))
	case <-timer.C:
		t.Fatalf("the server did not say %q in %v\n%s", p.ready, limit, head(s.out.String()))
	}
	return s
}

// stop ends the server by SIGTERM and returns its statistics. Its exit status has
// to be 0.
func (s *server) stop() monitor.Stats {
	s.t.Helper()
	st, status := s.end()
	if status != 0 {
		s.t.Errorf("the server's exit status is %d, want 0\n%s", status, head(s.out.String()))
	}
	return st
}

// end is stop for any exit status.
func (s *server) end() (st monitor.Stats, status int) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatalf("end the server: %v\n%s", err, head(s.out.String()))
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-s.ended:
		s.over = true
	case <-timer.C:
		s.t.Fatalf("the server did not end in %v\n%s", limit, head(s.out.String()))
	}
	text, err := os.ReadFile(s.stats)
	if err == nil {
		err = json.Unmarshal(text, &st)
	}
	if err != nil {
		s.t.Fatalf("read the statistics: %v", err)
	}
	return st, s.cmd.ProcessState.ExitCode()
}

// resident returns the bytes that the server's monitor has in memory.
func (s *server) resident() int64 {
	s.t.Helper()
	return residentOf(s.t, s.cmd.Process.Pid)
}

// residentOf returns the bytes that a monitor has in memory, the guest's included
// (proc_pid_status(5), VmRSS: what is shared with the host's caches, too).
func residentOf(t testing.TB, pid int) int64 {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(text, []byte("VmRSS:"))
	line, _, _ := bytes.Cut(rest, []byte(" kB"))
	kib, err := strconv.ParseInt(strings.TrimSpace(string(line)), 10, 64)
	if err != nil {
		t.Fatalf("the resident memory of process %d: %v", pid, err)
	}
	return kib << 10
}

// cpu returns the processor time that the server has used (proc_pid_stat(5)), in
// steps of 10 ms.
func (s *server) cpu() time.Duration {
	s.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(text, []byte(") "))
	f := bytes.Fields(rest)
	user, err1 := strconv.Atoi(string(f[11]))
	system, err2 := strconv.Atoi(string(f[12]))
	if err1 != nil || err2 != nil {
		s.t.Fatalf("the server's CPU time: %v, %v", err1, err2)
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

// outputBuffer collects what a program writes and tells when it wrote a word.
type outputBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
	want string
	seen chan struct{} // closed then; nil: nobody waits
	told bool
}

func (o *outputBuffer) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.text.Write(b)
	if o.seen != nil && !o.told && strings.Contains(o.text.String(), o.want) {
		o.told = true
		close(o.seen)
	}
	return len(b), nil
}

func (o *outputBuffer) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
