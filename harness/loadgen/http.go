package loadgen

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// httpWant is the request of a configuration and the answer that it must get; the
// connections of all workers share it.
type httpWant struct {
	request []byte
	status  int
	body    []byte
	length  int64
	// sum is the hash of a body whose bytes are not known yet: the first answer
	// that has it gives them, and later ones are compared with those, which
	// costs less than hashing.
	sum string
}

// newHTTPWant builds the request of RFC 9112, section 3.
func newHTTPWant(c *HTTPConfig) *httpWant {
	w := &httpWant{status: c.Status, sum: c.BodySHA256}
	if c.Body != nil {
		w.body = []byte(*c.Body)
		w.length = int64(len(w.body))
	} else {
		w.length = *c.BodyBytes
	}
	w.request = fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\n", c.Path, c.Host)
	for _, line := range c.Headers {
		w.request = fmt.Appendf(w.request, "%s\r\n", line)
	}
	if c.NewConnection {
		w.request = append(w.request, "Connection: close\r\n"...)
	}
	w.request = append(w.request, "\r\n"...)
	return w
}

// known reports whether the body's bytes are known.
func (w *httpWant) known() bool { return w.sum == "" || w.body != nil }

// learn takes the first body if its hash is right.
func (w *httpWant) learn(body []byte) error {
	sum := sha256.Sum256(body)
	if got := hex.EncodeToString(sum[:]); got != w.sum {
		return wrong(HTTP, 0, body, "a body with SHA-256 %s, not %s", w.sum, got)
	}
	w.body = bytes.Clone(body)
	if w.body == nil {
		w.body = []byte{}
	}
	return nil
}

// httpCodec sends the same request again and again.
type httpCodec struct {
	want *httpWant
	p    httpParser
	due  int // requests outstanding
}

func newHTTPCodec(w *httpWant) *httpCodec { return &httpCodec{want: w, p: httpParser{want: w}} }

func (h *httpCodec) reset() {
	h.due = 0
	h.p.reset()
}

func (h *httpCodec) next(dst []byte) []byte {
	h.due++
	return append(dst, h.want.request...)
}

func (h *httpCodec) feed(b []byte) (answers int, err error) {
	for len(b) > 0 {
		if h.due == 0 {
			return answers, wrong(HTTP, 0, b, "nothing: no request is outstanding")
		}
		n, done, err := h.p.feed(b)
		if err != nil {
			return answers, err
		}
		b = b[n:]
		if done {
			h.due--
			answers++
		}
	}
	return answers, nil
}
