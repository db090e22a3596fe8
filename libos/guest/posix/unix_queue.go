package posix

import "unibench/libos/guest/linux"

// attached is what travels beside data: descriptions, and credentials if the
// sender gave some of its own.
type attached struct {
	files []*file
	cred  *linux.Ucred
	end   bool // of what was received: that is the end and no packet
}

// drop ends what nobody received.
func (a *attached) drop() {
	for _, f := range a.files {
		f.put()
	}
	a.files = nil
}

// copied returns a with references of its own, for MSG_PEEK.
func (a *attached) copied() attached {
	c := attached{cred: a.cred}
	for _, f := range a.files {
		if f.hold() {
			c.files = append(c.files, f)
		}
	}
	return c
}

// packet is one message.
type packet struct {
	attached
	data []byte
	from *unixSocket
}

// packetLoad is what a packet takes of a queue beside its data, in bytes.
const packetLoad = 768

// byteQueue holds the bytes of a stream, in a ring that grows to bufferMax, and
// what is attached to some of them.
//
//	at   at+used
//	 |......[mark)...[mark)....|      positions count all bytes ever sent
type byteQueue struct {
	ring  []byte
	at    uint64 // position of the first byte
	used  int
	marks []mark
}

// mark is the place of what is attached: a send, from start to before end.
type mark struct {
	attached
	start, end uint64
}

const (
	ringMin = 4 << 10
	ringMax = 256 << 10 // a power of two, not below linux.BufDefault
)

// room returns how many bytes can be added.
func (q *byteQueue) room() int { return linux.BufDefault - q.used }

// push adds the bytes of b, for which there is room.
func (q *byteQueue) push(b []byte) {
	q.reserve(q.used + len(b))
	end := int((q.at + uint64(q.used)) % uint64(len(q.ring)))
	n := copy(q.ring[end:], b)
	copy(q.ring, b[n:])
	q.used += len(b)
}

// reserve makes the ring hold n bytes.
func (q *byteQueue) reserve(n int) {
	if n <= len(q.ring) {
		return
	}
	size := max(ringMin, len(q.ring))
	for size < n {
		size *= 2
	}
	ring := make([]byte, min(size, ringMax))
	for i := 0; i < q.used; {
		b := q.part(i, q.used)
		to := int((q.at + uint64(i)) % uint64(len(ring)))
		k := copy(ring[to:], b)
		i += k
	}
	q.ring = ring
}

// part returns bytes from index i on, before index end, that lie together.
func (q *byteQueue) part(i, end int) []byte {
	from := int((q.at + uint64(i)) % uint64(len(q.ring)))
	return q.ring[from:min(len(q.ring), from+end-i)]
}

// limit returns how many of the next n bytes one call may take, and the index
// of the mark whose files come with them, or -1. Data with files is the last
// that a call takes, and, if creds is set, all that it takes has the same
// sender (unix_stream_read_generic of Linux).
func (q *byteQueue) limit(n int, creds bool) (int, int) {
	n = min(n, q.used)
	for i := range q.marks {
		m := &q.marks[i]
		if m.start >= q.at+uint64(max(n, 1)) {
			break
		}
		if creds && m.cred != nil {
			if m.start > q.at {
				return int(m.start - q.at), -1
			}
			n = min(n, int(m.end-q.at))
		}
		if len(m.files) > 0 {
			return min(n, int(m.end-q.at)), i
		}
	}
	return n, -1
}

// sender returns the credentials that go with the next byte, nil for the
// process's own.
func (q *byteQueue) sender() *linux.Ucred {
	if len(q.marks) > 0 && q.marks[0].start <= q.at {
		return q.marks[0].cred
	}
	return nil
}

// copyTo copies the next bytes, from index i on, to b, without taking them.
func (q *byteQueue) copyTo(b []byte, i int) {
	for n := 0; n < len(b); {
		n += copy(b[n:], q.part(i+n, i+len(b)))
	}
}

// drop takes n bytes off, and the marks that end with them.
func (q *byteQueue) drop(n int) {
	q.at += uint64(n)
	q.used -= n
	gone := 0
	for gone < len(q.marks) && q.marks[gone].end <= q.at {
		gone++
	}
	if gone > 0 {
		q.marks = append(q.marks[:0], q.marks[gone:]...)
	}
}
