package loadgen

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
)

// feedAll gives b to c in pieces that end at the cuts and returns all answers.
func feedAll(c codec, b []byte, cuts ...int) (answers int, err error) {
	from := 0
	for _, cut := range append(cuts, len(b)) {
		if cut = min(max(cut, from), len(b)); cut == from {
			continue
		}
		n, err := c.feed(b[from:cut])
		answers += n
		if err != nil {
			return answers, err
		}
		from = cut
	}
	return answers, nil
}

func newTestHTTP(body string) *httpCodec {
	c := newHTTPCodec(newHTTPWant(&HTTPConfig{Path: "/", Status: 200, Body: &body}))
	c.due = 2
	return c
}

var httpAnswers = []struct {
	name, text string
	answers    int
	want       string // in the error
}{
	{"length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 1, ""},
	{"no reason", "HTTP/1.1 200\r\ncontent-length:5\r\n\r\nhello", 1, ""},
	{"pipelined", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 2, ""},
	{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n", 1, ""},
	{"trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n", 1, ""},
	{"unfinished head", "HTTP/1.1 200 OK\r\nConte", 0, ""},
	{"unfinished body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", 0, ""},
	{"status", "HTTP/1.1 500 Internal Server Error\r\n\r\n", 0, `got "HTTP/1.1 500 Internal`},
	{"version", "HTTP/1.0 200 OK\r\n\r\n", 0, "HTTP/1.1 200"},
	{"not HTTP", "SSH-2.0-OpenSSH\r\n", 0, `got "SSH-2.0-OpenSSH"`},
	{"wrong byte", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhalloxxx", 0, `at byte 39: got "allo", want "ello"`},
	{"wrong length", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello!", 0, "Content-Length: 5, once"},
	{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 0, "once"},
	{"signed length", "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello", 0, "once"},
	{"length and chunks", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 0, "not both"},
	{"until the end", "HTTP/1.1 200 OK\r\n\r\nhello", 0, "Content-Length or chunks"},
	{"other coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", 0, "chunked, once"},
	{"short chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n0\r\n\r\n", 0, "a body of 5 bytes, not 2"},
	{"long chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello!\r\n0\r\n\r\n", 0, "a body of 5 bytes"},
	{"chunk size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 0, "a chunk size"},
	{"chunk end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloo\r\n", 0, "the end of a chunk"},
	{"huge chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", 0, "a chunk size"},
	{"bare LF", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", 0, "CR LF"},
	{"no colon", "HTTP/1.1 200 OK\r\nContent-Length 5\r\n\r\nhello", 0, "a header field"},
	{"long line", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", maxHeadLine) + "\r\n\r\n", 0, "lines of at most"},
	{"long head", "HTTP/1.1 200 OK\r\n" + strings.Repeat("X: "+strings.Repeat("x", 4000)+"\r\n", 20), 0, "a head of at most"},
	{"too many", strings.Repeat("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 3), 2, "no request is outstanding"},
}

func TestHTTPAnswers(t *testing.T) {
	for _, test := range httpAnswers {
		t.Run(test.name, func(t *testing.T) {
			// However the bytes are cut, the outcome is the same.
			for cut := range min(len(test.text), 200) {
				n, err := feedAll(newTestHTTP("hello"), []byte(test.text), cut, cut+1)
				if n != test.answers || (err == nil) != (test.want == "") {
					t.Fatalf("cut at %d: feed(%q) = %d, %v, want %d, error ...%s...", cut, test.text, n, err, test.answers, test.want)
				}
			}
			_, err := newTestHTTP("hello").feed([]byte(test.text))
			if test.want != "" && !strings.Contains(err.Error(), test.want) {
				t.Errorf("feed(%q) = %v, want ...%s...", test.text, err, test.want)
			}
		})
	}
}

func TestHTTPNotYet(t *testing.T) {
	for text, want := range map[string]bool{"HTTP/1.1 503 Service Unavailable\r\n": true, "HTTP/2 200\r\n": false, "HTTP/1.1 2x0\r\n": false} {
		_, err := newTestHTTP("").feed([]byte(text))
		var answer *AnswerError
		if !errors.As(err, &answer) || answer.NotYet != want {
			t.Errorf("feed(%q) = %v, want NotYet %v", text, err, want)
		}
	}
}

// TestHTTPLearn: a body that is only known by its hash is compared afterwards.
func TestHTTPLearn(t *testing.T) {
	sum := sha256.Sum256([]byte("hello"))
	length := int64(5)
	want := newHTTPWant(&HTTPConfig{Path: "/", Status: 200, BodySHA256: hex.EncodeToString(sum[:]), BodyBytes: &length})
	answer := func(body string) []byte {
		return fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	}
	c := newHTTPCodec(want)
	c.due = 3
	if _, err := c.feed(answer("hallo")); err == nil || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("body with another hash: %v", err)
	}
	c.reset()
	c.due = 3
	for i, body := range []string{"hello", "hello", "hellx"} {
		n, err := c.feed(answer(body))
		if (err == nil) != (i < 2) || n != b2i(i < 2) {
			t.Errorf("answer %d %q: %d, %v", i, body, n, err)
		}
	}
}

// FuzzHTTP: two cuts do not change the outcome, and what is accepted is what
// net/http reads.
func FuzzHTTP(f *testing.F) {
	for _, test := range httpAnswers {
		f.Add([]byte(test.text), 7, 40)
	}
	f.Fuzz(func(t *testing.T, b []byte, i, j int) {
		whole, err := newTestHTTP("hello").feed(b)
		cut, err2 := feedAll(newTestHTTP("hello"), b, i, j)
		if whole != cut || (err == nil) != (err2 == nil) {
			t.Fatalf("feed(%q) = %d, %v; cut at %d and %d: %d, %v", b, whole, err, i, j, cut, err2)
		}
		r := bufio.NewReader(bytes.NewReader(b))
		for range whole {
			resp, err := http.ReadResponse(r, nil)
			if err != nil {
				// net/http is stricter about fields that do not matter here.
				return
			}
			body, err := io.ReadAll(resp.Body)
			if resp.StatusCode != 200 || string(body) != "hello" || err != nil {
				t.Fatalf("accepted %q, which net/http reads as %d %q, %v", b, resp.StatusCode, body, err)
			}
		}
	})
}

func TestRESP(t *testing.T) {
	table := newRESPTable(RESPConfig{Keys: 10, ValueBytes: 20})
	c := newRESPCodec(table, 50, 8, 1, 2)
	server := map[string]string{}
	for k := range table.set {
		server[fmt.Sprintf("key:%012d", k)] = string(table.value[k])
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		var out []byte
		n := 1 + rng.IntN(8)
		for range n {
			out = c.next(out)
		}
		var back []byte
		words := strings.Split(string(out), "\r\n")
		gets := 0
		for i, w := range words {
			switch w {
			case "GET":
				gets++
				back = append(back, server[words[i+2]]...)
			case "SET":
				if want := server[words[i+2]]; !strings.Contains(want, words[i+4]) {
					t.Fatalf("SET %s %s, want %q", words[i+2], words[i+4], want)
				}
				back = append(back, "+OK\r\n"...)
			}
		}
		if got, err := feedAll(c, back, rng.IntN(len(back)), rng.IntN(len(back))); got != n || err != nil {
			t.Fatalf("feed(%q) = %d, %v, want %d", back, got, err, n)
		}
	}
	for _, test := range []struct{ back, want string }{
		{"-ERR no\r\n", `got "-ERR no\r\n"`}, {"$-1\r\n", `at byte 1: got "-1\r\n"`}, {"+OK\r\n", "at byte 0"},
		{string(table.value[3]), "at byte 5"}, {string(table.value[0]) + "+OK\r\n", "no request is outstanding"},
	} {
		c := newRESPCodec(&respTable{set: table.set[:1], get: table.get[:1], value: table.value[:1], stored: table.stored}, 100, 1, 1, 1)
		c.next(nil)
		if _, err := c.feed([]byte(test.back)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("feed(%q) = %v, want ...%s...", test.back, err, test.want)
		}
	}
}

func FuzzRESP(f *testing.F) {
	table := newRESPTable(RESPConfig{Keys: 1, ValueBytes: 5})
	f.Add(bytes.Repeat(table.value[0], 3), 3, 14)
	f.Add([]byte("$5\r\nxxxxx\r\n"), 1, 2)
	f.Fuzz(func(t *testing.T, b []byte, i, j int) {
		run := func(cuts ...int) (int, error) {
			c := newRESPCodec(table, 100, 4, 1, 1)
			for range 4 {
				c.next(nil)
			}
			return feedAll(c, b, cuts...)
		}
		whole, err := run()
		cut, err2 := run(i, j)
		if whole != cut || (err == nil) != (err2 == nil) {
			t.Fatalf("feed(%q) = %d, %v; cut at %d and %d: %d, %v", b, whole, err, i, j, cut, err2)
		}
		if want := bytes.Repeat(table.value[0], 4); (err == nil) != bytes.HasPrefix(want, b) || whole > 4 {
			t.Fatalf("feed(%q) = %d, %v", b, whole, err)
		}
	})
}

func TestEcho(t *testing.T) {
	p := newPattern(1)
	for _, size := range []int{1, 64, patternPeriod, 3*patternPeriod + 1} {
		c := newEchoCodec(p, size, 5)
		var out []byte
		for range 5 {
			out = c.next(out)
		}
		if len(out) != 5*size {
			t.Fatalf("5 messages of %d: %d bytes", size, len(out))
		}
		if n, err := feedAll(c, out, 1, size, 3*size+1); n != 5 || err != nil {
			t.Errorf("echo of 5 messages of %d = %d, %v", size, n, err)
		}
		out = c.next(out[:0])
		wrongByte := bytes.Clone(out)
		wrongByte[size-1]++
		if _, err := c.feed(wrongByte); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("at byte %d", size-1)) {
			t.Errorf("message of %d with a wrong last byte: %v", size, err)
		}
		if _, err := c.feed(append(out, 'x')); err == nil || !strings.Contains(err.Error(), `got "x"`) {
			t.Errorf("message of %d with a byte more: %v", size, err)
		}
	}
	// Another connection's bytes are wrong.
	a, b := newEchoCodec(p, 64, 0), newEchoCodec(p, 64, 1)
	a.next(nil)
	if _, err := a.feed(b.next(nil)); err == nil {
		t.Error("bytes of another connection were accepted")
	}
}

// TestPattern: it is the one that the comment of package workloads/internal/stream says.
func TestPattern(t *testing.T) {
	p := newPattern(7)
	rng := rand.New(rand.NewPCG(7, 65521))
	model := make([]byte, 65521)
	for i := range model {
		model[i] = byte(rng.Uint32())
	}
	long := make([]byte, 200000)
	for i := range long {
		long[i] = model[(i+12345)%65521]
	}
	if n := p.check(12345, long); n != len(long) {
		t.Errorf("check of the model = %d, want %d", n, len(long))
	}
	long[150000]++
	if n := p.check(12345, long); n != 150000 {
		t.Errorf("check with a wrong byte = %d, want 150000", n)
	}
}
