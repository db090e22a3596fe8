package relay

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// receiveBytes is asked for as the receive buffer of a socket: a frame that finds
// it full is lost, and counted.
const receiveBytes = 16 << 20

// Open opens a packet socket on an interface of the calling thread's network
// namespace, for Run. It needs CAP_NET_RAW there.
func Open(index int) (*os.File, error) {
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("open packet socket: %w", err)
	}
	f := os.NewFile(uintptr(fd), "packet socket")
	set := func(option, value int) error { return unix.SetsockoptInt(fd, unix.SOL_PACKET, option, value) }
	err = errors.Join(
		set(unix.PACKET_VNET_HDR, 1),
		set(unix.PACKET_IGNORE_OUTGOING, 1), // what the relay sends itself
		set(unix.PACKET_QDISC_BYPASS, 1),
	)
	if err == nil && unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, receiveBytes) != nil {
		// Without the right to force it, as much as there is.
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBytes)
	}
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: bigEndian(unix.ETH_P_ALL), Ifindex: index})
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("set up packet socket: %w", err)
	}
	return f, nil
}

func bigEndian(n uint16) uint16 { return n<<8 | n>>8 }

// missed returns how many frames a socket lost since it was asked before.
func missed(fd int) int64 {
	st, err := unix.GetsockoptTpacketStats(fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil {
		return 0
	}
	return int64(st.Drops)
}
