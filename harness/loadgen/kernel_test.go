package loadgen

import (
	"fmt"
	"net"
	"testing"

	"golang.org/x/sys/unix"
)

func monotonic(t *testing.T) int64 {
	t.Helper()
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
		t.Fatal(err)
	}
	return ts.Nano()
}

// fullListener listens with a queue that has no room, and returns its address and
// a function that begins to accept and to echo.
func fullListener(t *testing.T) (addr string, release func()) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		unix.Shutdown(fd, unix.SHUT_RDWR) // wakes accept
		unix.Close(fd)
	})
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr = fmt.Sprintf("127.0.0.1:%d", sa.(*unix.SockaddrInet4).Port)
	c, err := net.Dial("tcp", addr) // the one that fits
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return addr, func() {
		go func() {
			for {
				conn, _, err := unix.Accept(fd)
				if err != nil {
					return
				}
				go func() {
					defer unix.Close(conn)
					b := make([]byte, 4096)
					for {
						n, err := unix.Read(conn, b)
						if n <= 0 || err != nil {
							return
						}
						if _, err := unix.Write(conn, b[:n]); err != nil {
							return
						}
					}
				}()
			}
		}()
	}
}
