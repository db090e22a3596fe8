package main

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
)

// stacks makes calls with memory of the stack, on goroutines so new that their
// stacks have to grow, and so move, in the midst of some of them.
func stacks() error {
	name := os.TempDir() + "/stacks"
	file := make([]byte, 60_000)
	pattern(file, 3)
	if err := os.WriteFile(name, file, 0o600); err != nil {
		return err
	}
	defer os.Remove(name)
	for _, c := range []struct {
		name string
		kind int
		make func(fd int) bool
		size int
	}{
		{"few bytes", syscall.SOCK_STREAM, sendFew, 200},
		{"some bytes", syscall.SOCK_STREAM, sendSome, 1000},
		{"many bytes", syscall.SOCK_STREAM, sendMany, 3000},
		{"datagram", syscall.SOCK_DGRAM, sendSome, 1000},
		{"file", syscall.SOCK_STREAM, func(fd int) bool { return sendFile(fd, name) }, len(file)},
	} {
		bad := 0
		for depth := range 50 {
			from, to, err := sockets(c.kind)
			if err != nil {
				return err
			}
			sent, received := make(chan bool), make(chan bool)
			go func() { sent <- below(depth, func() bool { return c.make(from) }) }()
			go func() { received <- below(depth, func() bool { return receive(to, c.size) }) }()
			if !<-sent || !<-received {
				bad++
			}
			syscall.Close(from)
			syscall.Close(to)
		}
		fmt.Printf("%s: %d bad\n", c.name, bad)
	}
	return nil
}

// below calls f deeper in the stack, by so many frames of some hundred bytes: one
// of the depths has the stack grow where it hurts.
//
//go:noinline
func below(depth int, f func() bool) bool {
	if depth == 0 {
		return f()
	}
	var frame [200]byte
	frame[depth] = 1
	ok := below(depth-1, f)
	return ok && frame[depth] == 1
}

// pattern fills b with bytes that tell where they belong.
func pattern(b []byte, step int) {
	for i := range b {
		b[i] = byte(i*step + i/251)
	}
}

func sendFew(fd int) bool {
	var b [200]byte
	pattern(b[:], 3)
	n, err := syscall.Write(fd, b[:])
	return n == len(b) && err == nil
}

func sendSome(fd int) bool {
	var b [1000]byte
	pattern(b[:], 3)
	n, err := syscall.Write(fd, b[:])
	return n == len(b) && err == nil
}

func sendMany(fd int) bool {
	var b [3000]byte
	pattern(b[:], 3)
	n, err := syscall.Write(fd, b[:])
	return n == len(b) && err == nil
}

func sendFile(fd int, name string) bool {
	in, err := syscall.Open(name, syscall.O_RDONLY, 0)
	if err != nil {
		return false
	}
	defer syscall.Close(in)
	for sent := 0; sent < 60_000; {
		n, err := syscall.Sendfile(fd, in, nil, 60_000-sent)
		if n <= 0 || err != nil {
			return false
		}
		sent += n
	}
	return true
}

// receive compares the next size bytes with the pattern.
func receive(fd, size int) bool {
	want := make([]byte, size)
	pattern(want, 3)
	for len(want) > 0 {
		var b [1500]byte
		n, err := syscall.Read(fd, b[:])
		if n <= 0 || err != nil || n > len(want) || !bytes.Equal(b[:n], want[:n]) {
			return false
		}
		want = want[n:]
	}
	return true
}

// sockets returns two that are connected over loopback.
func sockets(kind int) (from, to int, err error) {
	local := &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	if to, err = syscall.Socket(syscall.AF_INET, kind, 0); err != nil {
		return 0, 0, err
	}
	if err = syscall.Bind(to, local); err != nil {
		return 0, 0, err
	}
	if from, err = syscall.Socket(syscall.AF_INET, kind, 0); err != nil {
		return 0, 0, err
	}
	if kind == syscall.SOCK_STREAM {
		if err = syscall.Listen(to, 1); err != nil {
			return 0, 0, err
		}
	}
	bound, err := syscall.Getsockname(to)
	if err != nil {
		return 0, 0, err
	}
	if err = syscall.Connect(from, bound); err != nil || kind != syscall.SOCK_STREAM {
		return from, to, err
	}
	listener := to
	defer syscall.Close(listener)
	to, _, err = syscall.Accept(listener)
	return from, to, err
}
