package suite

import (
	"errors"
	"fmt"
	"time"

	"unibench/baselines/counters"
	"unibench/baselines/taskstats"
	"unibench/harness/loadgen"
	"unibench/harness/target"
	"unibench/libos/monitor"
)

// sampler reads the counters of one server, its generator and the machine.
type sampler struct {
	tasks  *taskstats.Client // nil if there are none
	server *target.Server
	pids   []int // of the server
	gen    int   // process of the generator
}

// sample is what all counters said at one moment.
type sample struct {
	server  counters.Reading
	gen     counters.Reading
	machine counters.Busy
	monitor *monitor.Stats // nil on targets without one
}

func newSampler(server *target.Server) *sampler {
	s := &sampler{server: server}
	if c, err := taskstats.Open(); err == nil {
		s.tasks = c // else Read says what is missing
	}
	return s
}

// look finds the processes of the server, which must have answered: what is
// started later is not counted.
func (s *sampler) look() (err error) {
	s.pids, err = s.server.Processes()
	return err
}

func (s *sampler) close() {
	if s.tasks != nil {
		s.tasks.Close()
	}
}

func (s *sampler) take() (sample, error) {
	var p sample
	var err error
	if p.server, err = counters.Read(s.tasks, s.pids); err != nil {
		return p, fmt.Errorf("server: %w", err)
	}
	if p.gen, err = counters.Read(s.tasks, []int{s.gen}); err != nil {
		return p, fmt.Errorf("load generator: %w", err)
	}
	if p.machine, err = counters.Machine(); err != nil {
		return p, err
	}
	if s.server.HasMonitor() {
		p.monitor, err = s.server.Monitor()
	}
	return p, err
}

// measured is one period with what was counted in it.
type measured struct {
	trial         loadgen.Trial
	before, after sample
}

// streamOp is how many bytes of a stream count as one operation.
const streamOp = 64 << 10

// ops is the number of operations of a period.
func ops(protocol loadgen.Protocol, t *loadgen.Trial) float64 {
	if protocol == loadgen.Stream {
		return float64(t.BytesIn+t.BytesOut) / streamOp
	}
	return float64(t.Requests)
}

// costs returns what one operation of the period cost, and which costs are not
// known and why.
func (m *measured) costs(protocol loadgen.Protocol) (values map[string]float64, gaps map[string]string) {
	n := ops(protocol, &m.trial)
	values, gaps = make(map[string]float64), make(map[string]string)
	put := func(unit string, total float64, err error) {
		if err != nil {
			gaps[unit] = err.Error()
			return
		}
		values[unit] = total / n
	}
	d := m.after.server.Sub(m.before.server)
	if d.CPU <= 0 {
		// Never real: the wrong processes were looked at.
		for _, u := range []string{"cpu-ns/op", "ctxsw/op", "copied-B/op"} {
			gaps[u] = "the processes that were looked at did nothing"
		}
		return values, gaps
	}
	put("cpu-ns/op", float64(d.CPU), nil)
	put("machine-cpu-ns/op", float64(m.after.machine.Sub(m.before.machine).Total), nil)
	put("gen-cpu-ns/op", float64(m.after.gen.Sub(m.before.gen).CPU), nil)
	put("ctxsw/op", float64(d.Voluntary+d.Involuntary), d.Switches)
	if m.before.monitor == nil {
		put("vmexits/op", 0, nil)
		put("kicks/op", 0, nil)
		put("link-copied-B/op", 0, nil)
		err := d.Bytes
		if protocol == loadgen.UDPEcho {
			err = errNoDatagrams
		}
		put("copied-B/op", float64(d.ReadBytes+d.WrittenBytes), err)
		return values, gaps
	}
	a, b := m.after.monitor, m.before.monitor
	put("vmexits/op", float64(a.VMExits-b.VMExits), nil)
	var err error
	var x, y monitor.NetStats
	if a.Net == nil || b.Net == nil {
		err = errNoDevice
	} else {
		x, y = *a.Net, *b.Net
	}
	put("kicks/op", float64(x.GuestNotified-y.GuestNotified), err)
	put("copied-B/op", float64(x.GuestCopiedIn+x.GuestCopiedOut-y.GuestCopiedIn-y.GuestCopiedOut), err)
	put("link-copied-B/op", float64(x.RxBytes+x.TxBytes+x.Copied-y.RxBytes-y.TxBytes-y.Copied), err)
	return values, gaps
}

// Reasons of gaps.
var (
	errNoDatagrams = errors.New("the kernel counts bytes of read and write, not those of recvfrom and sendto")
	errNoDevice    = errors.New("the monitor reported no network device")
)

// busy is the share of a number of processors that the server used.
func (m *measured) busy(cpus int) float64 {
	d := m.after.server.Sub(m.before.server)
	return float64(d.CPU) / float64(time.Duration(m.trial.EndNS-m.trial.StartNS)) / float64(cpus)
}
