package posix

import "unibench/libos/guest/linux"

// fillSize is how much fill reads at once.
const fillSize = 64 << 10

// awaitSome waits until there is something to read, as await does.
func (p *pipe) awaitSome(nonblock bool) (bool, linux.Errno) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.await(nonblock)
}

// fill writes into the pipe what read returns, up to size bytes and as many as
// there is room for, which it waits for if there is none. The first read may
// wait, and others use the pipe meanwhile: the room is kept. There are more as
// long as they return as much as they could; those must not wait.
func (p *pipe) fill(size int, nonblock bool, read func(b []byte, more bool) (int, linux.Errno)) (int, linux.Errno) {
	p.mu.Lock()
	for p.ends[readSide] > 0 && p.room() <= 0 {
		if nonblock {
			p.mu.Unlock()
			return 0, linux.EAGAIN
		}
		p.changed.Wait()
	}
	if p.ends[readSide] == 0 {
		p.mu.Unlock()
		p.hal.Kill(0, linux.Sigpipe)
		return 0, linux.EPIPE
	}
	size = min(size, p.room())
	p.promised += size
	buf := p.spare
	p.spare = nil
	total := 0
	for {
		p.mu.Unlock()
		want := min(size-total, fillSize)
		if len(buf) < want {
			buf = make([]byte, want)
		}
		n, errno := read(buf[:want], total > 0)
		p.mu.Lock()
		if n > 0 {
			buf = p.place(buf, n)
			p.promised -= n
			total += n
		}
		if errno == 0 && n == want && total < size {
			p.wake(readSide)
			continue
		}
		p.promised -= size - total
		p.spare = buf
		if total == 0 {
			p.unlock(writeSide) // the room is free again
			return 0, errno
		}
		p.wake(writeSide)
		p.unlock(readSide)
		return total, 0
	}
}

// place adds the first n bytes of buf and returns a buffer in its stead: if the
// pipe is empty buf becomes its ring, and nothing is copied. mu is held.
func (p *pipe) place(buf []byte, n int) []byte {
	if p.used > 0 || n < pipeAtomic || len(buf) > p.size {
		p.push(buf[:n])
		return buf
	}
	old := p.ring
	p.ring, p.start, p.used = buf, 0, n
	return old
}

// drain has write take up to size bytes out of the pipe. It waits for the first
// of them. write may wait: other readers do so too then, but not writers.
func (p *pipe) drain(size int, nonblock bool, write func([]byte) (int, linux.Errno)) (total int, errno linux.Errno) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for total < size && (total == 0 || p.used > 0 && !p.lent) {
		var ok bool
		if ok, errno = p.await(nonblock); !ok {
			break
		}
		b := p.ring[p.start:min(p.start+p.used, len(p.ring), p.start+size-total)]
		p.lent = true
		p.mu.Unlock()
		var n int
		n, errno = write(b)
		p.mu.Lock()
		p.lent = false
		if n > 0 {
			p.take(n)
			total += n
		}
		p.wake(writeSide)
		if errno != 0 || n < len(b) {
			break
		}
	}
	if total > 0 {
		errno = 0
	}
	return total, errno
}

// copied returns up to size of the first bytes, and waits until there are any.
func (p *pipe) copied(size int, nonblock bool) ([]byte, linux.Errno) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ok, errno := p.await(nonblock); !ok {
		return nil, errno
	}
	b := make([]byte, min(size, p.used))
	p.peek(b)
	return b, 0
}
