package posix

import (
	"bytes"
	"testing"

	"unibench/libos/guest/linux"
)

// TestStackMemory makes the calls with memory that is said to be of the stack: the
// TCP/IP stack never sees it, and what goes through is the same.
func TestStackMemory(t *testing.T) {
	p, h, st := newNet(t)
	h.stack = make([]byte, 100_000)
	st.forbidden = h.OnStack
	c, s, _ := connectedTCP(t, p, linux.SockNonblock)
	u := must(t, p, linux.SysSocket, linux.AfInet, linux.SockDgram|linux.SockNonblock, 0)
	must(t, p, linux.SysBind, u, in4(2000), 16)
	must(t, p, linux.SysConnect, u, in4(2000, 127, 0, 0, 1), 16)
	back := make([]byte, 100_000)
	// vector is pieces of these lengths, one behind the other.
	vector := func(n ...int) []iovec {
		var v [][]byte
		rest := h.stack
		for _, n := range n {
			v, rest = append(v, rest[:n]), rest[n:]
		}
		return vectorOf(v...)
	}
	for _, d := range []struct {
		name string
		in   int // where it arrives
		num  uintptr
		args []any
		size int
	}{
		{"write", s, linux.SysWrite, []any{c, h.stack, 5000}, 5000},
		{"write of more than is copied at once", s, linux.SysWrite, []any{c, h.stack, 100_000}, bounceBytes},
		{"writev", s, linux.SysWritev, []any{c, &vector(10, 20, 30)[0], 3}, 60},
		{"writev of many", s, linux.SysWritev, []any{c, &vector(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)[0], 10}, 55},
		{"send of a datagram", u, linux.SysWrite, []any{u, h.stack, 1000}, 1000},
		{"sendto", u, linux.SysSendto, []any{u, h.stack, 300, 0, in4(2000, 127, 0, 0, 1), 16}, 300},
		{"sendmsg", u, linux.SysSendmsg, []any{u, header2(in4(2000, 127, 0, 0, 1), vector(100, 200), nil), 0}, 300},
	} {
		for _, stacked := range []bool{false, true} {
			for i := range h.stack {
				h.stack[i] = byte(i*7 + i/255)
			}
			want := bytes.Clone(h.stack[:d.size])
			if n, errno := sys(p, d.num, d.args...); n != d.size || errno != 0 {
				t.Fatalf("%s = %d, %d, want %d", d.name, n, errno, d.size)
			}
			into := back
			if stacked {
				into = h.stack
			}
			clear(into)
			got := 0
			for got < d.size {
				n, errno := sys(p, linux.SysRead, d.in, into[got:], len(into)-got)
				if errno != 0 || n == 0 {
					t.Fatalf("%s: read = %d, %d", d.name, n, errno)
				}
				got += n
			}
			if !bytes.Equal(into[:d.size], want) || bytes.Count(into[d.size:], []byte{0}) != len(into)-d.size {
				t.Errorf("%s, read with stack memory %v: other bytes arrive", d.name, stacked)
			}
		}
	}
	if n, errno := sys(p, linux.SysWrite, u, h.stack, 65_537); errno != linux.EMSGSIZE {
		t.Errorf("a datagram of 65537 bytes = %d, %d, want EMSGSIZE", n, errno)
	}
	// To discard bytes of a stream leaves the memory alone.
	must(t, p, linux.SysWrite, c, []byte("discarded"), 9)
	clear(h.stack)
	must(t, p, linux.SysRecvfrom, s, h.stack, 9, linux.MsgTrunc, nil, nil)
	// A datagram that is cut says how long it was.
	must(t, p, linux.SysWrite, u, back, 100)
	if n, errno := sys(p, linux.SysRecvfrom, u, h.stack, 10, linux.MsgTrunc, nil, nil); n != 100 || errno != 0 {
		t.Errorf("recv of 10 of 100 bytes = %d, %d, want 100", n, errno)
	}
	if n := st.offences.Load(); n != 0 {
		t.Errorf("the TCP/IP stack was given memory of the stack %d times", n)
	}
}
