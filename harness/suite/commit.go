package suite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"unibench/harness/target"
	"unibench/harness/trial"
)

// Commit is the state of the source.
type Commit struct {
	ID        string // full hex digits; "" outside a repository or without git
	Dirty     bool   // there are changes that are not committed, results apart
	DirtyHash string // digest of the changes to tracked files
}

// notResults leaves published results out of the question.
func notResults() []string { return []string{"--", ".", ":(exclude)results"} }

// ReadCommit asks git. A source folder without a repository has no commit, which
// is not an error.
func ReadCommit(ctx context.Context, env *target.Env) (Commit, error) {
	git := func(args ...string) ([]byte, error) {
		return env.Runner.Run(ctx, trial.Command{Args: append([]string{"git"}, args...), Dir: env.Source})
	}
	id, err := git("rev-parse", "HEAD")
	if err != nil {
		return Commit{}, ctx.Err()
	}
	c := Commit{ID: strings.TrimSpace(string(id))}
	status, err := git(append([]string{"status", "--porcelain"}, notResults()...)...)
	if err != nil {
		return c, err
	}
	if len(status) == 0 {
		return c, nil
	}
	c.Dirty = true
	diff, err := git(append([]string{"diff", "HEAD"}, notResults()...)...)
	if err != nil {
		return c, err
	}
	sum := sha256.Sum256(diff)
	c.DirtyHash = hex.EncodeToString(sum[:])
	return c, nil
}
