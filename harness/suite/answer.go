package suite

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"unibench/harness/stats"
)

// ready is what a program that is led says when a benchmark is calibrated.
type ready struct {
	Name       string  `json:"name"`
	N          int     `json:"n"`       // operations in a batch
	LoopNS     float64 `json:"loop_ns"` // of the loop around one
	Procs      int     `json:"procs"`
	Dir        string  `json:"dir,omitempty"` // of files, if there are any
	FileSystem string  `json:"file_system,omitempty"`
}

// errAnswer means that the program said something that it does not say.
var errAnswer = errors.New("the program's answer makes no sense")

// Bounds of answers.
const (
	maxOps     = 1 << 40
	maxLoopNS  = 1e3
	maxBatchNS = 3600e9
)

func parseReady(text string) (r ready, err error) {
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return r, fmt.Errorf("%w: %w: %.100q", errAnswer, err, text)
	}
	if r.N < 1 || r.N > maxOps || !(r.LoopNS >= 0 && r.LoopNS < maxLoopNS) || r.Procs < 1 {
		return r, fmt.Errorf("%w: %.100q", errAnswer, text)
	}
	return r, nil
}

// parseDone returns the times of n batches.
func parseDone(text string, n int) ([]int64, error) {
	var d struct {
		NS []int64 `json:"ns"`
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return nil, fmt.Errorf("%w: %w: %.100q", errAnswer, err, text)
	}
	if len(d.NS) != n {
		return nil, fmt.Errorf("%w: %d batches, want %d", errAnswer, len(d.NS), n)
	}
	for _, ns := range d.NS {
		if ns < 0 || ns > maxBatchNS {
			return nil, fmt.Errorf("%w: a batch of %d ns", errAnswer, ns)
		}
	}
	return d.NS, nil
}

// operation is the time of one operation, from that quantile of the batches: what
// interrupts the program falls into some of them.
func (r ready) operation(ns []int64, quantile float64) float64 {
	values := make([]float64, len(ns))
	for i, v := range ns {
		values[i] = float64(v)
	}
	return math.Max(0, stats.Quantile(values, quantile)/float64(r.N)-r.LoopNS)
}

// folders says where the files of the targets lay.
type folders struct {
	order []string
	where map[string]string
}

func (f *folders) look(target string, r ready) {
	if r.Dir == "" || f.where[target] != "" {
		return
	}
	if f.where == nil {
		f.where = make(map[string]string)
	}
	f.where[target] = r.Dir + " (" + r.FileSystem + ")"
	f.order = append(f.order, target)
}

// sentences returns one line, or none if there were no files.
func (f *folders) sentences() []string {
	if len(f.order) == 0 {
		return nil
	}
	text := "files in memory lay in"
	for i, t := range f.order {
		if i > 0 {
			text += ","
		}
		text += " " + f.where[t] + " on " + t
	}
	return []string{text}
}
