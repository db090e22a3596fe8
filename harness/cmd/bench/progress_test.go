package main

import (
	"bytes"
	"testing"
	"time"

	"unibench/harness/record"
	"unibench/harness/trial"
)

func TestProgress(t *testing.T) {
	long := trial.Progress{Slot: record.Slot{Benchmark: "HelloFmt", Target: "container"}, All: 20, Remaining: 90 * time.Second}
	short := trial.Progress{Slot: record.Slot{Benchmark: "Hello", Target: "process"}, Done: 1, All: 20}
	tests := []struct {
		name     string
		terminal bool
		term     string
		columns  int
		want     string
	}{
		// A shorter line covers the one before; the end leaves none.
		{"terminal", true, "xterm", 80, "\r[1/20] HelloFmt on container, 1m30s left" +
			"\r[2/20] Hello on process                 " + "\r                       \r"},
		{"narrow terminal", true, "", 17, "\r[1/20] HelloFmt " + "\r[2/20] Hello on " + "\r                \r"},
		{"terminal of unknown width", true, "", 0, "\r[1/20] HelloFmt on container, 1m30s left" +
			"\r[2/20] Hello on process                 " + "\r                       \r"},
		{"plain", false, "xterm", 0, "bench: block 0, 0 of 20 trials done, 1m30s left\n"},
		{"dumb terminal", true, "dumb", 80, "bench: block 0, 0 of 20 trials done, 1m30s left\n"},
	}
	for _, tt := range tests {
		var b bytes.Buffer
		a := &app{stderr: &b, terminal: tt.terminal, env: []string{"TERM=" + tt.term}, columns: func() int { return tt.columns }}
		p := a.newProgress()
		p.show(long)
		p.show(short)
		p.end()
		if b.String() != tt.want {
			t.Errorf("%s: progress = %q, want %q", tt.name, b.String(), tt.want)
		}
	}
}
