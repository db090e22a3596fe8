package vmm

import (
	"io"
	"sync"
	"sync/atomic"
	"syscall"

	"unibench/libos/abi"
	"unibench/libos/image"
	"unibench/libos/vmm/kvm"
)

// Config says what machine to build. The descriptors stay the caller's.
type Config struct {
	Image  int   // descriptor of the image file
	Memory int64 // bytes of RAM: image, stack and heap
	VCPUs  int
	Args   []string // argv, Args[0] is the program's name
	Env    []string // KEY=VALUE
	Initrd Archive  // of the root file system, nil for none
	// Mapped is an archive below Initrd, in a file that must not change.
	Mapped  Mapping
	Dir     string   // working directory of the program; empty for the root
	Outputs int      // number of output files behind Console
	Host    string   // host name of the guest
	Seed    [64]byte // secret random bytes
	Console Console
	Net     *NetConfig // nil for no network device
	// Cache is a folder for what the monitor keeps from run to run, made if
	// it is missing; empty for none.
	Cache string
	// Trace is called for each system call of the guest that has ended, if not
	// nil, from vCPU threads. The record is its own; the memory is the guest's.
	Trace func(*abi.TraceRecord, Memory)
	// Step is called at the end of each phase of New, if not nil.
	Step func(name string)
}

// Memory is what the guest sees as memory.
type Memory interface {
	// Peek returns a copy of the n bytes at an address, or of those of them that
	// are memory, from there on.
	Peek(addr, n uint64) []byte
}

// Console is what the guest's standard descriptors are connected to. The
// methods are called from vCPU threads, several at a time.
type Console interface {
	// Write writes p to descriptor fd, 1 or 2, or to an output file, whose
	// number is fd-abi.FirstOutput, and returns as write(2) does. It must not
	// keep p, which is guest memory.
	Write(fd int, p []byte) (int, syscall.Errno)
	// Read fills p from standard input without waiting: 0 bytes mean the
	// end, EAGAIN that ready will be called when there is something.
	Read(p []byte, ready func()) (int, syscall.Errno)
	// Modes describes descriptors 0 to 2 as abi.BootInfo.Stdio does.
	Modes() [3]uint16
}

// Archive is the initial root file system, as package initrd packs it.
type Archive interface {
	// Size returns the length of the archive in bytes.
	Size() int64
	// WriteTo writes the archive, Size bytes unless there is an error.
	WriteTo(w io.Writer) (int64, error)
}

// Mapping is a file to be mapped into the guest, read-only for it: it costs the
// VM no memory of its own. A Size of 0 means that there is none.
type Mapping struct {
	FD   int
	Size int64 // bytes
}

// Exit is how a guest ended: a status, or the signal that killed it.
type Exit struct {
	Status int
	Signal int
	Fatal  bool // the status is that of a fatal error, such as a panic
}

// Machine is a VM that has been built. Run runs it once.
type Machine struct {
	cfg      Config
	sys      *kvm.System
	vm       *kvm.VM
	mem      *memory
	lay      *layout
	cpuid    cpuidState
	root     uint64
	entry    uint64
	segments []image.Segment
	rsp      uint64
	run      int // size of a vCPU's run structure
	vcpus    []*vcpu
	net      *network // nil without a device
	clock    tsc
	step     func(name string)

	mu      sync.Mutex
	ended   bool
	exit    Exit
	err     error
	endedBy int // vCPU that ended the VM, -1 for none
	done    chan struct{}
	wg      sync.WaitGroup
	running atomic.Int32 // vCPUs that execute guest code
	ticker  ticker

	newProcessor func(i int) (processor, error)
	ranges       []span // of guest memory that the guest may write

	open   sync.RWMutex // held by who may come from outside while Close waits
	closed bool

	// FirstRun and GuestEnd are CLOCK_MONOTONIC times in nanoseconds, 0 before.
	FirstRun, GuestEnd atomic.Int64
}

// New builds the machine: memory, image, tables, the first vCPU.
func New(cfg Config) (m *Machine, err error) {
	if cfg.VCPUs < 1 || cfg.VCPUs > abi.MaxVCPUs {
		return nil, &Error{"create the VM", errVCPUs}
	}
	if cfg.Memory < 0 {
		return nil, &MemoryError{Need: minMemory}
	}
	if len(cfg.Dir) >= abi.MaxWorkDir {
		return nil, &Error{"set the working directory", syscall.ENAMETOOLONG}
	}
	if cfg.Outputs > abi.MaxOutputs {
		return nil, &Error{"open output files", errOutputs}
	}
	m = &Machine{cfg: cfg, done: make(chan struct{}), ticker: ticker{slice: timeSlice}}
	m.newProcessor = m.kvmProcessor
	defer func() {
		if err != nil {
			m.Close()
			m = nil
		}
	}()
	m.step = cfg.Step
	if m.step == nil {
		m.step = func(string) {}
	}
	img, err := readImage(cfg.Image)
	if err != nil {
		return m, err
	}
	m.step("read image headers")
	if m.sys, err = kvm.Open(); err != nil {
		return m, err
	}
	if m.vm, err = m.sys.CreateVM(); err != nil {
		return m, err
	}
	m.step("create VM")
	if err = m.build(img); err != nil {
		return m, err
	}
	m.step("build memory")
	if err = m.vm.SetMemory(&kvm.MemoryRegion{
		Size: m.mem.size(), HVA: uint64(m.mem.host(0)),
	}); err != nil {
		return m, err
	}
	m.step("set memory")
	if m.run, err = m.sys.RunSize(); err != nil {
		return m, err
	}
	table, err := supportedCPUID(m.sys, cfg.Cache)
	if err != nil {
		return m, err
	}
	m.cpuid = newCPUID(table)
	m.step("read CPUID")
	m.vcpus = make([]*vcpu, cfg.VCPUs)
	for i := range m.vcpus {
		m.vcpus[i] = newVCPU(m, i)
	}
	if err = m.vcpus[0].create(); err != nil {
		return m, err
	}
	m.step("set registers")
	if m.clock, err = newTSC(m.vcpus[0].kvm); err != nil {
		return m, err
	}
	m.fillBootInfo()
	m.step("boot information")
	m.step = func(string) {} // vCPUs that start later are no phase of New
	return m, nil
}

// readImage reads and checks the headers of the image.
func readImage(fd int) (image.Image, error) {
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil {
		return image.Image{}, &Error{"read the image", err}
	}
	head := make([]byte, abi.PageSize)
	n, err := syscall.Pread(fd, head, 0)
	if err != nil {
		return image.Image{}, &Error{"read the image", err}
	}
	img, err := image.Parse(head[:n], uint64(st.Size), image.Limits{Low: abi.ImageGPA, High: 1 << 30})
	if err != nil {
		return img, err
	}
	n, err = syscall.Pread(fd, head[:abi.ImageHeaderLength], int64(img.EntryOffset()))
	if err != nil {
		return img, &Error{"read the image", err}
	}
	return img, image.CheckEntry(head[:n])
}

// build lays out memory and fills it, up to the boot information.
func (m *Machine) build(img image.Image) (err error) {
	var end uint64
	for _, s := range img.Segments {
		end = max(end, s.VAddr+s.MemSz)
	}
	start := newInitialStack(m.cfg.Args, m.cfg.Env, m.cfg.Seed[48:])
	m.lay, err = newLayout(end, uint64(m.cfg.Memory), start.size(), uint64(m.cfg.Mapped.Size), m.initrdSize(), m.cfg.Net.netSize())
	if err != nil {
		return err
	}
	l := m.lay
	if m.mem, err = newMemory(l.memEnd); err != nil {
		return err
	}
	m.step("reserve memory")
	m.prepare(end)
	m.step("prepare memory")
	t := newTables(m.mem, l.tables, l.tablesEnd)
	if err := m.loadImage(img, t); err != nil {
		return err
	}
	m.step("load image")
	m.entry, m.segments = img.Entry, img.Segments
	m.rsp = start.write(m.mem, l.stackEnd)
	if m.cfg.Mapped.Size > 0 {
		if err := m.mem.mapFile(l.mapped, m.cfg.Mapped); err != nil {
			return &Error{"map the root file system", err}
		}
	}
	if m.cfg.Initrd != nil {
		if _, err := m.cfg.Initrd.WriteTo(&memoryWriter{m.mem.bytes[l.initrd : l.initrd+l.initrdSize]}); err != nil {
			return &Error{"pack the root file system", err}
		}
	}
	t.mapSmall(abi.BootGPA, abi.BootGPA+abi.PageSize, protR)
	t.mapSmall(abi.SystemGPA, abi.SystemGPA+abi.PageSize, protSystem)
	t.mapSmall(abi.LSTARGPA, abi.LSTARGPA+abi.PageSize, protRX)
	t.mapSmall(abi.StatsGPA, abi.StatsGPA+abi.StatsSize, protRW)
	for i := range m.cfg.VCPUs {
		b := perCPUBase(i)
		t.mapSmall(b, b+abi.PerCPUIDT, protRW)
		t.mapSmall(b+abi.PerCPUIDT, b+abi.PerCPUGuard, protSystem)
		t.mapSmall(b+abi.PerCPUStack, b+abi.PerCPUStride, protRW)
	}
	t.mapSmall(l.stack, l.stackEnd, protRW)
	t.mapSmall(l.net, l.netEnd, protRW)
	t.mapSmall(l.mapped, pageUp(l.initrd+l.initrdSize), protR)
	t.mapHuge(l.memStart, l.memEnd, protRW)
	m.ranges = append(m.ranges, span{l.stack, l.stackEnd}, span{l.memStart, l.memEnd})
	m.root = t.root
	writeSyscallStub(m.mem)
	return m.newNetwork()
}

// loadImage copies the image into memory. Copying beats mapping the file: with
// 2 MiB pages behind it, a whole image costs the host less than the page faults
// of the start-up code alone would (BenchmarkLoad).
func (m *Machine) loadImage(img image.Image, t *tables) error {
	for _, s := range img.Segments {
		first, end := pageDown(s.VAddr), pageUp(s.VAddr+s.MemSz)
		b := m.mem.bytes[s.VAddr : s.VAddr+s.FileSz]
		if err := readFull(m.cfg.Image, b, int64(s.Offset)); err != nil {
			return &Error{"read the image", err}
		}
		p := protR
		switch {
		case s.Flags&image.Executable != 0 && s.Flags&image.Writable != 0:
			return &Error{"load the image", errWriteExecute}
		case s.Flags&image.Executable != 0:
			p = protRX
		case s.Flags&image.Writable != 0:
			p = protRW
			m.ranges = append(m.ranges, span{first, end})
		}
		t.mapSmall(first, end, p)
	}
	return nil
}

func (m *Machine) initrdSize() uint64 {
	if m.cfg.Initrd == nil {
		return 0
	}
	return uint64(m.cfg.Initrd.Size())
}

// memoryWriter fills memory from its start on.
type memoryWriter struct{ b []byte }

func (w *memoryWriter) Write(p []byte) (int, error) {
	n := copy(w.b, p)
	w.b = w.b[n:]
	if n < len(p) {
		return n, io.ErrShortWrite
	}
	return n, nil
}

// readFull fills b from offset on.
func readFull(fd int, b []byte, offset int64) error {
	for len(b) > 0 {
		n, err := syscall.Pread(fd, b, offset)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return err
		case n == 0:
			return io.ErrUnexpectedEOF // the file was cut since its headers were read
		}
		b, offset = b[n:], offset+int64(n)
	}
	return nil
}

// fillBootInfo writes the boot information.
func (m *Machine) fillBootInfo() {
	b := m.mem.bootInfo()
	b.Version = abi.ImageVersion
	b.VCPUs = uint32(m.cfg.VCPUs)
	b.MemStart, b.MemEnd, b.MemLimit = m.lay.memStart, m.lay.memEnd, m.lay.memLimit
	b.TSCBase, b.TSCMult, b.MonoBase = m.clock.base, m.clock.mult, uint64(m.clock.mono)
	b.WallOffset = uint64(realtime() - monotonic())
	b.InitrdStart, b.InitrdSize = m.lay.mapped, m.lay.initrd+m.lay.initrdSize-m.lay.mapped
	copy(b.WorkDir[:], m.cfg.Dir)
	modes := m.cfg.Console.Modes()
	copy(b.Stdio[:], modes[:])
	if m.cfg.Trace != nil {
		b.Trace = 1
	}
	b.Seed = m.cfg.Seed
	copy(b.Hostname[:len(b.Hostname)-1], m.cfg.Host)
	m.cpuid.publish(b)
}

// Run executes the first vCPU, on the calling thread, and returns when the guest
// has ended, for whatever reason. It is called once.
func (m *Machine) Run() (Exit, error) {
	m.FirstRun.Store(monotonic())
	m.vcpus[0].run(m.entry, m.rsp)
	m.wg.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.exit, m.err
}

// Signal delivers signal n, 1 to 64, to the program.
func (m *Machine) Signal(n int) {
	if n < 1 || n > 64 {
		return
	}
	m.whileOpen(func() {
		m.mem.signal(n)
		m.vcpus[0].post(abi.EventSignal)
	})
}

// Stop ends the VM at once; Run returns ErrStopped.
func (m *Machine) Stop() { m.whileOpen(func() { m.end(Exit{}, ErrStopped) }) }

// whileOpen calls f unless the machine is closed, and delays Close meanwhile.
func (m *Machine) whileOpen(f func()) {
	m.open.RLock()
	defer m.open.RUnlock()
	if !m.closed {
		f()
	}
}

// end records the first outcome and gets all vCPUs out of the guest.
func (m *Machine) end(exit Exit, err error) { m.endBy(-1, exit, err) }

// endBy is end on behalf of a vCPU.
func (m *Machine) endBy(i int, exit Exit, err error) {
	m.mu.Lock()
	if m.ended {
		m.mu.Unlock()
		return
	}
	m.ended, m.exit, m.err, m.endedBy = true, exit, err, i
	m.GuestEnd.Store(monotonic())
	m.mu.Unlock()
	close(m.done)
	m.ticker.stop()
	if m.net != nil {
		m.net.wakeUp.ring()
		m.net.io.wakeUp.ring()
	}
	for _, v := range m.vcpus {
		v.interrupt()
	}
}

// Close releases everything. The machine must not be running; Signal and Stop
// may still be called, in vain.
func (m *Machine) Close() {
	m.open.Lock()
	defer m.open.Unlock()
	if m.closed {
		return
	}
	m.closed = true
	for _, v := range m.vcpus {
		if v != nil && v.kvm != nil {
			v.kvm.Close()
		}
	}
	if m.net != nil {
		m.net.close()
	}
	if m.vm != nil {
		m.vm.Close()
	}
	if m.sys != nil {
		m.sys.Close()
	}
	if m.mem != nil {
		m.mem.close()
	}
}
