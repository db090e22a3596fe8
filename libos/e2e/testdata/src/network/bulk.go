package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"syscall"
	"time"
)

// drain accepts connections until the listener is closed. Of each it reads so many
// bytes in small pieces, more slowly than they come, and answers. It closes at once, or
// when the other side has done so.
func drain(l net.Listener, bytes int, first bool) {
	piece := make([]byte, 4<<10)
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		for left := bytes; left > 0 && err == nil; {
			var n int
			n, err = c.Read(piece[:min(left, len(piece))])
			left -= n
		}
		c.Write([]byte("done"))
		if !first {
			io.Copy(io.Discard, c)
		}
		c.Close()
	}
}

// transfer sends so many bytes and reads the answer, and then its end, unless it is to
// be the first to close.
func transfer(c net.Conn, bytes int, first bool) error {
	defer c.Close()
	if _, err := c.Write(make([]byte, bytes)); err != nil {
		return err
	}
	answer := make([]byte, len("done"))
	if _, err := io.ReadFull(c, answer); err != nil {
		return err
	}
	if string(answer) != "done" {
		return fmt.Errorf("answer %q", answer)
	}
	if first {
		return nil
	}
	_, err := io.Copy(io.Discard, c)
	return err
}

// slowReader fills receive buffers again and again. If the sender is not told at once
// when there is room again, it asks by itself, after some tenths of a second each time:
// too late for all of them.
func slowReader() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	const bytes = 300000
	go drain(l, bytes, false)
	end := time.Now().Add(20 * time.Second)
	for range 600 {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			return err
		}
		c.SetDeadline(end)
		if err := transfer(c, bytes, true); err != nil {
			return err
		}
	}
	fmt.Println("600 times")
	return nil
}

// again comes back from the same port after transfers that were faster than initial
// sequence numbers grow, to a server that is in TIME-WAIT.
func again() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	const bytes = 16 << 20
	go drain(l, bytes, true)
	from := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}
	for range 4 {
		d := net.Dialer{LocalAddr: from, Control: func(_, _ string, c syscall.RawConn) (err error) {
			control := c.Control(func(fd uintptr) {
				err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
			})
			if err == nil {
				err = control
			}
			return err
		}}
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		c, err := d.DialContext(ctx, "tcp", l.Addr().String())
		for errors.Is(err, syscall.EADDRNOTAVAIL) && ctx.Err() == nil {
			runtime.Gosched() // the end of the connection before is on its way
			c, err = d.DialContext(ctx, "tcp", l.Addr().String())
		}
		cancel()
		show("dial", err)
		if err != nil {
			return err
		}
		from = c.LocalAddr().(*net.TCPAddr)
		if err := transfer(c, bytes, false); err != nil {
			return err
		}
	}
	return nil
}
