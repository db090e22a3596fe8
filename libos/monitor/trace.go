package monitor

import (
	"sync"
	"syscall"

	"unibench/libos/abi"
	"unibench/libos/monitor/systrace"
	"unibench/libos/vmm"
)

// tracer writes the system calls of the guest, a line each, to a descriptor. A line
// is out before the guest goes on, so that the last one tells where a program hangs.
type tracer struct {
	fd   int
	base int64 // time of the first line

	mu   sync.Mutex
	line []byte
	err  error // the first; nothing is written after it
}

// record is vmm.Config.Trace. vCPU threads call it, several at a time.
func (t *tracer) record(r *abi.TraceRecord, mem vmm.Memory) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil {
		return
	}
	t.line = systrace.Append(t.line[:0], r, mem, t.base)
	for rest := t.line; len(rest) > 0; {
		n, err := syscall.Write(t.fd, rest)
		switch err {
		case nil:
			rest = rest[n:]
		case syscall.EINTR:
		case syscall.EAGAIN:
			waitWritable(t.fd)
		default:
			t.err = err
			return
		}
	}
}
