package monitor

import (
	"errors"
	"os"
	"os/signal"
	"runtime"
	"sync/atomic"
	"syscall"

	"unibench/libos/monitor/netspec"
	"unibench/libos/vmm"
)

// Config is one run of an image. Run confines the process, so what is needed
// afterwards has to be open before.
type Config struct {
	Image    string      // path of the image file
	Name     string      // argv[0] of the program
	Memory   int64       // bytes of RAM
	VCPUs    int         //
	Args     []string    // arguments after the program's name
	Env      []string    // KEY=VALUE
	Initrd   vmm.Archive // the root file system (package initrd), or nil
	Mapped   string      // path of an archive below Initrd, mapped; or empty
	Dir      string      // working directory of the program; empty for the root
	Outputs  []string    // paths of the output files, made empty
	Hostname string
	Cache    string        // folder for what is kept from run to run; empty for none
	Net      *netspec.Spec // the network device, or nil
	Requests int           // descriptor on which statistics are asked for (serveStats), or 0
	Core     int           // descriptor of an empty file for an ELF core of the guest, or 0
	Trace    int           // descriptor on which system calls are written (package systrace), or 0
	// Start is when the monitor's main began, as Stats.MonitorStart.
	Start int64
}

// Result is how the run ended, with its statistics.
type Result struct {
	vmm.Exit
	Stats Stats
	// Dump says what each vCPU was doing, if the guest did not end by itself.
	Dump []byte
	// CoreErr is why there is no core, or an incomplete one; TraceErr is why the
	// trace ends early.
	CoreErr, TraceErr error
}

// Run runs the image to its end. The standard descriptors of this process are
// those of the program, and SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1 and
// SIGUSR2 are passed on to it; a second SIGINT, SIGTERM or SIGQUIT ends the VM,
// and Run returns vmm.ErrStopped and SIGINT or SIGQUIT. Run is called once in a
// process.
//
// A core is written if a signal or a fatal error ended the program, if the guest
// broke, and after a second SIGQUIT.
func Run(cfg Config) (Result, error) {
	var r Result
	r.Stats = Stats{
		Version: StatsVersion, MonitorStart: cfg.Start,
		MemoryBytes: uint64(cfg.Memory), VCPUs: cfg.VCPUs,
	}
	fd, err := syscall.Open(cfg.Image, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return r, &os.PathError{Op: "open image", Path: cfg.Image, Err: err}
	}
	defer syscall.Close(fd)
	if cfg.VCPUs > 1 || cfg.Net != nil {
		// A thread in KVM_RUN keeps its P until sysmon takes it away, which can
		// take 10 ms. With a P for each, and for what serves them, no vCPU that
		// leaves the guest waits for another one to do so.
		runtime.GOMAXPROCS(max(cfg.VCPUs+2, runtime.NumCPU()))
	}
	con := &console{now: monotonic}
	if con.outputs, err = openOutputs(cfg.Outputs); err != nil {
		return r, err
	}
	step := func(name string) {
		r.Stats.Steps = append(r.Stats.Steps, Step{name, monotonic()})
	}
	vc := vmm.Config{
		Image: fd, Memory: cfg.Memory, VCPUs: cfg.VCPUs,
		Args: append([]string{cfg.Name}, cfg.Args...), Env: cfg.Env,
		Initrd: cfg.Initrd, Host: cfg.Hostname, Console: con, Cache: cfg.Cache,
		Dir: cfg.Dir, Outputs: len(con.outputs), Step: step,
	}
	if cfg.Mapped != "" {
		if vc.Mapped, err = openMapping(cfg.Mapped); err != nil {
			return r, err
		}
		defer syscall.Close(vc.Mapped.FD)
	}
	if cfg.Net != nil {
		if vc.Net, err = openNet(cfg.Net, cfg.VCPUs); err != nil {
			return r, err
		}
		step("open network")
	}
	if err := random(vc.Seed[:]); err != nil {
		return r, err
	}
	trace := &tracer{fd: cfg.Trace, base: monotonic()}
	if cfg.Trace > 0 {
		vc.Trace = trace.record
	}
	m, err := vmm.New(vc)
	if err != nil {
		return r, err
	}
	defer m.Close()
	// From here on no signal is lost: what comes before the goroutine runs waits
	// for it. Asking for some of them only later, beside the guest's start, is
	// 0.1 ms faster and loses SIGUSR1, which Go ignores until then.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2)
	step("signals")
	stop := make(chan struct{})
	defer close(stop)
	var stopped atomic.Int32
	go forward(m, signals, stop, &stopped)
	var pages *vmm.PageMap
	if cfg.Core > 0 {
		pages = vmm.OpenPageMap()
		defer pages.Close()
	}
	if err := confine(permissions{net: cfg.Net != nil, core: cfg.Core > 0}); err != nil {
		return r, err
	}
	step("confine")
	if cfg.Requests > 0 {
		base := r.Stats
		go serveStats(cfg.Requests, func() Stats {
			s := base
			s.collect(m, con)
			return s
		})
	}
	r.Exit, err = m.Run()
	r.Stats.collect(m, con)
	r.Stats.ExitStatus = r.Status
	r.TraceErr = trace.err
	if errors.Is(err, vmm.ErrStopped) {
		r.Signal = int(stopped.Load())
	}
	var broken *vmm.GuestError
	if errors.As(err, &broken) || r.Signal == int(syscall.SIGQUIT) && err != nil {
		r.Dump = m.Dump()
	}
	if cfg.Core > 0 && (r.Dump != nil || err == nil && (r.Signal != 0 || r.Fatal)) {
		r.CoreErr = m.WriteCore(coreFile(cfg.Core), r.Exit, err, pages)
	}
	return r, err
}

// forward passes signals on to the guest until stop is closed. stopped is set to
// the signal that ends the VM.
func forward(m *vmm.Machine, signals chan os.Signal, stop <-chan struct{}, stopped *atomic.Int32) {
	asked, quit := false, false // by SIGINT or SIGTERM; by SIGQUIT
	for {
		select {
		case <-stop:
			return
		case s := <-signals:
			ends := s == syscall.SIGINT || s == syscall.SIGTERM
			if ends && asked || s == syscall.SIGQUIT && quit {
				stopped.Store(int32(syscall.SIGINT))
				if !ends {
					stopped.Store(int32(syscall.SIGQUIT))
				}
				m.Stop()
				// A vCPU may be in a write to a pipe that nobody reads, which
				// no request ends: the next signal kills this process.
				signal.Reset(syscall.SIGINT, syscall.SIGTERM, syscall.SIGQUIT)
			} else {
				asked, quit = asked || ends, quit || s == syscall.SIGQUIT
				m.Signal(int(s.(syscall.Signal)))
			}
		}
	}
}
