// Package baseline provides the other build of a run that compares two: a revision of
// this repository, or a folder with tools that were built before.
//
//	Find  says what a word of the command line means
//	Make  provides that build in the scratch folder
//
// A revision is unpacked with an index of its own, so nothing is registered in the
// repository that a killed run could leave behind, and neither its working tree nor
// its index is touched. Its tools build its own workloads. A folder of tools builds the
// workloads of this source: then the library OS and the monitor differ alone.
package baseline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"unibench/harness/record"
	"unibench/harness/target"
	"unibench/harness/trial"
)

// Tools are the programs that a folder of tools has.
func Tools() []string { return []string{"uni", "uni-vmm"} }

// ErrUnknown means that a word is neither a revision nor a folder of tools.
var ErrUnknown = errors.New("no such baseline")

// Choice is what was chosen as a baseline.
type Choice struct {
	Record record.Baseline
	folder string // of tools
}

// Same is the build of env itself, for A/A runs.
func Same(env *target.Env) *Choice {
	return &Choice{Record: record.Baseline{Kind: record.BaselineSame}, folder: env.Tools}
}

// Find looks for a folder called word first and then for a revision.
func Find(ctx context.Context, env *target.Env, word string) (*Choice, error) {
	st, err := os.Stat(word)
	switch {
	case err == nil && !st.IsDir():
		return nil, fmt.Errorf("%w: %s is a file: name the folder that holds %s", ErrUnknown, word, strings.Join(Tools(), " and "))
	case err == nil && hasTools(word):
		dir, err := filepath.Abs(word)
		if err != nil {
			return nil, fmt.Errorf("find baseline: %w", err)
		}
		return &Choice{Record: record.Baseline{Kind: record.BaselineTools}, folder: dir}, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: %w", ErrUnknown, err)
	}
	commit, gitErr := revision(ctx, env, word)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case gitErr == nil:
		return &Choice{Record: record.Baseline{Kind: record.BaselineRevision, Commit: commit}}, nil
	case err == nil:
		return nil, fmt.Errorf("%w: the folder %s has no %s: build them there", ErrUnknown, word, strings.Join(Tools(), " and "))
	}
	return nil, fmt.Errorf("%w: %q is neither a revision of this repository nor a folder with %s", ErrUnknown, word, strings.Join(Tools(), " and "))
}

func hasTools(dir string) bool {
	for _, name := range Tools() {
		if st, err := os.Stat(filepath.Join(dir, name)); err != nil || !st.Mode().IsRegular() {
			return false
		}
	}
	return true
}

func revision(ctx context.Context, env *target.Env, word string) (string, error) {
	if word == "" || strings.HasPrefix(word, "-") {
		return "", ErrUnknown
	}
	out, err := env.Runner.Run(ctx, trial.Command{
		Args: []string{"git", "rev-parse", "--verify", "--quiet", "--end-of-options", word + "^{commit}"}, Dir: env.Source,
	})
	return strings.TrimSpace(string(out)), err
}

// Make provides the build below the scratch folder of env; without tools, only the
// source of its workloads.
func (c *Choice) Make(ctx context.Context, env *target.Env, tools bool) (target.Build, error) {
	if c.Record.Kind != record.BaselineRevision {
		return target.Build{Source: env.Source, Tools: c.folder}, nil
	}
	dir := filepath.Join(env.Scratch.Dir(), "baseline")
	b := target.Build{Source: filepath.Join(dir, "source"), Tools: filepath.Join(dir, "tools")}
	for _, d := range []string{b.Source, b.Tools} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return b, fmt.Errorf("make folder of the baseline: %w", err)
		}
	}
	index := []string{"GIT_INDEX_FILE=" + filepath.Join(dir, "index")}
	steps := []trial.Command{
		{Args: []string{"git", "read-tree", c.Record.Commit}, Dir: env.Source, Env: index},
		{Args: []string{"git", "checkout-index", "--all", "--prefix=" + b.Source + "/"}, Dir: env.Source, Env: index},
		{
			Log: "build-baseline-tools", Dir: b.Source, Env: []string{"CGO_ENABLED=0", "GOWORK=off"},
			Args: []string{"go", "build", "-buildvcs=false", "-trimpath", "-o", b.Tools + "/", "./libos/cmd/uni", "./libos/cmd/uni-vmm"},
		},
	}
	if !tools {
		steps = steps[:2]
	}
	for _, step := range steps {
		if _, err := env.Runner.Run(ctx, step); err != nil {
			return b, fmt.Errorf("build baseline %.12s: %w", c.Record.Commit, err)
		}
	}
	return b, nil
}
