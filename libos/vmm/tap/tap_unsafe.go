package tap

import (
	"syscall"
	"unsafe"
)

// Requests of if_tun.h and sockios.h.
const (
	tunSetIff       = 0x400454ca
	tunGetIff       = 0x800454d2
	tunSetOffload   = 0x400454d0
	tunSetHeaderLen = 0x400454d8
	getMTU          = 0x8921 // SIOCGIFMTU
)

// ifreq is struct ifreq with the members of its union that are used here.
type ifreq struct {
	name  [maxName + 1]byte
	value [24]byte
}

func (r *ifreq) flags() *uint16 { return (*uint16)(unsafe.Pointer(&r.value)) }

func ioctl(fd int, request, arg uintptr) error {
	if _, _, errno := syscall.RawSyscall(syscall.SYS_IOCTL, uintptr(fd), request, arg); errno != 0 {
		return errno
	}
	return nil
}

// attach makes fd a queue of interface name.
func attach(fd int, name string, flags uint16) error {
	var r ifreq
	copy(r.name[:maxName], name)
	*r.flags() = flags
	return ioctl(fd, tunSetIff, uintptr(unsafe.Pointer(&r)))
}

// attached returns the flags with which fd was attached.
func attached(fd int) (uint16, error) {
	var r ifreq
	err := ioctl(fd, tunGetIff, uintptr(unsafe.Pointer(&r)))
	return *r.flags(), err
}

func setHeaderSize(fd int, n int32) error {
	return ioctl(fd, tunSetHeaderLen, uintptr(unsafe.Pointer(&n)))
}

func setOffload(fd int, offloads uintptr) error { return ioctl(fd, tunSetOffload, offloads) }

// interfaceMTU returns the MTU of interface name, ENODEV if there is none.
func interfaceMTU(name string) (int, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, err
	}
	defer syscall.Close(fd)
	var r ifreq
	copy(r.name[:maxName], name)
	if err := ioctl(fd, getMTU, uintptr(unsafe.Pointer(&r))); err != nil {
		return 0, err
	}
	return int(*(*int32)(unsafe.Pointer(&r.value))), nil
}

// Read implements virtio.Backend.
func (q *Queue) Read(v []syscall.Iovec) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_READV, uintptr(q.fd), uintptr(unsafe.Pointer(unsafe.SliceData(v))), uintptr(len(v)))
	return int(n), errno
}

// Write implements virtio.Backend.
func (q *Queue) Write(v []syscall.Iovec) syscall.Errno {
	_, _, errno := syscall.RawSyscall(syscall.SYS_WRITEV, uintptr(q.fd), uintptr(unsafe.Pointer(unsafe.SliceData(v))), uintptr(len(v)))
	return errno
}
