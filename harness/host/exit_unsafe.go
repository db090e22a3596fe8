package host

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// KVM ioctls (Linux, Documentation/virt/kvm/api.rst sections 4.2, 4.5, 4.7, 4.10 and 4.35).
const (
	kvmCreateVM      = 0xAE01
	kvmVCPUMmapSize  = 0xAE04
	kvmCreateVCPU    = 0xAE41
	kvmSetUserMemory = 0x4020AE46
	kvmRun           = 0xAE80
)

// memoryRegion is struct kvm_userspace_memory_region of linux/kvm.h.
type memoryRegion struct {
	slot, flags                     uint32
	guestAddress, size, userAddress uint64
}

// Where a processor starts after a reset (Intel SDM volume 3, 10.1.4), in the last
// page below 4 GiB, and what it finds there.
const (
	resetPage   = 0xFFFFF000
	resetOffset = 0xFF0
	pageBytes   = 4096
)

// exitLoop is 16-bit code that leaves the guest for ever: out 0x80, al; jmp to it.
var exitLoop = [...]byte{0xE6, 0x80, 0xEB, 0xFC}

// Offset and value of the reason in struct kvm_run of linux/kvm.h.
const (
	runExitReason = 8
	kvmExitIO     = 2
)

// exitTrials is the number of exits that are timed, after as many to warm up.
const exitTrials = 50

// ExitTime measures how long a virtual machine needs to leave for its monitor and
// come back, the median of several, with a guest of two instructions that does
// nothing but that. It is what a hypercall or a device access costs at least.
func ExitTime(device string) (time.Duration, error) {
	kvm, err := os.OpenFile(device, os.O_RDWR, 0)
	if err != nil {
		return 0, fmt.Errorf("measure a VM exit: %w", err)
	}
	defer kvm.Close()
	size, err := ioctl(kvm.Fd(), kvmVCPUMmapSize, 0)
	if err != nil || size < runExitReason+4 {
		return 0, fmt.Errorf("measure a VM exit: size of the shared area %d: %w", size, err)
	}
	vm, err := ioctl(kvm.Fd(), kvmCreateVM, 0)
	if err != nil {
		return 0, fmt.Errorf("measure a VM exit: make a virtual machine: %w", err)
	}
	defer unix.Close(int(vm))
	mem, err := unix.Mmap(-1, 0, pageBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANONYMOUS|unix.MAP_PRIVATE)
	if err != nil {
		return 0, fmt.Errorf("measure a VM exit: memory: %w", err)
	}
	defer unix.Munmap(mem)
	copy(mem[resetOffset:], exitLoop[:])
	region := memoryRegion{guestAddress: resetPage, size: pageBytes, userAddress: uint64(uintptr(unsafe.Pointer(&mem[0])))}
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, vm, kvmSetUserMemory, uintptr(unsafe.Pointer(&region))); errno != 0 {
		return 0, fmt.Errorf("measure a VM exit: give it memory: %w", errno)
	}
	vcpu, err := ioctl(vm, kvmCreateVCPU, 0)
	if err != nil {
		return 0, fmt.Errorf("measure a VM exit: make a processor: %w", err)
	}
	defer unix.Close(int(vcpu))
	shared, err := unix.Mmap(int(vcpu), 0, int(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return 0, fmt.Errorf("measure a VM exit: map the shared area: %w", err)
	}
	defer unix.Munmap(shared)
	var times []time.Duration
	for n := range 2 * exitTrials {
		start := time.Now()
		_, err := ioctl(vcpu, kvmRun, 0)
		for errors.Is(err, unix.EINTR) { // a signal of Go's scheduler
			_, err = ioctl(vcpu, kvmRun, 0)
		}
		took := time.Since(start)
		if err != nil {
			return 0, fmt.Errorf("measure a VM exit: run: %w", err)
		}
		if reason := binary.NativeEndian.Uint32(shared[runExitReason:]); reason != kvmExitIO {
			return 0, fmt.Errorf("measure a VM exit: it left with reason %d, not for I/O", reason)
		}
		if n >= exitTrials {
			times = append(times, took)
		}
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

// ioctl is for requests whose argument is a number.
func ioctl(fd, request, argument uintptr) (uintptr, error) {
	r, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, request, argument)
	if errno != 0 {
		return 0, errno
	}
	return r, nil
}
