package main

import (
	"errors"
	"net"
	"runtime"
	"syscall"
)

const (
	connBytes     = 32 << 10 // buffer of a connection
	datagramBytes = 64 << 10 // the largest datagram and more
)

// echo returns what it reads until the connection ends, for whatever reason. It
// does not use io.Copy, which moves data within the kernel through a pipe: twice
// as many system calls, which pays for bulk data only.
func echo(conn *net.TCPConn) {
	b := make([]byte, connBytes)
	for {
		n, err := conn.Read(b)
		if n > 0 {
			if _, err := conn.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// serveUDP returns datagrams until conn is closed, with as many goroutines as can
// run at once.
func serveUDP(conn *net.UDPConn) error {
	errs := make(chan error)
	workers := runtime.GOMAXPROCS(0)
	for range workers {
		go func() { errs <- echoDatagrams(conn) }()
	}
	var first error
	for range workers {
		if err := <-errs; first == nil {
			first = err
			conn.Close() // ends the others
		}
	}
	return first
}

func echoDatagrams(conn *net.UDPConn) error {
	b := make([]byte, datagramBytes)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(b)
		if err != nil {
			return err
		}
		// A datagram that cannot be sent is lost, as datagrams may be.
		if _, err := conn.WriteToUDPAddrPort(b[:n], from); errors.Is(err, net.ErrClosed) || errors.Is(err, syscall.EBADF) {
			return err
		}
	}
}
