package main

import (
	"fmt"
	"io"
	"time"

	"unibench/harness/trial"
)

// progress reports to standard error: one line that is written over on a
// terminal, else a line for every few blocks. While a trial runs it is silent.
type progress struct {
	w        io.Writer
	terminal bool
	block    int
	width    int // of the line that stands on the terminal
}

// plainBlocks is the number of blocks between lines that are not on a terminal.
const plainBlocks = 5

func newProgress(w io.Writer, terminal bool) *progress {
	return &progress{w: w, terminal: terminal, block: -1}
}

func (p *progress) show(s trial.Progress) {
	left := ""
	if s.Remaining > 0 {
		left = fmt.Sprintf(", %v left", s.Remaining.Round(time.Second))
	}
	if p.terminal {
		line := fmt.Sprintf("[%d/%d] %s on %s%s", s.Done+1, s.All, s.Slot.Benchmark, s.Slot.Target, left)
		fmt.Fprintf(p.w, "\r%-*s", p.width, line)
		p.width = len(line)
		return
	}
	if s.Slot.Block != p.block {
		if p.block = s.Slot.Block; p.block%plainBlocks == 0 || s.Done == 0 {
			fmt.Fprintf(p.w, "bench: block %d, %d of %d trials done%s\n", p.block, s.Done, s.All, left)
		}
	}
}

// end leaves the terminal's line empty.
func (p *progress) end() {
	if p.terminal && p.width > 0 {
		fmt.Fprintf(p.w, "\r%*s\r", p.width, "")
		p.width = 0
	}
}
