package netlab

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// vnetHeaderBytes is the size of the header before each frame on a TAP's
// descriptor, struct virtio_net_hdr_v1 (virtio 1.2, section 5.1.6).
const vnetHeaderBytes = 12

// tapOffloads are what the reader of a TAP is offered at first, all that the
// kernel's own interfaces exchange among each other. A monitor narrows them to
// what its guest accepted (TUNSETOFFLOAD).
const tapOffloads = unix.TUN_F_CSUM | unix.TUN_F_TSO4 | unix.TUN_F_TSO6 | unix.TUN_F_USO4 | unix.TUN_F_USO6

const tunPath = "/dev/net/tun"

// addTAP makes a TAP in the namespace, which lives as long as one of its
// descriptors is open somewhere.
func (n *namespace) addTAP(name string, mtu, queues int) (files []*os.File, err error) {
	defer func() {
		if err != nil {
			for _, f := range files {
				f.Close()
			}
			files = nil
		}
	}()
	err = n.do(func() error {
		for range queues {
			f, err := openTAP(name, queues > 1)
			if err != nil {
				return err
			}
			files = append(files, f)
		}
		return nil
	})
	if err != nil {
		return files, err
	}
	link, err := n.handle.LinkByName(name)
	if err == nil {
		err = n.handle.LinkSetMTU(link, mtu)
	}
	if err == nil {
		err = n.handle.LinkSetTxQLen(link, txQueueLen)
	}
	if err != nil {
		return files, fmt.Errorf("configure TAP: %w", err)
	}
	return files, nil
}

// openTAP makes or joins the TAP of that name in the calling thread's namespace.
func openTAP(name string, multi bool) (*os.File, error) {
	fd, err := unix.Open(tunPath, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: tunPath, Err: err}
	}
	if err := setTAP(fd, name, multi); err != nil {
		unix.Close(fd)
		return nil, err
	}
	// Not before: to the runtime's poller a descriptor without an interface
	// never becomes ready, not even later.
	return os.NewFile(uintptr(fd), name), nil
}

func setTAP(fd int, name string, multi bool) error {
	req, err := unix.NewIfreq(name)
	if err != nil {
		return fmt.Errorf("name TAP: %w", err)
	}
	flags := uint16(unix.IFF_TAP | unix.IFF_NO_PI | unix.IFF_VNET_HDR)
	if multi {
		flags |= unix.IFF_MULTI_QUEUE
	}
	req.SetUint16(flags)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, req); err != nil {
		return fmt.Errorf("make TAP: %w", err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TUNSETVNETHDRSZ, vnetHeaderBytes); err != nil {
		return fmt.Errorf("set header of TAP: %w", err)
	}
	if err := setOffloads(fd, tapOffloads); err != nil {
		return fmt.Errorf("set offloads of TAP: %w", err)
	}
	return nil
}

// setOffloads falls back to what kernels before UDP segmentation have.
func setOffloads(fd int, offloads int) error {
	err := unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, offloads)
	if errors.Is(err, unix.EINVAL) {
		err = unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, offloads&^(unix.TUN_F_USO4|unix.TUN_F_USO6))
	}
	return err
}
