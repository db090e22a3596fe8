package posix

import (
	"testing"

	"unibench/libos/guest/linux"
)

// TestUnixPacketRoom: who found no room for a packet by polling alone is told
// when the receiver has made some, and when it is gone.
func TestUnixPacketRoom(t *testing.T) {
	name := append([]byte{linux.AfUnix, 0}, "\x00room"...)
	for _, c := range []struct {
		name string
		make func(p *Process) (from, to int)
	}{
		{"pair", func(p *Process) (int, int) {
			var fds [2]int32
			must(t, p, linux.SysSocketpair, linux.AfUnix, linux.SockDgram|linux.SockNonblock, 0, &fds)
			return int(fds[0]), int(fds[1])
		}},
		{"name", func(p *Process) (int, int) {
			to := must(t, p, linux.SysSocket, linux.AfUnix, linux.SockDgram|linux.SockNonblock, 0)
			must(t, p, linux.SysBind, to, name, len(name))
			from := must(t, p, linux.SysSocket, linux.AfUnix, linux.SockDgram|linux.SockNonblock, 0)
			must(t, p, linux.SysConnect, from, name, len(name))
			return from, to
		}},
		{"sequence", func(p *Process) (int, int) {
			var fds [2]int32
			must(t, p, linux.SysSocketpair, linux.AfUnix, linux.SockSeqpacket|linux.SockNonblock, 0, &fds)
			return int(fds[0]), int(fds[1])
		}},
	} {
		for _, gone := range []bool{false, true} {
			p, h, _ := newNet(t)
			from, to := c.make(p)
			b := make([]byte, 20_000)
			told := func() bool {
				h.mu.Lock()
				defer h.mu.Unlock()
				n := h.ready[7]
				h.ready[7] = 0
				return n > 0
			}
			for {
				if _, errno := sys(p, linux.SysWrite, from, b, len(b)); errno == linux.EAGAIN {
					break
				} else if errno != 0 {
					t.Fatalf("%s: write = %d", c.name, errno)
				}
			}
			// Who waits for the write is told of this. It is not yet enough.
			must(t, p, linux.SysRead, to, b, len(b))
			set := must(t, p, linux.SysEpollCreate1, 0)
			must(t, p, linux.SysEpollCtl, set, linux.EpollCtlAdd, from, &linux.EpollEvent{Events: linux.PollOut})
			if errno := p.PollRegister(set, 7); errno != 0 {
				t.Fatalf("PollRegister = %d", errno)
			}
			var e linux.EpollEvent
			if n := must(t, p, linux.SysEpollWait, set, &e, 1, 0); n != 0 || told() {
				t.Fatalf("%s: %d events %#x while there is no room", c.name, n, e.Events)
			}
			if gone {
				must(t, p, linux.SysClose, to)
			} else {
				for n := 1; n > 0; {
					n, _ = sys(p, linux.SysRead, to, b, len(b))
				}
			}
			if !told() {
				t.Errorf("%s: nobody was told of room (receiver gone: %v)", c.name, gone)
			}
			if n := must(t, p, linux.SysEpollWait, set, &e, 1, 0); n != 1 || e.Events&linux.PollOut == 0 {
				t.Errorf("%s: %d events %#x, want POLLOUT (receiver gone: %v)", c.name, n, e.Events, gone)
			}
		}
	}
}
