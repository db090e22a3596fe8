package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestBenchmarks does every operation a few times.
func TestBenchmarks(t *testing.T) {
	for _, b := range benchmarks() {
		t.Run(b.name, func(t *testing.T) {
			m, err := prepare(b.name, time.Millisecond, 2)
			if errors.Is(err, errNoMemory) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			ns, err := m.run(2)
			if err != nil || len(ns) != 2 || m.N < 1 || m.LoopNS < 0 {
				t.Errorf("run = %v, %v with %d operations, loop of %v ns", ns, err, m.N, m.LoopNS)
			}
			dir := m.Dir
			m.end()
			if left, _ := filepath.Glob(filepath.Join(dir, "micro-*")); dir != "" && len(left) != 0 {
				for _, name := range left {
					if strings.HasSuffix(name, itoa(os.Getpid())) {
						t.Errorf("%s was left", name)
					}
				}
			}
		})
	}
}

func itoa(n int) string {
	b, _ := json.Marshal(n)
	return "-" + string(b)
}

// TestConversation leads the program as the harness does.
func TestConversation(t *testing.T) {
	var out, errs strings.Builder
	if status := run(strings.NewReader("bench Null 1ms 3\nrun 1 0\nrun 2 3\nage Request 5\n"), &out, &errs, nil); status != 0 {
		t.Fatalf("status %d: %s", status, errs.String())
	}
	lines := strings.Split(out.String(), "\n")
	var m measured
	if rest, ok := strings.CutPrefix(lines[0], "ready "); !ok || json.Unmarshal([]byte(rest), &m) != nil || m.Name != "Null" || m.N < 1 {
		t.Errorf("first answer %q", lines[0])
	}
	if lines[1] != `done 1 {"ns":[]}` {
		t.Errorf("answer to an empty period: %q", lines[1])
	}
	var d done
	if lines[3] != `aged {"n":5}` {
		t.Errorf("answer to age: %q", lines[3])
	}
	if rest, ok := strings.CutPrefix(lines[2], "done 2 "); !ok || json.Unmarshal([]byte(rest), &d) != nil || len(d.NS) != 3 {
		t.Errorf("answer to a period: %q", lines[2])
	}
}

func TestBadLines(t *testing.T) {
	for _, line := range []string{"", "run 1 1", "bench Nothing 1ms 1", "bench Null 1 1", "bench Null -1ms 1", "bench Null 1ms 0", "bench Null 1ms", "age Nothing 1", "age Null 0", "age Null", "stop"} {
		var out strings.Builder
		if err := converse(bufio.NewScanner(strings.NewReader(line+"\n")), &out, 0); err == nil {
			t.Errorf("line %q: no error, answer %q", line, out.String())
		}
	}
}

func TestArguments(t *testing.T) {
	tests := []struct {
		args   []string
		status int
		out    string
	}{
		{[]string{"-h"}, 0, ""},
		{[]string{"-list"}, 0, "OpenCloseStat"},
		{[]string{"-bench", "SHA256", "-time", "1ms", "-batches", "2"}, 0, "ns/op"},
		{[]string{"-bench", "Nothing"}, 1, ""},
		{[]string{"-bench", "Null", "-batches", "0"}, 1, ""},
		{[]string{"more"}, 2, ""},
	}
	for _, tt := range tests {
		var out, errs strings.Builder
		if status := run(strings.NewReader(""), &out, &errs, tt.args); status != tt.status || !strings.Contains(out.String(), tt.out) {
			t.Errorf("micro %v = %d, %q, %q; want status %d and %q", tt.args, status, out.String(), errs.String(), tt.status, tt.out)
		}
	}
}

// TestCalibrate uses an operation of known length, by a clock of its own.
func TestCalibrate(t *testing.T) {
	calls := 0
	n, err := calibrate(func(n int) (time.Duration, error) {
		calls++
		time.Sleep(time.Duration(n) * time.Millisecond)
		return 0, nil
	}, 20*time.Millisecond)
	// A sleep may be longer than asked for, never shorter.
	if err != nil || n < 1 || n > 20 || calls > 20 {
		t.Errorf("calibrate = %d, %v after %d calls; want 1 to 20 operations", n, err, calls)
	}
	failed := errors.New("failed")
	if _, err := calibrate(func(int) (time.Duration, error) { return 0, failed }, time.Millisecond); !errors.Is(err, failed) {
		t.Errorf("calibrate of what fails = %v", err)
	}
}

// TestSlow: a planted slowdown is part of each batch.
func TestSlow(t *testing.T) {
	m := &measured{N: 1, slow: 0.5, op: func(int) (time.Duration, error) { return 2 * time.Millisecond, nil }}
	ns, err := m.run(3)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range ns {
		if n < 3e6 {
			t.Errorf("a batch of 2 ms made slower by half took %d ns", n)
		}
	}
	m.slow = 0
	if ns, _ := m.run(1); ns[0] != 2e6 {
		t.Errorf("a batch of 2 ms took %d ns", ns[0])
	}
	var out strings.Builder
	if status := run(strings.NewReader(""), &out, &out, []string{"-slow", "-1"}); status != 2 {
		t.Errorf("-slow -1: status %d, want 2", status)
	}
}
