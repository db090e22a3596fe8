package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"unibench/baselines/launch"
	"unibench/harness/loadgen"
	"unibench/harness/netlab"
)

// resultLimit is the most that a generator may write: a result with its
// histograms is some hundred kilobytes.
const resultLimit = 64 << 20

// generator is a running load generator, on its side of a world, on the
// processors of the harness. It follows the line protocol of package loadgen.
type generator struct {
	running *launch.Running
	input   *os.File
	config  loadgen.Config
}

// startGenerator starts the generator, which tries to reach the server until it
// answers. finish must be called.
func (s *Session) startGenerator(ctx context.Context, w *netlab.World, c loadgen.Config) (*generator, error) {
	config, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("configure load generator: %w", err)
	}
	in, to, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start load generator: %w", err)
	}
	defer in.Close()
	env := s.plan.env
	r, err := w.Start(ctx, netlab.Generator, launch.Spec{
		Path: env.Generator[0], Args: env.Generator, Env: env.Runner.Env, Input: in,
		CPUs: s.plan.Config.Placement.Bench, OutputLimit: resultLimit,
	})
	if err != nil {
		to.Close()
		return nil, err
	}
	g := &generator{running: r, input: to, config: c}
	if _, err := to.Write(append(config, '\n')); err != nil {
		return nil, errors.Join(fmt.Errorf("configure load generator: %w", err), g.kill())
	}
	return g, nil
}

// await waits for a line of the protocol. A generator that says "error" or ends
// instead is an error.
func (g *generator) await(ctx context.Context, line string) error {
	if _, err := g.running.Line(ctx, line); err != nil {
		return fmt.Errorf("load generator: %w", err)
	}
	return nil
}

// resume lets a waiting generator go on.
func (g *generator) resume() error {
	if _, err := g.input.WriteString("go\n"); err != nil {
		return fmt.Errorf("load generator: %w", err)
	}
	return nil
}

// finish waits for the result.
func (g *generator) finish() (*loadgen.Result, error) {
	g.input.Close()
	res, err := g.running.Wait()
	if err != nil {
		return nil, fmt.Errorf("load generator: %w", err)
	}
	return parseResult(res.Stdout, res.Stderr)
}

// fail ends a generator whose line did not come and returns the reason: what it
// says itself if it ended, else err.
func (g *generator) fail(err error) error {
	if !errors.Is(err, launch.ErrEnded) {
		return errors.Join(err, g.kill())
	}
	r, ferr := g.finish()
	if ferr != nil {
		return ferr
	}
	if _, jerr := judge(r); jerr != nil {
		return jerr
	}
	return err
}

// kill ends a generator whose result does not matter.
func (g *generator) kill() error {
	g.input.Close()
	g.running.Kill()
	_, err := g.running.Wait()
	return err
}
