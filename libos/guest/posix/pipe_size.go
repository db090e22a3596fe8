package posix

import "unibench/libos/guest/linux"

// remake moves what is in the pipe into a ring of size bytes. mu is held.
func (p *pipe) remake(size int) {
	ring := make([]byte, size)
	p.peek(ring)
	p.ring, p.start = ring, 0
}

// resize is F_SETPIPE_SZ: it returns the new capacity.
func (p *pipe) resize(size uint32) (int, linux.Errno) {
	if size > 1<<31 {
		return 0, linux.EINVAL
	}
	rounded := pipeAtomic
	for uint32(rounded) < size {
		rounded *= 2
	}
	if rounded > maxPipeSize {
		return 0, linux.EPERM
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if rounded < p.used+p.promised {
		return 0, linux.EBUSY
	}
	p.size, p.spare = rounded, nil
	if len(p.ring) > rounded {
		p.remake(rounded)
	}
	p.wake(writeSide)
	return rounded, 0
}

// capacity is F_GETPIPE_SZ.
func (p *pipe) capacity() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.size
}
