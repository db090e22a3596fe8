package record

import "strings"

// BaselineSuffix marks the target that runs the other build, in a run that compares
// two builds in one session: unikernel@baseline beside unikernel.
const BaselineSuffix = "@baseline"

// SplitArm returns the name of a target without what says whose build it runs.
func SplitArm(target string) (name string, baseline bool) {
	return strings.CutSuffix(target, BaselineSuffix)
}

// Kinds of Baseline.
const (
	BaselineRevision = "revision" // of this repository, built for the run
	BaselineTools    = "tools"    // a folder of uni and uni-vmm, with the workloads of this source
	BaselineSame     = "same"     // the same build once more: an A/A run
)

// Baseline says what the other build of a run is. The digests of both are among the
// run's artefacts.
type Baseline struct {
	Kind   string `json:"kind"`
	Commit string `json:"commit,omitempty"` // of a revision, full hex digits
}

// Apart reports whether the run belongs in no history. One that compares two builds, be
// it of bench selftest, is built with other flags than others are (no paths, another
// link layout), may hold a slowdown that was planted, and answers for itself.
func (r *Run) Apart() bool { return r.Baseline != nil || r.Planted != nil }

// String names the baseline for a reader.
func (b *Baseline) String() string {
	switch b.Kind {
	case BaselineRevision:
		return "baseline " + ShortCommit(b.Commit, false)
	case BaselineSame:
		return "the same build"
	}
	return "baseline tools"
}

// Planted is a slowdown that was put into a run on purpose, to see whether it is
// found. Such a run is no result.
type Planted struct {
	Target string  `json:"target"`
	Share  float64 `json:"share"` // 0.05 for 5 %
	Where  string  `json:"where"` // in words
}
