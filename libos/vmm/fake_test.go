package vmm

import (
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"unibench/libos/abi"
	"unibench/libos/vmm/kvm"
)

// fakeProcessor is a vCPU without KVM: each Run calls guest, which may change
// the guest's memory and returns the exit. A nil guest runs until it is
// interrupted.
type fakeProcessor struct {
	fakeCounter
	guest func() (reason uint32, port uint32)

	mu    sync.Mutex
	regs  kvm.Regs
	fault bool        // an exception is pending
	asked atomic.Bool // by RequestExit
	wake  chan struct{}
	port  uint32 // value written to the port
}

func newFake(guest func() (uint32, uint32)) *fakeProcessor {
	return &fakeProcessor{fakeCounter: fakeCounter{khz: 1_000_000}, guest: guest, wake: make(chan struct{}, 1)}
}

func (p *fakeProcessor) Run() (uint32, error) {
	if p.asked.Load() {
		return kvm.ExitInterrupted, nil
	}
	if p.guest == nil {
		<-p.wake
		return kvm.ExitInterrupted, nil
	}
	reason, port := p.guest()
	p.port = port
	return reason, nil
}

func (p *fakeProcessor) IO() (kvm.IO, bool) {
	v := p.port
	return kvm.IO{Out: true, Size: 4, Port: abi.HypercallPort, Data: []byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)}}, true
}

func (p *fakeProcessor) RequestExit() {
	p.asked.Store(true)
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *fakeProcessor) AllowRun()            { p.asked.Store(false) }
func (p *fakeProcessor) MMIO() (uint64, bool) { return 0xdead, true }
func (p *fakeProcessor) Detail() uint64       { return 42 }
func (p *fakeProcessor) Close() error         { return nil }

func (p *fakeProcessor) ExceptionPending() (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fault, nil
}

func (p *fakeProcessor) GetRegs(r *kvm.Regs) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	*r = p.regs
	return nil
}

func (p *fakeProcessor) SetRegs(r *kvm.Regs) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.regs = *r
	return nil
}

// fakeConsole keeps what is written and answers reads with its input.
type fakeConsole struct {
	mu    sync.Mutex
	out   [3][]byte
	input []byte
}

func (c *fakeConsole) Write(fd int, p []byte) (int, syscall.Errno) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if fd >= abi.FirstOutput {
		fd = 0 // all of them
	}
	c.out[fd] = append(c.out[fd], p[:min(len(p), 1<<16)]...)
	return len(p), 0
}

func (c *fakeConsole) Read(p []byte, ready func()) (int, syscall.Errno) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := copy(p, c.input)
	c.input = c.input[n:]
	if n == 0 {
		return 0, syscall.EAGAIN
	}
	return n, 0
}

func (c *fakeConsole) Modes() [3]uint16 { return [3]uint16{1, 2, 3} }

// plainMachine builds a machine from a test image around plain memory. Its
// vCPUs are fakes that run guest (see fakeProcessor), if it is not nil.
func plainMachine(t testing.TB, cfg Config, guest func(i int) (reason, port uint32)) *Machine {
	t.Helper()
	cfg.Image = openImage(t, nil)
	if cfg.Console == nil {
		cfg.Console = &fakeConsole{}
	}
	m := &Machine{cfg: cfg, done: make(chan struct{}), ticker: ticker{slice: timeSlice}, step: func(string) {}}
	t.Cleanup(m.Close)
	img, err := readImage(cfg.Image)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.build(img); err != nil {
		t.Fatal(err)
	}
	m.newProcessor = func(i int) (processor, error) {
		if guest == nil {
			return newFake(nil), nil
		}
		return newFake(func() (uint32, uint32) { return guest(i) }), nil
	}
	m.vcpus = make([]*vcpu, cfg.VCPUs)
	for i := range m.vcpus {
		m.vcpus[i] = newVCPU(m, i)
	}
	if err := m.vcpus[0].create(); err != nil {
		t.Fatal(err)
	}
	m.cpuid = newCPUID(cpuidOf())
	m.fillBootInfo()
	return m
}
