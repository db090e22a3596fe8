package main

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestRun(t *testing.T) {
	tests := []struct {
		name   string
		stdin  io.Reader
		args   []string
		status int
		out    string
	}{
		{"ends with its input", strings.NewReader("some\n"), nil, 0, "ready\n"},
		{"help", strings.NewReader(""), []string{"-h"}, 0, ""},
		{"argument", strings.NewReader(""), []string{"x"}, 2, ""},
		{"flag", strings.NewReader(""), []string{"-x"}, 2, ""},
		{"broken input", iotest.ErrReader(io.ErrClosedPipe), nil, 1, "ready\n"},
	}
	for _, tt := range tests {
		var out, errs strings.Builder
		if status := run(tt.stdin, &out, &errs, tt.args); status != tt.status || out.String() != tt.out {
			t.Errorf("%s: status %d, %q; want %d, %q\n%s", tt.name, status, out.String(), tt.status, tt.out, errs.String())
		}
	}
}

// TestStays: an instance is there until its input ends, not before.
func TestStays(t *testing.T) {
	in, feed := io.Pipe()
	said, out := io.Pipe()
	status := make(chan int)
	go func() { status <- run(in, out, io.Discard, nil) }()
	line := make([]byte, 6)
	if _, err := io.ReadFull(said, line); err != nil || string(line) != "ready\n" {
		t.Fatalf("it said %q, %v", line, err)
	}
	if _, err := feed.Write([]byte("x")); err != nil { // read, so it still waits
		t.Fatal(err)
	}
	feed.Close()
	if s := <-status; s != 0 {
		t.Errorf("status %d at the end of its input", s)
	}
}
