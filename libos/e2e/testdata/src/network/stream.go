package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// pair returns the two ends of a connection.
func pair(network, address string) (client, server *net.TCPConn, err error) {
	l, err := net.Listen(network, address)
	if err != nil {
		return nil, nil, err
	}
	defer l.Close()
	c, err := net.Dial(network, l.Addr().String())
	if err != nil {
		return nil, nil, err
	}
	s, err := l.Accept()
	if err != nil {
		return nil, nil, err
	}
	return c.(*net.TCPConn), s.(*net.TCPConn), nil
}

const soon = 30 * time.Millisecond

func deadlines() error {
	c, s, err := pair("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	b := make([]byte, 1<<20)
	c.SetReadDeadline(time.Now().Add(soon))
	_, err = c.Read(b)
	show("read", err)
	_, err = c.Read(b)
	show("read again", err)
	c.SetReadDeadline(time.Now().Add(-time.Hour))
	_, err = c.Read(b)
	show("read, deadline in the past", err)
	c.SetReadDeadline(time.Time{})
	s.Write([]byte("x"))
	n, err := c.Read(b)
	show("read without a deadline", err)
	fmt.Println(n, "byte")

	c.SetWriteDeadline(time.Now().Add(soon))
	for err = nil; err == nil; {
		_, err = c.Write(b)
	}
	show("write to someone who does not read", err)
	// A deadline that is set while somebody waits.
	time.AfterFunc(soon, func() { s.SetReadDeadline(time.Now()) })
	for err = nil; err == nil; {
		_, err = s.Read(b)
	}
	show("read all there was", err)

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	l.(*net.TCPListener).SetDeadline(time.Now().Add(soon))
	_, err = l.Accept()
	show("accept", err)
	time.AfterFunc(soon, func() { l.Close() })
	l.(*net.TCPListener).SetDeadline(time.Time{})
	_, err = l.Accept()
	fmt.Println("accept, then closed:", errors.Is(err, net.ErrClosed))
	u, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	u.SetDeadline(time.Now().Add(soon))
	_, _, err = u.ReadFrom(b)
	show("receive", err)
	return nil
}

func halfClose() error {
	for _, network := range []string{"tcp4", "tcp6"} {
		address := map[string]string{"tcp4": "127.0.0.1:0", "tcp6": "[::1]:0"}[network]
		c, s, err := pair(network, address)
		if err != nil {
			return err
		}
		c.Write([]byte("question"))
		c.CloseWrite()
		_, err = c.Write([]byte("more"))
		show("write after the end", err)
		q, err := io.ReadAll(s)
		fmt.Printf("server: %q %v\n", q, err)
		s.Write([]byte("answer"))
		s.Close()
		a, err := io.ReadAll(c)
		fmt.Printf("client: %q %v\n", a, err)
		c.Close()
		_, err = c.Read(make([]byte, 1))
		fmt.Println("closed:", errors.Is(err, net.ErrClosed))

		if c, s, err = pair(network, address); err != nil {
			return err
		}
		c.CloseRead()
		n, err := c.Read(make([]byte, 1))
		fmt.Println("read end closed:", n, err)
		c.Write([]byte("still"))
		b := make([]byte, 100)
		n, err = s.Read(b)
		fmt.Printf("server: %q %v\n", b[:n], err)
		c.Close()
		s.Close()

		// Close with unread data resets.
		if c, s, err = pair(network, address); err != nil {
			return err
		}
		s.Write([]byte("unread"))
		n, err = c.Read(b[:1])
		fmt.Printf("client: %q %v\n", b[:n], err)
		c.Close()
		s.SetReadDeadline(time.Now().Add(time.Second))
		_, err = s.Read(b)
		show("peer closed", err)
	}
	return nil
}

func failures() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := l.Addr().String()
	_, err = net.Listen("tcp", address)
	show("listen twice", err)
	l.Close()
	_, err = net.Dial("tcp", address)
	show("nobody listens", err)
	_, err = net.Listen("tcp", "203.0.113.1:0")
	show("not our address", err)
	_, err = net.Dial("tcp", "127.0.0.1:99999")
	fmt.Println(err)
	_, err = net.Dial("tpc", "127.0.0.1:1")
	fmt.Println(err)
	_, err = net.Dial("tcp4", "[::1]:1")
	fmt.Println(err)
	u, err := net.Dial("udp", address)
	if err != nil {
		return err
	}
	u.Write([]byte("x"))
	u.SetDeadline(time.Now().Add(5 * time.Second))
	_, err = u.Read(make([]byte, 10))
	show("nobody receives", err)
	_, err = u.Write(make([]byte, 66000))
	show("datagram too long", err)

	c, s, err := pair("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s.SetLinger(0)
	s.Close()
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, err = c.Read(make([]byte, 1))
	show("reset", err)
	_, err = c.Write([]byte("x"))
	show("write to nobody", err)
	return nil
}

func reusePort() error {
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		return errors.Join(c.Control(func(fd uintptr) {
			err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, 15 /* SO_REUSEPORT */, 1)
		}), err)
	}}
	first, err := config.Listen(ctx(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := first.Addr().String()
	second, err := config.Listen(ctx(), "tcp", address)
	if err != nil {
		return err
	}
	_, err = net.Listen("tcp", address)
	show("without the option", err)
	const count = 200
	var mu sync.Mutex
	accepted := map[net.Listener]int{}
	var all sync.WaitGroup
	all.Add(count)
	for _, l := range []net.Listener{first, second} {
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				mu.Lock()
				accepted[l]++
				mu.Unlock()
				c.Close()
				all.Done()
			}
		}()
	}
	for range count {
		c, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		c.Close()
	}
	all.Wait()
	fmt.Println("both serve:", accepted[first] > 20, accepted[second] > 20, accepted[first]+accepted[second])
	return nil
}

func files() error {
	c, s, err := pair("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	f, err := c.File()
	if err != nil {
		return err
	}
	c.Close()
	again, err := net.FileConn(f)
	if err != nil {
		return err
	}
	f.Close()
	again.Write([]byte("by a duplicate"))
	b := make([]byte, 100)
	n, err := s.Read(b)
	fmt.Printf("%q %v %T\n", b[:n], err, again)
	_, err = net.FileConn(os.Stdin)
	fmt.Println("not a socket:", err != nil)
	return nil
}

// copies moves data by io.Copy, for which there is sendfile and splice.
func copies() error {
	name := os.TempDir() + "/copies"
	data := bytes.Repeat([]byte("0123456789abcdef"), 100_000)
	if err := os.WriteFile(name, data, 0o600); err != nil {
		return err
	}
	defer os.Remove(name)
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	c, s, err := pair("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	c2, s2, err := pair("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() { // file -> connection
		io.Copy(c, f)
		c.Close()
	}()
	go func() { // connection -> connection
		io.Copy(c2, s)
		c2.Close()
	}()
	got, err := os.Create(name + "2") // connection -> file
	if err != nil {
		return err
	}
	defer os.Remove(name + "2")
	n, err := io.Copy(got, s2)
	fmt.Println(n, err)
	back, err := os.ReadFile(name + "2")
	fmt.Println(bytes.Equal(back, data), err)
	f.Seek(5, io.SeekStart)
	c, s, err = pair("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	n, err = io.CopyN(c, f, 10)
	c.Close()
	text, _ := io.ReadAll(s)
	at, _ := f.Seek(0, io.SeekCurrent)
	fmt.Printf("%d %v %q %d\n", n, err, text, at)
	return nil
}

// many has connections that all wait for each other.
func many() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	const count = 300
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go io.Copy(c, c)
		}
	}()
	conns := make([]net.Conn, count)
	for i := range conns {
		if conns[i], err = net.Dial("tcp", l.Addr().String()); err != nil {
			return err
		}
	}
	sum := 0
	var mu sync.Mutex
	var all sync.WaitGroup
	for i, c := range conns {
		all.Go(func() {
			want := bytes.Repeat([]byte{byte(i)}, 5000)
			got := make([]byte, len(want))
			for range 5 {
				c.Write(want)
				if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, want) {
					return
				}
			}
			mu.Lock()
			sum++
			mu.Unlock()
		})
	}
	all.Wait()
	fmt.Println(sum, "connections")
	return nil
}
