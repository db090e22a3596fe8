// Package tap is a TAP interface of Linux as the backend of a virtio network
// device (virtio.Backend): each queue is one descriptor of /dev/net/tun, whose
// frames begin with struct virtio_net_hdr and may be TCP or UDP segments of up
// to 64 KiB (Documentation/networking/tuntap.rst of Linux; if_tun.h).
//
// The interface exists already, by name or as descriptors that were inherited:
// nothing is created or configured here, so no privilege is needed beyond the
// right to open the interface. Calls on a queue do not wait.
package tap

import (
	"errors"
	"strconv"
	"syscall"

	"unibench/libos/abi"
	"unibench/libos/vmm/virtio"
)

// Error says why an interface could not be used, and what to do.
type Error struct {
	Name string // of the interface, or "descriptor N"
	Op   string
	Err  error
	Next string // the next step, may be empty
}

func (e *Error) Error() string {
	s := "network interface " + e.Name + ": " + e.Op + ": " + e.Err.Error()
	if e.Next != "" {
		s += "; " + e.Next
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Flags and offloads of if_tun.h.
const (
	flagTAP     = 0x2
	flagMulti   = 0x100
	flagNoInfo  = 0x1000
	flagHeader  = 0x4000
	offloadCSum = 0x01
	offloadTSO4 = 0x02
	offloadTSO6 = 0x04
	offloadUSO4 = 0x20
	offloadUSO6 = 0x40
	offloadUSO  = offloadUSO4 | offloadUSO6
	offloadTSO  = offloadCSum | offloadTSO4 | offloadTSO6
)

// Queue is one queue of an interface.
type Queue struct {
	fd       int
	name     string
	features uint64
}

var _ virtio.Backend = (*Queue)(nil)

// maxName is the longest name of an interface (IFNAMSIZ without the zero).
const maxName = 15

var (
	errName     = errors.New("not the name of an interface")
	errNotTAP   = errors.New("it is no TAP queue with a virtio header")
	errMultiple = errors.New("it has one queue only")
)

// Open opens queues queues of the TAP interface name, in this process's network
// namespace. It returns the interface's MTU, too.
func Open(name string, queues int) (q []*Queue, mtu int, err error) {
	if name == "" || len(name) > maxName {
		return nil, 0, &Error{name, "open", errName, "names have 1 to 15 characters"}
	}
	// Attaching would make an interface that is missing, given the right to.
	if mtu, err = interfaceMTU(name); err != nil {
		next := ""
		if errors.Is(err, syscall.ENODEV) {
			next = "create it first: ip tuntap add dev " + name + " mode tap vnet_hdr"
		}
		return nil, 0, &Error{name, "find", err, next}
	}
	flags := uint16(flagTAP | flagNoInfo | flagHeader)
	if queues > 1 {
		flags |= flagMulti
	}
	defer func() {
		if err != nil {
			closeAll(q)
			q = nil
		}
	}()
	for range queues {
		fd, err := syscall.Open("/dev/net/tun", syscall.O_RDWR|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
		if err != nil {
			return q, 0, &Error{name, "open /dev/net/tun", err, nextOpen(err)}
		}
		q = append(q, &Queue{fd: fd, name: name})
		if err := attach(fd, name, flags); err != nil {
			return q, 0, &Error{name, "attach", err, nextAttach(err, name, queues)}
		}
		if err := q[len(q)-1].prepare(); err != nil {
			return q, 0, err
		}
	}
	return q, mtu, nil
}

func nextOpen(err error) string {
	switch {
	case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ENODEV), errors.Is(err, syscall.ENXIO):
		return "this host has no TUN/TAP: load the kernel module tun, or make the device node: mknod /dev/net/tun c 10 200"
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return "give this user the right to read and write /dev/net/tun"
	}
	return ""
}

func nextAttach(err error, name string, queues int) string {
	switch {
	case errors.Is(err, syscall.EPERM):
		return "make this user its owner: ip tuntap add dev " + name + " mode tap vnet_hdr user NAME"
	case errors.Is(err, syscall.EBUSY):
		return "another program uses it"
	case errors.Is(err, syscall.EINVAL) && queues > 1:
		return "it has to be a TAP interface with multi_queue for queues=" + strconv.Itoa(queues)
	case errors.Is(err, syscall.EINVAL):
		return "it has to be a TAP interface without multi_queue for queues=1"
	}
	return ""
}

// Inherited takes over descriptors that are queues of one TAP interface already.
// They stay the caller's if there is an error.
func Inherited(fds []int) ([]*Queue, error) {
	var queues []*Queue
	for _, fd := range fds {
		q := &Queue{fd: fd, name: "descriptor " + strconv.Itoa(fd)}
		flags, err := attached(fd)
		if err == nil && flags&(flagTAP|flagNoInfo|flagHeader) != flagTAP|flagNoInfo|flagHeader {
			err = errNotTAP
		}
		if err == nil && len(fds) > 1 && flags&flagMulti == 0 {
			err = errMultiple
		}
		if err == nil {
			err = syscall.SetNonblock(fd, true)
		}
		if err != nil {
			return nil, &Error{q.name, "inherit", err, "open it with IFF_TAP, IFF_NO_PI and IFF_VNET_HDR"}
		}
		syscall.CloseOnExec(fd)
		if err := q.prepare(); err != nil {
			return nil, err
		}
		queues = append(queues, q)
	}
	return queues, nil
}

func closeAll(queues []*Queue) {
	for _, q := range queues {
		q.Close()
	}
}

// prepare sets the header's size and finds out which offloads there are.
func (q *Queue) prepare() error {
	if err := setHeaderSize(q.fd, virtio.HeaderSize); err != nil {
		return &Error{q.name, "set the header's size", err, ""}
	}
	q.features = abi.NetFeatureCSum | abi.NetFeatureGuestCSum |
		abi.NetFeatureGuestTSO4 | abi.NetFeatureGuestTSO6 | abi.NetFeatureHostTSO4 | abi.NetFeatureHostTSO6
	err := setOffload(q.fd, offloadTSO|offloadUSO)
	if err == nil {
		q.features |= abi.NetFeatureGuestUSO4 | abi.NetFeatureGuestUSO6 | abi.NetFeatureHostUSO
	} else {
		err = setOffload(q.fd, offloadTSO) // before Linux 6.2
	}
	if err != nil {
		return &Error{q.name, "set offloads", err, ""}
	}
	return nil
}

// Close closes the queue.
func (q *Queue) Close() error { return syscall.Close(q.fd) }

// FD implements virtio.Backend.
func (q *Queue) FD() int { return q.fd }

// Features implements virtio.Backend.
func (q *Queue) Features() uint64 { return q.features }

// Accept implements virtio.Backend. What the driver sends needs no setting.
func (q *Queue) Accept(features uint64) error {
	arg := uintptr(0)
	for _, f := range []struct {
		feature uint64
		offload uintptr
	}{
		{abi.NetFeatureGuestCSum, offloadCSum},
		{abi.NetFeatureGuestTSO4, offloadTSO4}, {abi.NetFeatureGuestTSO6, offloadTSO6},
		// Linux has both or none.
		{abi.NetFeatureGuestUSO4, offloadUSO}, {abi.NetFeatureGuestUSO6, offloadUSO},
	} {
		if features&f.feature != 0 {
			arg |= f.offload
		}
	}
	if features&(abi.NetFeatureGuestUSO4|abi.NetFeatureGuestUSO6) != abi.NetFeatureGuestUSO4|abi.NetFeatureGuestUSO6 {
		arg &^= offloadUSO
	}
	if err := setOffload(q.fd, arg); err != nil {
		return &Error{q.name, "set offloads", err, ""}
	}
	return nil
}
