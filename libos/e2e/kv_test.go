package e2e

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// TestKV speaks RESP by hand: single commands, and a pipeline that is longer than
// all buffers on the way.
func TestKV(t *testing.T) {
	start(t)
	s := plan{}.serve(t, program(t, workload("kv")))
	conn := s.dial(t, "tcp", guestIP+":6379")
	r := bufio.NewReader(conn)
	for _, c := range []struct{ command, want string }{
		{"PING", "+PONG\r\n"},
		{"SET key value", "+OK\r\n"},
		{"GET key", "$5\r\nvalue\r\n"},
		{"GET nothing", "$-1\r\n"},
		{"INCR n", ":1\r\n"},
		{"INCRBY n 41", ":42\r\n"},
		{"MGET key n nothing", "*3\r\n$5\r\nvalue\r\n$2\r\n42\r\n$-1\r\n"},
		{"SET short life PX 1", "+OK\r\n"},
		{"EXPIRE key 100", ":1\r\n"},
		{"TTL key", ":100\r\n"},
		{"NONSENSE", "-"},
	} {
		if _, err := conn.Write(request(strings.Fields(c.command)...)); err != nil {
			t.Fatal(err)
		}
		got, err := r.Peek(len(c.want))
		if err != nil || string(got) != c.want {
			t.Fatalf("%s = %q, %v, want %q", c.command, got, err, c.want)
		}
		if c.want == "-" {
			_, err = r.ReadString('\n')
		} else {
			_, err = r.Discard(len(c.want))
		}
		if err != nil {
			t.Fatal(err)
		}
	}

	const count = 50_000
	go func() {
		w := bufio.NewWriterSize(conn, 1<<20)
		for i := range count {
			w.Write(request("SET", key(i), value(i)))
			w.Write(request("GET", key(i)))
		}
		w.Flush()
	}()
	for i := range count {
		want := fmt.Sprintf("+OK\r\n$%d\r\n%s\r\n", len(value(i)), value(i))
		got := make([]byte, len(want))
		for n := 0; n < len(got); {
			k, err := r.Read(got[n:])
			if n += k; err != nil {
				t.Fatalf("answer %d: %v", i, err)
			}
		}
		if string(got) != want {
			t.Fatalf("answer %d = %q, want %q", i, got, want)
		}
	}
	out, err := s.run(t, "redis-benchmark", "-h", guestIP, "-t", "get,set", "-n", "20000", "-P", "16", "-q")
	if err != nil || strings.Count(out, "requests per second") != 2 {
		t.Errorf("redis-benchmark: %v\n%s", err, out)
	}
	s.stop()
}

func key(i int) string   { return "key:" + strconv.Itoa(i*7919%1000) }
func value(i int) string { return strings.Repeat("v", i%300) + strconv.Itoa(i) }

// request is a command in RESP.
func request(words ...string) []byte {
	b := fmt.Appendf(nil, "*%d\r\n", len(words))
	for _, w := range words {
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(w), w)
	}
	return b
}
