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
	terminal bool       // one on which a line can be written over
	columns  func() int // of it, 0 if that is not known
	block    int
	width    int // of the line that stands on the terminal
}

// plainBlocks is the number of blocks between lines that are not on a terminal.
const plainBlocks = 5

func (a *app) newProgress() *progress {
	return &progress{w: a.stderr, terminal: a.terminal && !a.dumb(), columns: a.columns, block: -1}
}

func (p *progress) show(s trial.Progress) {
	left := ""
	if s.Remaining > 0 {
		left = fmt.Sprintf(", %v left", s.Remaining.Round(time.Second))
	}
	if p.terminal {
		line := fmt.Sprintf("[%d/%d] %s on %s%s", s.Done+1, s.All, s.Slot.Benchmark, s.Slot.Target, left)
		// A line that the terminal wraps could not be written over. The last column is
		// left free: some terminals wrap as soon as it is filled.
		if most := p.columns() - 1; most > 0 {
			line, p.width = line[:min(len(line), most)], min(p.width, most)
		}
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
