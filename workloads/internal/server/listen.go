package server

import (
	"fmt"
	"io"
	"net"
)

// Listen listens on addr for connections and says so.
func Listen(stdout io.Writer, addr string) (*net.TCPListener, error) {
	l, err := listen(addr)
	if err != nil {
		return nil, err
	}
	if err := announce(stdout, l); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// ListenBoth listens on addr for connections and for datagrams, at the same port,
// and says so.
func ListenBoth(stdout io.Writer, addr string) (*net.TCPListener, *net.UDPConn, error) {
	l, err := listen(addr)
	if err != nil {
		return nil, nil, err
	}
	// The port of TCP, which addr may have left to the system.
	datagrams, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(l.Addr().(*net.TCPAddr).AddrPort()))
	if err != nil {
		l.Close()
		return nil, nil, err
	}
	if err := announce(stdout, l); err != nil {
		l.Close()
		datagrams.Close()
		return nil, nil, err
	}
	return l, datagrams, nil
}

func listen(addr string) (*net.TCPListener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	return l.(*net.TCPListener), nil
}

func announce(stdout io.Writer, l net.Listener) error {
	_, err := fmt.Fprintln(stdout, "listening on", l.Addr())
	return err
}
