package loadgen

import (
	"bytes"
)

// Bounds of an answer's head, RFC 9112, section 2.3, leaves them to us.
const (
	maxHeadLine = 8 << 10
	maxHead     = 64 << 10
)

// httpState is what the parser reads next.
type httpState uint8

const (
	httpStatus    httpState = iota
	httpHeader              // field lines to the empty one
	httpBody                // of known length
	httpChunkSize           // RFC 9112, section 7.1
	httpChunkData
	httpChunkEnd // the CR LF after the data
	httpTrailer
)

// httpParser reads answers of HTTP/1.1 from pieces of any size and compares them
// with what they must be. An answer without a length that ends with the
// connection is an error, since it cannot be told from one cut short.
type httpParser struct {
	want    *httpWant
	state   httpState
	stash   []byte // beginning of a line whose end has not come
	seen    int64  // bytes of the answer
	head    int    // bytes of its head and chunk framing
	length  int64  // Content-Length; -1: none
	chunked bool
	left    int64
	pos     int64  // bytes of the body so far
	learned []byte // body, while its bytes are not known
}

// reset forgets an answer that has begun.
func (p *httpParser) reset() {
	p.begin()
	p.stash, p.learned = p.stash[:0], p.learned[:0]
}

// begin makes ready for the next answer.
func (p *httpParser) begin() {
	p.state, p.seen, p.head, p.length, p.pos, p.left = httpStatus, 0, 0, -1, 0, 0
	p.chunked = false
}

// begun reports whether part of an answer has come.
func (p *httpParser) begun() bool { return p.seen > 0 || len(p.stash) > 0 }

// feed reads from b up to the end of one answer. It returns how many bytes that
// were and whether the answer is complete.
func (p *httpParser) feed(b []byte) (used int, done bool, err error) {
	if p.state == httpStatus && !p.begun() {
		p.begin()
	}
	for used < len(b) && !done && err == nil {
		rest := b[used:]
		var n int
		switch p.state {
		case httpBody, httpChunkData:
			n, done, err = p.data(rest)
		default:
			n, done, err = p.line(rest)
		}
		used += n
		p.seen += int64(n)
	}
	if done {
		p.begin()
	}
	return used, done, err
}

// data reads bytes of the body.
func (p *httpParser) data(b []byte) (n int, done bool, err error) {
	n = int(min(p.left, int64(len(b))))
	b = b[:n]
	if p.pos+int64(n) > p.want.length {
		return 0, false, wrong(HTTP, p.seen, b, "a body of %d bytes", p.want.length)
	}
	if p.want.known() {
		if want := p.want.body[p.pos : p.pos+int64(n)]; !bytes.Equal(b, want) {
			return 0, false, mismatch(HTTP, p.seen, b, want)
		}
	} else {
		p.learned = append(p.learned, b...)
	}
	p.pos += int64(n)
	if p.left -= int64(n); p.left > 0 {
		return n, false, nil
	}
	if p.state == httpChunkData {
		p.state = httpChunkEnd
		return n, false, nil
	}
	done, err = p.complete()
	return n, done, err
}

// complete checks what can be checked only at the end.
func (p *httpParser) complete() (bool, error) {
	if p.pos != p.want.length {
		return false, wrong(HTTP, p.seen, nil, "a body of %d bytes, not %d", p.want.length, p.pos)
	}
	if !p.want.known() {
		if err := p.want.learn(p.learned); err != nil {
			return false, err
		}
		p.learned = nil
	}
	return true, nil
}

// line reads a line of the head or of the chunk framing.
func (p *httpParser) line(b []byte) (n int, done bool, err error) {
	i := bytes.IndexByte(b, '\n')
	n = i + 1
	if i < 0 {
		n = len(b)
	}
	if p.head += n; p.head > maxHead && p.state < httpBody || len(p.stash)+n > maxHeadLine {
		return 0, false, wrong(HTTP, p.seen, b[:n], "lines of at most %d bytes and a head of at most %d", maxHeadLine, maxHead)
	}
	if i < 0 {
		p.stash = append(p.stash, b...)
		return n, false, nil
	}
	l := b[:n]
	if len(p.stash) > 0 {
		p.stash = append(p.stash, l...)
		l = p.stash
		p.stash = p.stash[:0]
	}
	if len(l) < 2 || l[len(l)-2] != '\r' {
		return 0, false, wrong(HTTP, p.seen, l, "a line that ends with CR LF")
	}
	done, err = p.whole(l[:len(l)-2])
	return n, done, err
}

// whole reads a line without its end.
func (p *httpParser) whole(l []byte) (done bool, err error) {
	switch p.state {
	case httpStatus:
		p.state = httpHeader
		return false, p.statusLine(l)
	case httpHeader:
		if len(l) > 0 {
			return false, p.field(l)
		}
		return p.headEnd()
	case httpChunkSize:
		return false, p.chunkSize(l)
	case httpChunkEnd:
		if len(l) != 0 {
			return false, wrong(HTTP, p.seen, l, "the end of a chunk")
		}
		p.state = httpChunkSize
		return false, nil
	default: // trailer
		if len(l) > 0 {
			return false, nil
		}
		return p.complete()
	}
}

// statusLine reads "HTTP/1.1 200 OK".
func (p *httpParser) statusLine(l []byte) error {
	const version = "HTTP/1.1 "
	status := 0
	if len(l) >= len(version)+3 && string(l[:len(version)]) == version && (len(l) == len(version)+3 || l[len(version)+3] == ' ') {
		status = decimal(l[len(version) : len(version)+3])
	}
	if status != p.want.status {
		err := wrong(HTTP, p.seen, l, "%s%d", version, p.want.status)
		err.NotYet = status >= 100
		return err
	}
	return nil
}

// field reads one header field; those that do not say how long the answer is do
// not matter.
func (p *httpParser) field(l []byte) error {
	colon := bytes.IndexByte(l, ':')
	if colon <= 0 {
		return wrong(HTTP, p.seen, l, "a header field")
	}
	switch name, value := l[:colon], bytes.Trim(l[colon+1:], " \t"); {
	case equalFold(name, "content-length"):
		n := decimal(value)
		if n < 0 || p.length >= 0 || int64(n) != p.want.length {
			return wrong(HTTP, p.seen, l, "Content-Length: %d, once", p.want.length)
		}
		p.length = int64(n)
	case equalFold(name, "transfer-encoding"):
		if p.chunked || !equalFold(value, "chunked") {
			return wrong(HTTP, p.seen, l, "the transfer encoding chunked, once")
		}
		p.chunked = true
	}
	return nil
}

// headEnd decides how the body is delimited: RFC 9112, section 6.3.
func (p *httpParser) headEnd() (done bool, err error) {
	switch {
	case p.chunked && p.length >= 0:
		return false, wrong(HTTP, p.seen, nil, "not both Content-Length and Transfer-Encoding")
	case p.chunked:
		p.state = httpChunkSize
		return false, nil
	case p.want.status == 204 || p.want.status == 304 || p.length == 0:
		return p.complete()
	case p.length < 0:
		return false, wrong(HTTP, p.seen, nil, "Content-Length or chunks")
	}
	p.state, p.left = httpBody, p.length
	return false, nil
}

// chunkSize reads "1f;extension".
func (p *httpParser) chunkSize(l []byte) error {
	digits, _, _ := bytes.Cut(l, []byte(";"))
	digits = bytes.TrimRight(digits, " \t")
	size := int64(0)
	for _, c := range digits {
		d := hexDigit(c)
		if d < 0 || size > maxBody {
			size = -1
			break
		}
		size = size<<4 | int64(d)
	}
	if len(digits) == 0 || size < 0 || size > maxBody {
		return wrong(HTTP, p.seen, l, "a chunk size")
	}
	if p.left = size; size == 0 {
		p.state = httpTrailer
	} else {
		p.state = httpChunkData
	}
	return nil
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// decimal returns the value of b, -1 if it is not a number of at most 18 digits.
func decimal(b []byte) int {
	if len(b) == 0 || len(b) > 18 {
		return -1
	}
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// equalFold compares b with lower, which is in lower case, ignoring ASCII case.
func equalFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
