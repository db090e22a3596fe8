package posix

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"unibench/libos/guest/linux"
)

// oneReader is a platform that can serve one who waits for the console.
type oneReader struct {
	*fakeHAL
	t       *testing.T
	waiting atomic.Int32
	calls   atomic.Int32
}

func (h *oneReader) WaitStdin() {
	h.calls.Add(1)
	if h.waiting.Add(1) > 1 {
		h.t.Error("two wait for the console at once")
	}
	for range 10_000 { // time for another to come
		runtime.Gosched()
	}
	h.waiting.Add(-1)
	h.fakeHAL.WaitStdin()
}

// TestTerminalReaders: all three descriptors of a terminal can be read, also at
// once.
func TestTerminalReaders(t *testing.T) {
	h := &oneReader{fakeHAL: newFake(), t: t}
	h.mode, h.tty = linux.ModeChar, true
	p := New(h)
	var got [2]byte
	var both sync.WaitGroup
	for i, fd := range []int{0, 2} {
		both.Go(func() {
			b := make([]byte, 1)
			if n, errno := sys(p, linux.SysRead, fd, b, 1); n != 1 || errno != 0 {
				t.Errorf("read(%d) = %d, %d", fd, n, errno)
			}
			got[i] = b[0]
		})
	}
	for h.calls.Load() == 0 {
		runtime.Gosched()
	}
	h.feed("ab", false)
	both.Wait()
	if got != [2]byte{'a', 'b'} && got != [2]byte{'b', 'a'} {
		t.Errorf("read %q, want a and b", got)
	}
}
