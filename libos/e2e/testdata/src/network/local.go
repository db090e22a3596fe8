package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

func ctx() context.Context { return context.Background() }

// options reads back what it sets.
func options() error {
	c, s, err := pair("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer s.Close()
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	get := func(what string, level, option int) {
		raw.Control(func(fd uintptr) {
			v, err := syscall.GetsockoptInt(int(fd), level, option)
			fmt.Println(what, v, err)
		})
	}
	get("nodelay", syscall.IPPROTO_TCP, syscall.TCP_NODELAY)
	show("nodelay off", c.SetNoDelay(false))
	get("nodelay", syscall.IPPROTO_TCP, syscall.TCP_NODELAY)
	show("keep-alive", c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: 11 * time.Second, Interval: 3 * time.Second, Count: 4}))
	get("keep-alive", syscall.SOL_SOCKET, syscall.SO_KEEPALIVE)
	get("idle", syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE)
	get("interval", syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL)
	get("count", syscall.IPPROTO_TCP, syscall.TCP_KEEPCNT)
	get("type", syscall.SOL_SOCKET, syscall.SO_TYPE)
	get("domain", syscall.SOL_SOCKET, syscall.SO_DOMAIN)
	get("protocol", syscall.SOL_SOCKET, syscall.SO_PROTOCOL)
	get("accepting", syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN)
	get("error", syscall.SOL_SOCKET, syscall.SO_ERROR)
	get("reuse", syscall.SOL_SOCKET, syscall.SO_REUSEADDR)
	show("receive buffer", c.SetReadBuffer(100_000))
	show("send buffer", c.SetWriteBuffer(100_000))
	raw.Control(func(fd uintptr) {
		sa, err := syscall.Getpeername(int(fd))
		four, ok := sa.(*syscall.SockaddrInet4)
		fmt.Println("peer", ok && four.Port == s.LocalAddr().(*net.TCPAddr).Port, err)
	})
	fmt.Println(c.RemoteAddr().String() == s.LocalAddr().String(), c.LocalAddr().String() == s.RemoteAddr().String())
	mp, err := c.MultipathTCP()
	fmt.Println("multipath:", mp, err)
	return nil
}

func unixSockets() error {
	dir, err := os.MkdirTemp("", "unix")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	for _, path := range []string{filepath.Join(dir, "s"), "@abstract"} {
		for _, network := range []string{"unix", "unixpacket"} {
			l, err := net.Listen(network, path)
			if err != nil {
				return err
			}
			_, err = net.Listen(network, path)
			show("listen twice", err)
			c, err := net.Dial(network, path)
			if err != nil {
				return err
			}
			s, err := l.Accept()
			if err != nil {
				return err
			}
			c.Write([]byte("one"))
			c.Write([]byte("two"))
			c.Close()
			b := make([]byte, 100)
			for {
				n, err := s.Read(b)
				if n == 0 || err != nil {
					fmt.Println(n, err)
					break
				}
				fmt.Printf("%s %q\n", network, b[:n])
			}
			l.Close()
			_, err = net.Dial(network, path)
			show("closed", err)
		}
	}
	// Datagrams, and a descriptor in a message.
	address := &net.UnixAddr{Name: filepath.Join(dir, "d"), Net: "unixgram"}
	a, err := net.ListenUnixgram("unixgram", address)
	if err != nil {
		return err
	}
	b, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "e"), Net: "unixgram"})
	if err != nil {
		return err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	_, _, err = b.WriteMsgUnix([]byte("a descriptor"), syscall.UnixRights(int(w.Fd())), address)
	show("send", err)
	w.Close()
	data, control := make([]byte, 100), make([]byte, 100)
	n, oobn, _, _, err := a.ReadMsgUnix(data, control)
	if err != nil {
		return err
	}
	messages, err := syscall.ParseSocketControlMessage(control[:oobn])
	if err != nil || len(messages) != 1 {
		return fmt.Errorf("control messages: %d, %w", len(messages), err)
	}
	fds, err := syscall.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return fmt.Errorf("descriptors: %d, %w", len(fds), err)
	}
	f := os.NewFile(uintptr(fds[0]), "pipe")
	f.Write([]byte("through it"))
	f.Close()
	text, err := io.ReadAll(r)
	fmt.Printf("%q %q %v\n", data[:n], text, err)
	return nil
}

// overUnix is HTTP over a unix socket.
func overUnix() error {
	l, err := net.Listen("unix", "@http")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "hello from", r.URL.Path)
	})}
	go server.Serve(l)
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", "@http")
	}}}
	res, err := client.Get("http://any/path")
	if err != nil {
		return err
	}
	body, err := io.ReadAll(res.Body)
	fmt.Printf("%s %q %v\n", res.Status, body, err)
	return server.Shutdown(ctx())
}

// interfaces prints what there is.
func interfaces() error {
	all, err := net.Interfaces()
	if err != nil {
		return err
	}
	for _, i := range all {
		addresses, err := i.Addrs()
		if err != nil {
			return err
		}
		fmt.Println(i.Index, i.Name, i.MTU, i.HardwareAddr, i.Flags)
		for _, a := range addresses {
			fmt.Println("   ", a)
		}
	}
	c, err := net.Dial("udp", "198.18.0.1:9")
	if err != nil {
		return err
	}
	fmt.Println("from", c.LocalAddr().(*net.UDPAddr).IP)
	return nil
}

// resolve asks for names, with Go's resolver.
func resolve() error {
	hosts, err := net.LookupHost("two.example.")
	slices.Sort(hosts)
	fmt.Println(hosts, err)
	ips, err := net.DefaultResolver.LookupIP(ctx(), "ip4", "two.example.")
	fmt.Println(ips, err)
	cname, err := net.LookupCNAME("alias.example.")
	fmt.Println(cname, err)
	texts, err := net.LookupTXT("long.example.")
	n := 0
	for _, t := range texts {
		n += len(t)
	}
	fmt.Println(len(texts), n, err)
	_, err = net.LookupHost("missing.example.")
	var d *net.DNSError
	fmt.Println(errors.As(err, &d) && d.IsNotFound)
	names, err := net.LookupAddr("198.18.0.7")
	fmt.Println(names, err)
	hosts, err = net.LookupHost("localhost")
	slices.Sort(hosts)
	fmt.Println(hosts, err)
	port, err := net.LookupPort("tcp", "https")
	fmt.Println(port, err)
	return nil
}

// blackHole dials an address that does not answer.
func blackHole() error {
	_, err := net.DialTimeout("tcp", "198.18.0.77:1", 2*soon)
	show("dial", err)
	short, cancel := context.WithTimeout(ctx(), 2*soon)
	defer cancel()
	_, err = (&net.Dialer{}).DialContext(short, "tcp", "198.18.0.77:1")
	fmt.Println(errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded))
	return nil
}

// waitForSignal holds a listener and waits.
func waitForSignal() error {
	l, err := net.Listen("tcp", ":7")
	if err != nil {
		return err
	}
	fmt.Println("listening on", l.Addr())
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go io.Copy(c, c)
	}
}
