//go:build unibench_guest

package testenv

import "syscall"

// libosHasRoute reports whether there is a way to addresses outside of the VM:
// uni test gives a VM a network only when asked to. To connect a datagram socket
// sends nothing; the address is one for documentation (RFC 5737).
func libosHasRoute() bool {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return false // a program without package net has no sockets
	}
	defer syscall.Close(fd)
	return syscall.Connect(fd, &syscall.SockaddrInet4{Addr: [4]byte{192, 0, 2, 1}, Port: 9}) == nil
}
