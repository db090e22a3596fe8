package container

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"unibench/baselines/launch"
	"unibench/baselines/scratch"
)

// Config is one program to be run in containers.
type Config struct {
	Runtime string // path of crun or runc
	Binary  string // path of the static program
	Name    string // of the bundle, unique in the scratch folder: letters, digits, dashes
	Args    []string
	// ProbeArgs make the program end at once with status 0, for the probe
	// of NewBundle; nil means Args.
	ProbeArgs []string
	Stdin     []byte
	CPUs      []int // processors of runtime and program; empty means all

	MemoryBytes int64 // limit of the container's control group; 0 means none

	// Network lets the container keep the network namespace that it is
	// started in, instead of an empty one: for servers, see Bundle.Start.
	Network bool

	// Memory gives the container a file system in memory at /dev/shm, as
	// most have; without, there is one mount less to make.
	Memory bool
}

// Bundle is a program made ready to run. Its files live in the run's scratch
// folder and go with it; Remove deletes them earlier.
type Bundle struct {
	config Config
	dir    string // the bundle
	root   string // the root folder; relative to dir, or absolute
	state  string // the runtime's own files
	group  string // control group, relative to each hierarchy
	next   int

	// UserNamespace says whether containers have a user namespace.
	UserNamespace bool
	// Note says why they have none, or is empty.
	Note string
}

// NewBundle writes the bundle and starts one container from it to see that it
// works here, with a user namespace if that works and else without. The error
// says what failed when neither does.
func NewBundle(ctx context.Context, s *scratch.Scratch, c Config) (*Bundle, error) {
	b := &Bundle{
		config: c,
		dir:    filepath.Join(s.Dir(), c.Name),
		root:   rootName,
		state:  filepath.Join(s.Dir(), c.Name+"-state"),
		group:  filepath.Join(s.Name(), c.Name),
	}
	if err := b.write(); err != nil {
		return nil, errors.Join(err, b.Remove())
	}
	var failed error
	for _, user := range []bool{true, false} {
		probeArgs := c.ProbeArgs
		if probeArgs == nil {
			probeArgs = c.Args
		}
		if err := b.configure(probeArgs, user); err != nil {
			return nil, errors.Join(err, b.Remove())
		}
		err := b.probe(ctx)
		if err == nil {
			err = b.configure(c.Args, user)
		}
		if err == nil {
			b.UserNamespace = user
			if failed != nil {
				b.Note = fmt.Sprintf("no user namespace: %v", failed)
			}
			return b, nil
		}
		if ctx.Err() != nil {
			return nil, errors.Join(err, b.Remove())
		}
		failed = err
	}
	return nil, errors.Join(failed, b.Remove())
}

// Run starts one container and waits for it; see launch.Run. The container is
// gone when Run returns, also after an error.
func (b *Bundle) Run(ctx context.Context) (*launch.Result, error) {
	r, err := b.Start(ctx, StartOptions{})
	if err != nil {
		return nil, err
	}
	return r.Wait()
}

// Running is a container that was started; see launch.Running. Its process is
// the runtime, of which the program is a child and which passes signals on.
type Running struct {
	*launch.Running
	bundle *Bundle
}

// StartOptions say what one start has of its own; both files stay the caller's.
type StartOptions struct {
	// NetNS, if not nil, is the network namespace of the runtime, and of a
	// container that keeps it (Config.Network).
	NetNS *os.File
	// Input, if not nil, is standard input in the place of Config.Stdin.
	Input *os.File
	// Bare is that of launch.Spec.
	Bare bool
}

// Start starts one container. Containers of one bundle run one at a time; see Instance.
func (b *Bundle) Start(ctx context.Context, o StartOptions) (*Running, error) {
	b.next++
	spec := b.spec(fmt.Sprintf("%s-%d", filepath.ToSlash(filepath.Base(b.state)), b.next))
	spec.NetNS, spec.Input, spec.Bare = o.NetNS, o.Input, o.Bare
	r, err := launch.Start(ctx, spec)
	if err != nil {
		return nil, errors.Join(err, b.clean())
	}
	return &Running{r, b}, nil
}

// Wait waits for the end of the runtime. The container is gone when it returns,
// also after an error.
func (r *Running) Wait() (*launch.Result, error) {
	res, err := r.Running.Wait()
	if left := r.bundle.clean(); left != nil {
		err = errors.Join(err, left)
	}
	return res, err
}

// Remove deletes the bundle's files and whatever runs from it.
func (b *Bundle) Remove() error {
	return errors.Join(b.clean(), os.RemoveAll(b.dir), os.RemoveAll(b.state))
}

// clean ends and forgets a container that its runtime did not clean up. After
// an orderly end there is nothing to do.
func (b *Bundle) clean() error {
	left, err := os.ReadDir(b.state)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(left) == 0 {
		return nil
	}
	if err := scratch.KillGroup(b.group); err != nil {
		return fmt.Errorf("end container: %w", err)
	}
	if err := os.RemoveAll(b.state); err != nil {
		return fmt.Errorf("forget container: %w", err)
	}
	return nil
}

func (b *Bundle) spec(id string) launch.Spec {
	return launch.Spec{
		Path: b.config.Runtime,
		Args: []string{filepath.Base(b.config.Runtime), "--root", b.state, "run", "--bundle", b.dir, id},
		// runc looks for its helpers on the path.
		Env:   []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"},
		Stdin: b.config.Stdin,
		CPUs:  b.config.CPUs,
		Setup: hideUnified,
		Kill: func() {
			// clean, after the run, reports what this cannot end.
			_ = scratch.KillGroup(b.group)
		},
	}
}

// Command returns the runtime's command line, for logs.
func (b *Bundle) Command() []string {
	s := b.spec(filepath.Base(b.state) + "-N")
	return append([]string{s.Path}, s.Args[1:]...)
}

func (b *Bundle) write() error {
	for _, d := range []string{"proc", "dev"} {
		if err := os.MkdirAll(filepath.Join(b.dir, rootName, d), folderMode); err != nil {
			return fmt.Errorf("make bundle: %w", err)
		}
	}
	in, err := os.Open(b.config.Binary)
	if err != nil {
		return fmt.Errorf("make bundle: %w", err)
	}
	defer in.Close()
	out, err := os.OpenFile(filepath.Join(b.dir, rootName, appPath), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return fmt.Errorf("make bundle: %w", err)
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("make bundle: copy program: %w", err)
	}
	return nil
}

func (b *Bundle) configure(args []string, userNamespace bool) error {
	j, err := json.MarshalIndent(spec(b.config, args, b.root, b.group, userNamespace), "", "\t")
	if err != nil {
		return fmt.Errorf("make bundle: %w", err)
	}
	if err := os.WriteFile(filepath.Join(b.dir, configName), append(j, '\n'), 0o644); err != nil {
		return fmt.Errorf("make bundle: %w", err)
	}
	return nil
}

// ErrRuntime means that the runtime could not run a container here.
var ErrRuntime = errors.New("container runtime does not work here")

// probe runs one container. The programs of the suites end with status 0, so any
// other is the runtime's, which says why on standard error.
func (b *Bundle) probe(ctx context.Context) error {
	res, err := b.Run(ctx)
	if err != nil {
		return err
	}
	if res.ExitStatus != 0 {
		return fmt.Errorf("%w: %s ended with status %d: %q", ErrRuntime, filepath.Base(b.config.Runtime), res.ExitStatus, tail(res.Stderr))
	}
	return nil
}

// tail returns the last part of a message, to be quoted.
func tail(b []byte) []byte {
	const most = 300
	return b[max(0, len(b)-most):]
}
