// Package process is the plainest baseline: the static Linux binary, started by
// fork and execve with an environment of HOME=/ alone, as in the container.
//
// The program shares the host's kernel, file system and network, has no memory
// limit, and is held to the processors of the trial by its affinity alone. There
// is nothing to prepare and nothing to clean up beyond what package launch does.
package process

import (
	"context"
	"path/filepath"
	"time"

	"unibench/baselines/launch"
)

// Config is one run of a binary.
type Config struct {
	Binary string // path of the program
	Args   []string
	Stdin  []byte
	CPUs   []int // processors that it may use; empty means all

	Delay time.Duration // planted; see launch.Spec
}

// Spec returns what is started.
func (c Config) Spec() launch.Spec {
	return launch.Spec{
		Path:  c.Binary,
		Args:  append([]string{filepath.Base(c.Binary)}, c.Args...),
		Env:   []string{"HOME=/"},
		Stdin: c.Stdin,
		CPUs:  c.CPUs,
		Delay: c.Delay,
	}
}

// Run starts the program and waits for it; see launch.Run.
func Run(ctx context.Context, c Config) (*launch.Result, error) {
	return launch.Run(ctx, c.Spec())
}
