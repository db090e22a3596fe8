package posix

import (
	"bytes"
	"math/rand/v2"
	"sync"
	"testing"

	"unibench/libos/guest/linux"
)

// TestDescriptorChurn opens and closes descriptors while others use them: each
// call finds the description of some moment, or none.
func TestDescriptorChurn(t *testing.T) {
	p, _, _ := newNet(t)
	var wg sync.WaitGroup
	for g := range uint64(4) {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(g, 1))
			b := make([]byte, 8)
			for range 2000 {
				fd := 3 + r.IntN(40)
				switch r.IntN(7) {
				case 0:
					var pair [2]int32
					sys(p, linux.SysSocketpair, linux.AfUnix, linux.SockStream|linux.SockNonblock, 0, &pair)
				case 1:
					sys(p, linux.SysEventfd2, 1, linux.ONonblock)
				case 2:
					sys(p, linux.SysClose, fd)
				case 3:
					sys(p, linux.SysWrite, fd, b, 8)
				case 4:
					sys(p, linux.SysRead, fd, b, 8)
				case 5:
					sys(p, linux.SysDup2, fd, 3+r.IntN(80))
				case 6:
					sys(p, linux.SysPoll, &linux.Pollfd{FD: int32(fd), Events: linux.PollIn | linux.PollOut}, 1, 0)
				}
			}
		})
	}
	wg.Wait()
	sys(p, linux.SysCloseRange, 3, uintptr(1<<32-1), 0)
	if fd := must(t, p, linux.SysEventfd2, 0, 0); fd != 3 {
		t.Errorf("the first free descriptor is %d, want 3", fd)
	}
}

// TestUnixStreamConcurrent moves bytes both ways at once through a stream that
// holds only a part of them.
func TestUnixStreamConcurrent(t *testing.T) {
	p, _, _ := newNet(t)
	var pair [2]int32
	must(t, p, linux.SysSocketpair, linux.AfUnix, linux.SockStream, 0, &pair)
	data := bytes.Repeat([]byte("abcdefghijklmno"), 100_000)
	var wg sync.WaitGroup
	for i, fd := range pair {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 2))
			for rest := data; len(rest) > 0; {
				n := min(len(rest), 1+r.IntN(400_000))
				sent, errno := sys(p, linux.SysWrite, int(fd), rest[:n], n)
				if sent != n || errno != 0 {
					t.Errorf("write of %d = %d, %d", n, sent, errno)
					return
				}
				rest = rest[n:]
			}
			sys(p, linux.SysShutdown, int(fd), 1)
		})
		wg.Go(func() {
			var got []byte
			b := make([]byte, 70_000)
			for {
				n, errno := sys(p, linux.SysRead, int(fd), b, len(b))
				if errno != 0 {
					t.Errorf("read = %d", errno)
				}
				if n <= 0 {
					break
				}
				got = append(got, b[:n]...)
			}
			if !bytes.Equal(got, data) {
				t.Errorf("side %d received %d bytes, want %d", i, len(got), len(data))
			}
		})
	}
	wg.Wait()
}

// TestUnixServer: many clients, a small backlog, blocking calls on both sides.
func TestUnixServer(t *testing.T) {
	p, _, _ := newNet(t)
	const clients = 50
	name := append([]byte{linux.AfUnix, 0}, "/tmp/server\x00"...)
	l := must(t, p, linux.SysSocket, linux.AfUnix, linux.SockSeqpacket, 0)
	must(t, p, linux.SysBind, l, name, len(name))
	must(t, p, linux.SysListen, l, 1)
	var wg sync.WaitGroup
	for k := range clients {
		wg.Go(func() {
			c, _ := sys(p, linux.SysSocket, linux.AfUnix, linux.SockSeqpacket, 0)
			if _, errno := sys(p, linux.SysConnect, c, name, len(name)); errno != 0 {
				t.Errorf("connect = %d", errno)
				return
			}
			b := []byte{byte(k), 0, 0}
			sys(p, linux.SysWrite, c, b, 1+k%3)
			if n, errno := sys(p, linux.SysRead, c, b, 3); n != 1+k%3 || errno != 0 || b[0] != byte(k)+1 {
				t.Errorf("read = %d, %d, %v", n, errno, b)
			}
			sys(p, linux.SysClose, c)
		})
	}
	for range clients {
		c := must(t, p, linux.SysAccept, l, 0, 0)
		wg.Go(func() {
			b := make([]byte, 3)
			n, _ := sys(p, linux.SysRead, c, b, 3)
			b[0]++
			sys(p, linux.SysWrite, c, b, n)
			if n, errno := sys(p, linux.SysRead, c, b, 3); n != 0 || errno != 0 {
				t.Errorf("read at the end = %d, %d", n, errno)
			}
			sys(p, linux.SysClose, c)
		})
	}
	wg.Wait()
}

// TestDatagramBackpressure: a receiver that is slow holds up many senders, and
// loses nothing.
func TestDatagramBackpressure(t *testing.T) {
	p, _, _ := newNet(t)
	const senders, each = 8, 100
	name := append([]byte{linux.AfUnix, 0, 0}, "sink"...)
	sink := must(t, p, linux.SysSocket, linux.AfUnix, linux.SockDgram, 0)
	must(t, p, linux.SysBind, sink, name, len(name))
	var wg sync.WaitGroup
	for k := range senders {
		wg.Go(func() {
			c, _ := sys(p, linux.SysSocket, linux.AfUnix, linux.SockDgram, 0)
			for i := range each {
				if n, errno := sys(p, linux.SysSendto, c, []byte{byte(k), byte(i)}, 2, 0, name, len(name)); n != 2 || errno != 0 {
					t.Errorf("sendto = %d, %d", n, errno)
				}
			}
		})
	}
	var next [senders]byte
	b := make([]byte, 10)
	for range senders * each {
		if n := must(t, p, linux.SysRead, sink, b, 10); n != 2 || next[b[0]] != b[1] {
			t.Fatalf("received %v, want number %d", b[:n], next[b[0]])
		}
		next[b[0]]++
	}
	wg.Wait()
}

// TestEpollConcurrent: events are seen whatever comes between.
func TestEpollConcurrent(t *testing.T) {
	p, _, _ := newNet(t)
	const sources, each = 6, 200
	ep := must(t, p, linux.SysEpollCreate1, 0)
	var wg sync.WaitGroup
	for k := range sources {
		ev := must(t, p, linux.SysEventfd2, 0, linux.ONonblock)
		mask := uint32(linux.PollIn)
		if k%2 == 0 {
			mask |= linux.EpollEt
		}
		must(t, p, linux.SysEpollCtl, ep, linux.EpollCtlAdd, ev, &linux.EpollEvent{Events: mask, Data: [2]uint32{uint32(ev)}})
		wg.Go(func() {
			for range each {
				one := uint64(1)
				sys(p, linux.SysWrite, ev, &one, 8)
			}
		})
	}
	wg.Go(func() { // descriptors that come and go
		for range 200 {
			x, _ := sys(p, linux.SysEventfd2, 1, 0)
			sys(p, linux.SysEpollCtl, ep, linux.EpollCtlAdd, x, &linux.EpollEvent{Events: linux.PollIn, Data: [2]uint32{1 << 30}})
			sys(p, linux.SysClose, x)
		}
	})
	events := make([]linux.EpollEvent, 4)
	for total := uint64(0); total < sources*each; {
		n := must(t, p, linux.SysEpollWait, ep, &events[0], 4, -1)
		for _, e := range events[:n] {
			var v uint64
			if e.Data[0] < 1<<30 {
				if _, errno := sys(p, linux.SysRead, int(e.Data[0]), &v, 8); errno == 0 {
					total += v
				}
			}
		}
	}
	wg.Wait()
}
