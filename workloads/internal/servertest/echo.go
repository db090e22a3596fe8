package servertest

import (
	"bytes"
	"io"
	"testing"

	"unibench/workloads/internal/server"
)

// EchoTCP checks that p returns what a connection sends, and ends though another is
// idle.
func EchoTCP(t *testing.T, p server.Program) {
	t.Helper()
	addr := Start(t, p)
	if _, err := io.WriteString(Dial(t, "tcp", addr), "x"); err != nil {
		t.Fatal(err)
	}
	sent := bytes.Repeat([]byte("0123456789abcdef!"), 100_000)
	if got := Ask(t, addr, sent); !bytes.Equal(got, sent) {
		t.Errorf("got %d bytes back of %d, or others", len(got), len(sent))
	}
}

// EchoUDP checks that p returns datagrams of all sizes.
func EchoUDP(t *testing.T, p server.Program) {
	t.Helper()
	conn := Dial(t, "udp", Start(t, p))
	b := make([]byte, 64<<10) // the largest datagram and more
	for _, size := range []int{0, 1, 1472, 9000, 65507} {
		sent := bytes.Repeat([]byte{byte(size)}, size)
		if _, err := conn.Write(sent); err != nil {
			t.Fatal(err)
		}
		n, err := conn.Read(b)
		if err != nil || !bytes.Equal(b[:n], sent) {
			t.Errorf("datagram of %d bytes came back with %d, %v", size, n, err)
		}
	}
}
