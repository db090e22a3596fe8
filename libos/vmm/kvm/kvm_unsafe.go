package kvm

import (
	"errors"
	"sync/atomic"
	"syscall"
	"unsafe"
)

// Sizes that the request numbers encode, asserted by the compiler.
var (
	_ = [1]int{}[unsafe.Sizeof(Regs{})-0x90]
	_ = [1]int{}[unsafe.Sizeof(Sregs{})-0x138]
	_ = [1]int{}[unsafe.Sizeof(MemoryRegion{})-0x20]
	_ = [1]int{}[unsafe.Sizeof(xcrs{})-0x188]
	_ = [1]int{}[unsafe.Sizeof(CPUIDEntry{})-40]
	_ = [1]int{}[unsafe.Sizeof(Events{})-0x40]
)

// Error is a failed ioctl.
type Error struct {
	Call  string // the ioctl's name
	Errno syscall.Errno
}

func (e *Error) Error() string { return e.Call + ": " + e.Errno.Error() }

// Unwrap returns the errno.
func (e *Error) Unwrap() error { return e.Errno }

func ioctl(fd int, name string, request, arg uintptr) (int, error) {
	r, _, errno := syscall.RawSyscall(syscall.SYS_IOCTL, uintptr(fd), request, arg)
	if errno != 0 {
		return 0, &Error{name, errno}
	}
	return int(r), nil
}

// ioctlCount is ioctlPtr for a request that answers with how many of n entries
// it has processed before it met one that it does not know.
func ioctlCount(fd int, name string, request uintptr, arg unsafe.Pointer, n uint32) error {
	r, _, errno := syscall.RawSyscall(syscall.SYS_IOCTL, uintptr(fd), request, uintptr(arg))
	if errno == 0 && uint32(r) != n {
		errno = syscall.EINVAL
	}
	if errno != 0 {
		return &Error{name, errno}
	}
	return nil
}

func ioctlPtr(fd int, name string, request uintptr, arg unsafe.Pointer) error {
	_, _, errno := syscall.RawSyscall(syscall.SYS_IOCTL, uintptr(fd), request, uintptr(arg))
	if errno != 0 {
		return &Error{name, errno}
	}
	return nil
}

// System is an open /dev/kvm.
type System struct{ fd int }

// Open opens /dev/kvm. The error wraps the errno: ENOENT if the host has no
// KVM, EACCES if the user may not use it.
func Open() (*System, error) {
	fd, err := syscall.Open("/dev/kvm", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		return nil, &Error{"open /dev/kvm", err.(syscall.Errno)}
	}
	return &System{fd}, nil
}

// Close closes the descriptor. VMs made from it live on.
func (s *System) Close() error { return syscall.Close(s.fd) }

// Version returns the API version.
func (s *System) Version() (int, error) {
	return ioctl(s.fd, "KVM_GET_API_VERSION", ioGetAPIVersion, 0)
}

// Check returns the value of a capability, 0 if it is missing.
func (s *System) Check(capability int) (int, error) {
	return ioctl(s.fd, "KVM_CHECK_EXTENSION", ioCheckExtension, uintptr(capability))
}

// RunSize returns the size in bytes of the run structure of a vCPU.
func (s *System) RunSize() (int, error) {
	return ioctl(s.fd, "KVM_GET_VCPU_MMAP_SIZE", ioGetVCPUMmapSize, 0)
}

// SupportedCPUID fills c with what the host offers to guests.
func (s *System) SupportedCPUID(c *CPUID) error {
	c.N = MaxCPUID
	return ioctlPtr(s.fd, "KVM_GET_SUPPORTED_CPUID", ioGetSupportedCPUID, unsafe.Pointer(c))
}

// VM is a virtual machine.
type VM struct{ fd int }

// CreateVM makes an empty virtual machine.
func (s *System) CreateVM() (*VM, error) {
	for {
		fd, err := ioctl(s.fd, "KVM_CREATE_VM", ioCreateVM, 0)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return nil, err
		}
		syscall.CloseOnExec(fd)
		return &VM{fd}, nil
	}
}

// Close releases the VM once its vCPUs are closed too.
func (vm *VM) Close() error { return syscall.Close(vm.fd) }

// SetMemory adds or replaces a memory region.
func (vm *VM) SetMemory(r *MemoryRegion) error {
	return ioctlPtr(vm.fd, "KVM_SET_USER_MEMORY_REGION", ioSetUserMemoryRegion, unsafe.Pointer(r))
}

// VCPU is a virtual CPU with its shared run structure.
type VCPU struct {
	fd  int
	run []byte
}

// CreateVCPU makes vCPU number id; runSize is System.RunSize.
func (vm *VM) CreateVCPU(id, runSize int) (*VCPU, error) {
	fd, err := ioctl(vm.fd, "KVM_CREATE_VCPU", ioCreateVCPU, uintptr(id))
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(fd)
	run, err := syscall.Mmap(fd, 0, runSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		syscall.Close(fd)
		return nil, &Error{"mmap of the vCPU", err.(syscall.Errno)}
	}
	return &VCPU{fd, run}, nil
}

// Close releases the vCPU. It must not be running.
func (v *VCPU) Close() error {
	syscall.Munmap(v.run)
	return syscall.Close(v.fd)
}

// GetRegs reads the general registers.
func (v *VCPU) GetRegs(r *Regs) error {
	return ioctlPtr(v.fd, "KVM_GET_REGS", ioGetRegs, unsafe.Pointer(r))
}

// SetRegs writes the general registers.
func (v *VCPU) SetRegs(r *Regs) error {
	return ioctlPtr(v.fd, "KVM_SET_REGS", ioSetRegs, unsafe.Pointer(r))
}

// ExceptionPending reports whether an exception is on its way to the guest: it
// will be delivered at the next Run, wherever the registers point by then.
func (v *VCPU) ExceptionPending() (bool, error) {
	var e Events
	err := ioctlPtr(v.fd, "KVM_GET_VCPU_EVENTS", ioGetVCPUEvents, unsafe.Pointer(&e))
	return e.ExceptionInjected != 0 || e.ExceptionWait != 0, err
}

// GetSregs reads the system registers.
func (v *VCPU) GetSregs(s *Sregs) error {
	return ioctlPtr(v.fd, "KVM_GET_SREGS", ioGetSregs, unsafe.Pointer(s))
}

// SetSregs writes the system registers.
func (v *VCPU) SetSregs(s *Sregs) error {
	return ioctlPtr(v.fd, "KVM_SET_SREGS", ioSetSregs, unsafe.Pointer(s))
}

// SetCPUID sets what CPUID answers in the guest.
func (v *VCPU) SetCPUID(c *CPUID) error {
	return ioctlPtr(v.fd, "KVM_SET_CPUID2", ioSetCPUID2, unsafe.Pointer(c))
}

// SetMSRs writes up to 8 model-specific registers.
func (v *VCPU) SetMSRs(list ...MSR) error {
	var m msrs
	m.n = uint32(copy(m.entries[:], list))
	return ioctlCount(v.fd, "KVM_SET_MSRS", ioSetMSRs, unsafe.Pointer(&m), m.n)
}

// GetMSR reads one model-specific register.
func (v *VCPU) GetMSR(index uint32) (uint64, error) {
	m := msrs{n: 1}
	m.entries[0].Index = index
	err := ioctlCount(v.fd, "KVM_GET_MSRS", ioGetMSRs, unsafe.Pointer(&m), m.n)
	return m.entries[0].Data, err
}

// SetXCR0 enables the state components in mask.
func (v *VCPU) SetXCR0(mask uint64) error {
	x := xcrs{n: 1}
	x.entries[0].value = mask
	return ioctlPtr(v.fd, "KVM_SET_XCRS", ioSetXCRs, unsafe.Pointer(&x))
}

// TSCKHz returns the frequency of the guest's time-stamp counter in kHz.
func (v *VCPU) TSCKHz() (int, error) {
	return ioctl(v.fd, "KVM_GET_TSC_KHZ", ioGetTSCKHz, 0)
}

// Run enters the guest until it exits; the calling thread is the vCPU
// meanwhile. An interruption by a signal or by RequestExit is no error: the
// reason is then ExitInterrupted.
func (v *VCPU) Run() (reason uint32, err error) {
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(v.fd), ioRun, 0)
	switch errno {
	case 0:
		return *(*uint32)(unsafe.Pointer(&v.run[8])), nil
	case syscall.EINTR, syscall.EAGAIN:
		return ExitInterrupted, nil
	}
	return 0, &Error{"KVM_RUN", errno}
}

// IO is a port access that made the guest exit.
type IO struct {
	Out  bool
	Size uint8
	Port uint16
	Data []byte // Size bytes, in the run structure
}

// IO describes the port access after ExitIO. Repeated accesses (string
// instructions) are reported as their first.
func (v *VCPU) IO() (io IO, ok bool) {
	io.Out = v.run[32] == 1
	io.Size = v.run[33]
	io.Port = *(*uint16)(unsafe.Pointer(&v.run[34]))
	off := *(*uint64)(unsafe.Pointer(&v.run[40]))
	if off > uint64(len(v.run)) || uint64(len(v.run))-off < uint64(io.Size) {
		return io, false
	}
	io.Data = v.run[off : off+uint64(io.Size)]
	return io, true
}

// MMIO returns the address of the access after ExitMMIO.
func (v *VCPU) MMIO() (gpa uint64, write bool) {
	return *(*uint64)(unsafe.Pointer(&v.run[32])), v.run[52] != 0
}

// Detail returns the first word of the exit's data: the suberror of
// ExitInternalError, the hardware's reason of ExitFailEntry.
func (v *VCPU) Detail() uint64 { return *(*uint64)(unsafe.Pointer(&v.run[32])) }

// immediateExit is bit 8 of the first word: byte 1 of struct kvm_run.
const immediateExit = 1 << 8

// RequestExit makes the next Run return at once. Any thread may call it; a Run
// in progress has to be interrupted by a signal as well.
func (v *VCPU) RequestExit() {
	atomic.OrUint32((*uint32)(unsafe.Pointer(&v.run[0])), immediateExit)
}

// AllowRun takes RequestExit back.
func (v *VCPU) AllowRun() {
	atomic.AndUint32((*uint32)(unsafe.Pointer(&v.run[0])), ^uint32(immediateExit))
}
