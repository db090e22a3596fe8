package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// until runs a command within this process until it has printed a line, calls visit
// with that line and sends an interrupt.
func (p *place) until(args []string, visit func(line string)) (int, string, string) {
	p.t.Helper()
	var stderr bytes.Buffer
	out := &firstLine{said: make(chan string, 1)}
	a := &app{
		stdout: out, stderr: &stderr, env: os.Environ(), temp: p.temp, lookPath: exec.LookPath,
		rootless: func() (int, bool, error) { return 0, false, nil },
	}
	ended := make(chan int, 1)
	go func() { ended <- a.run(nil, args) }()
	select {
	case line := <-out.said:
		visit(line)
		if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
			p.t.Fatal(err)
		}
	case status := <-ended:
		return status, out.String(), stderr.String()
	}
	select {
	case status := <-ended:
		return status, out.String(), stderr.String()
	case <-time.After(time.Minute):
		p.t.Fatalf("%q did not end at an interrupt", args)
		return 0, "", ""
	}
}

// firstLine is an output that tells about its first line.
type firstLine struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	said chan string
}

func (f *firstLine) Write(b []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := bytes.IndexByte(f.buf.Bytes(), '\n') >= 0
	n, err := f.buf.Write(b)
	if line, _, ok := strings.Cut(f.buf.String(), "\n"); ok && !before {
		f.said <- line
	}
	return n, err
}

func (f *firstLine) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.buf.String()
}

var address = regexp.MustCompile(`http://(127\.0\.0\.1|\[::1\]):[0-9]+/`)

// TestServe: the server says where it is, answers there and nowhere else, and ends
// in order when it is interrupted.
func TestServe(t *testing.T) {
	p := newPlace(t)
	results := filepath.Join(p.out, "results")
	history(0, 1, 0.005).Store(t, results, -1)
	status, stdout, stderr := p.until([]string{"serve", results}, func(line string) {
		url := address.FindString(line)
		if url == "" {
			t.Errorf("no address in %q", line)
			return
		}
		answer, err := http.Get(url)
		if err != nil {
			t.Error(err)
			return
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(string(body), "1 of 1 stored runs") {
			t.Errorf("%s: %s, %v\n%s", url, answer.Status, err, body)
		}
	})
	if status != exitOK || stderr != "" || strings.Count(stdout, "\n") != 1 {
		t.Errorf("status %d, want 0\n%s\n%s", status, stdout, stderr)
	}
	for _, c := range []struct {
		name   string
		args   []string
		status int
		stderr string
	}{
		{"all addresses", []string{"-addr", ":0", results}, 2, "can be reached from other hosts"},
		{"another", []string{"-addr", "192.0.2.1:80", results}, 2, "-allow-remote"},
		{"a name", []string{"-addr", "example.com:80", results}, 2, "can be reached from other hosts"},
		{"no address", []string{"-addr", "8080", results}, 2, "is no address"},
		{"not ours", []string{"-allow-remote", "-addr", "192.0.2.1:1", results}, 1, "name another address"},
		{"two", []string{results, results}, 2, "one folder"},
		{"none", []string{filepath.Join(p.out, "none")}, 4, "not a folder with runs"},
	} {
		status, stdout, stderr := p.ask(append([]string{"serve"}, c.args...)...)
		if status != c.status || stdout != "" || !strings.Contains(stderr, c.stderr) {
			t.Errorf("%s: status %d, want %d\n%s\n%s", c.name, status, c.status, stdout, stderr)
		}
	}
}
