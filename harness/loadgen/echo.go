package loadgen

// echoCodec sends messages of a fixed size, which together are the pattern from
// the connection's own starting point, and wants the same bytes back.
type echoCodec struct {
	pattern    *pattern
	size       int64
	start      int64 // of the connection in the pattern
	sent, back int64 // bytes since reset
}

func newEchoCodec(p *pattern, size, conn int) *echoCodec {
	// Connections start far apart, so that bytes of another one are wrong.
	return &echoCodec{pattern: p, size: int64(size), start: int64(conn) * 7919}
}

func (e *echoCodec) reset() { e.sent, e.back = 0, 0 }

func (e *echoCodec) next(dst []byte) []byte {
	for left := int(e.size); left > 0; {
		part := e.pattern.at(e.start+e.sent, left)
		dst = append(dst, part...)
		e.sent += int64(len(part))
		left -= len(part)
	}
	return dst
}

func (e *echoCodec) feed(b []byte) (int, error) {
	n := int64(len(b))
	if e.back+n > e.sent {
		extra := b[max(0, e.sent-e.back):]
		return 0, wrong(TCPEcho, e.sent%e.size, extra, "nothing more: %d bytes were sent", e.sent)
	}
	if ok := e.pattern.check(e.start+e.back, b); ok < len(b) {
		return 0, mismatch(TCPEcho, (e.back+int64(ok))%e.size, b[ok:], e.pattern.at(e.start+e.back+int64(ok), len(b)-ok))
	}
	before := e.back / e.size
	e.back += n
	return int(e.back/e.size - before), nil
}
