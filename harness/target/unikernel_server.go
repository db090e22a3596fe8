package target

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"unibench/baselines/launch"
	"unibench/harness/netlab"
	"unibench/libos/monitor"
)

// Descriptors of the monitor: its TAP and the socket on which it is asked for
// statistics, which comes first where there is no TAP.
const (
	fdTAP      = 3
	fdStats    = 4
	fdLedStats = 3
)

// answerTime is how long the monitor may take to answer; it needs microseconds.
const answerTime = 2 * time.Second

// serverFlags are the monitor's flags for a server.
func serverFlags() []string {
	return append(statsFlags(fdStats),
		"-net", fmt.Sprintf("tapfd=%d,ip=%s,ip6=%s,mac=%s", fdTAP, netlab.SUT.Prefix4(), netlab.SUT.Prefix6(), netlab.SUTMAC()),
	)
}

// statsFlags let the monitor be asked for statistics on a descriptor.
func statsFlags(fd int) []string { return []string{"-stats-fd", fmt.Sprint(fd)} }

// Link implements Program.
func (p *unikernelProgram) Link() netlab.LinkKind { return netlab.TAP }

// Serve gives the monitor the TAP of the world. The guest has netlab.SUTMAC.
func (p *unikernelProgram) Serve(ctx context.Context, w *netlab.World) (*Server, error) {
	if n := len(w.TAP()); n != 1 {
		return nil, fmt.Errorf("the network has %d queues, want 1", n)
	}
	return p.start(ctx, launch.Spec{Args: p.command(serverFlags()...), Files: []*os.File{w.TAP()[0]}})
}

// Lead gives the monitor, and so the guest, the input.
func (p *unikernelProgram) Lead(ctx context.Context, input *os.File) (*Server, error) {
	return p.start(ctx, launch.Spec{Args: p.command(statsFlags(fdLedStats)...), Input: input})
}

// Crowd starts monitors that write no report, which would be one file.
func (p *unikernelProgram) Crowd(n int) ([]Start, error) {
	return repeated(n, func(ctx context.Context, input *os.File) (*Server, error) {
		r, err := launch.Start(ctx, launch.Spec{
			Path: p.vmm, Args: p.plain(), Env: []string{environment}, Input: input, CPUs: p.env.Processors(p.workload), Bare: true,
		})
		if err != nil {
			return nil, err
		}
		return &Server{running: r}, nil
	}), nil
}

// start starts the monitor as spec says, with the socket for statistics behind the
// files that it gets.
func (p *unikernelProgram) start(ctx context.Context, spec launch.Spec) (*Server, error) {
	if err := p.forget(); err != nil {
		return nil, err
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("connect to the monitor: %w", err)
	}
	mine, theirs := os.NewFile(uintptr(pair[0]), "statistics"), os.NewFile(uintptr(pair[1]), "statistics")
	defer theirs.Close()
	spec.Path, spec.Env, spec.CPUs = p.vmm, []string{environment}, p.env.Processors(p.workload)
	spec.Files = append(spec.Files, theirs)
	r, err := launch.Start(ctx, spec)
	if err != nil {
		mine.Close()
		return nil, err
	}
	answers := bufio.NewReader(mine)
	return &Server{
		running: r,
		monitor: func() (*monitor.Stats, error) { return askStats(mine, answers) },
		finish: func(o *Observation) (err error) {
			mine.Close()
			o.Monitor, err = readStats(p.stats)
			return err
		},
	}, nil
}

// askStats asks the monitor for its statistics of the moment.
func askStats(f *os.File, answers *bufio.Reader) (*monitor.Stats, error) {
	fail := func(err error) (*monitor.Stats, error) {
		return nil, fmt.Errorf("ask the monitor for statistics: %w", err)
	}
	if err := f.SetDeadline(time.Now().Add(answerTime)); err != nil {
		return fail(err)
	}
	if _, err := f.Write([]byte{1}); err != nil {
		return fail(err)
	}
	line, err := answers.ReadBytes('\n')
	if err != nil {
		return fail(err)
	}
	var s monitor.Stats
	if err := json.Unmarshal(line, &s); err != nil {
		return fail(err)
	}
	return &s, checkVersion(&s)
}
