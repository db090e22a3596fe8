package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"unibench/workloads/internal/servertest"
)

// TestPipeline sends many requests at once, more than fit into any buffer, and
// reads the replies meanwhile.
func TestPipeline(t *testing.T) {
	conn := servertest.Dial(t, "tcp", servertest.Start(t, run))
	const count = 20_000
	value := strings.Repeat("v", 100)
	go func() {
		w := bufio.NewWriter(conn)
		for i := range count {
			fmt.Fprintf(w, "*3\r\n$3\r\nSET\r\n$%d\r\nkey%d\r\n$%d\r\n%s%d\r\n", len(fmt.Sprint(i))+3, i, len(value)+len(fmt.Sprint(i)), value, i)
			fmt.Fprintf(w, "*2\r\n$3\r\nGET\r\n$%d\r\nkey%d\r\n", len(fmt.Sprint(i))+3, i)
		}
		fmt.Fprint(w, "QUIT\r\n")
		w.Flush()
	}()
	var want bytes.Buffer
	for i := range count {
		fmt.Fprintf(&want, "+OK\r\n$%d\r\n%s%d\r\n", len(value)+len(fmt.Sprint(i)), value, i)
	}
	want.WriteString("+OK\r\n")
	got, err := io.ReadAll(conn)
	if err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Errorf("%d bytes, %v; want %d", len(got), err, want.Len())
	}
}

// TestAtomic increments one number from many connections.
func TestAtomic(t *testing.T) {
	addr := servertest.Start(t, run)
	const clients, times = 8, 500
	var all sync.WaitGroup
	for range clients {
		conn := servertest.Dial(t, "tcp", addr)
		all.Go(func() {
			io.WriteString(conn, strings.Repeat("INCR n\r\n", times)+"QUIT\r\n")
			io.Copy(io.Discard, conn)
		})
	}
	all.Wait()
	conn := servertest.Dial(t, "tcp", addr)
	io.WriteString(conn, "GET n\r\nQUIT\r\n")
	if got, err := io.ReadAll(conn); string(got) != fmt.Sprintf("$4\r\n%d\r\n+OK\r\n", clients*times) {
		t.Errorf("GET n = %q, %v; want %d", got, err, clients*times)
	}
}

// TestExpiresByItself waits until a key is gone that nobody asks for.
func TestExpiresByItself(t *testing.T) {
	conn := servertest.Dial(t, "tcp", servertest.Start(t, run))
	io.WriteString(conn, "SET a 1 PX 30\r\nSET b 1 PX 60000\r\nSET c 1\r\n")
	r := bufio.NewReader(conn)
	for range 3 {
		if line, err := r.ReadString('\n'); line != "+OK\r\n" {
			t.Fatalf("SET = %q, %v", line, err)
		}
	}
	for line := ""; line != ":2\r\n"; {
		var err error
		io.WriteString(conn, "DBSIZE\r\n")
		if line, err = r.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
}

func TestProtocolError(t *testing.T) {
	conn := servertest.Dial(t, "tcp", servertest.Start(t, run))
	io.WriteString(conn, "*1\r\n$4\r\nPING\r\n*1\r\n:4\r\n")
	got, err := io.ReadAll(conn)
	if want := "+PONG\r\n-ERR Protocol error: " + errDollar.Error() + "\r\n"; err != nil || string(got) != want {
		t.Errorf("reply %q, %v; want %q and the end", got, err, want)
	}
}

// TestRedisBenchmark: the client that everyone uses accepts the server.
func TestRedisBenchmark(t *testing.T) {
	tool, err := exec.LookPath("redis-benchmark")
	if err != nil {
		t.Skip("no redis-benchmark here: install the package redis-tools")
	}
	host, port, err := net.SplitHostPort(servertest.Start(t, run))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, tool, "-h", host, "-p", port, "-t", "ping,get,set,mset,incr", "-P", "16", "-n", "20000", "-r", "1000", "--csv").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Logf("%s", out)
	for _, want := range []string{`"PING_INLINE"`, `"SET"`, `"GET"`, `"INCR"`, `"MSET (10 keys)"`} {
		if !bytes.Contains(out, []byte(want)) {
			t.Errorf("no result %s in %s", want, out)
		}
	}
	if bytes.Contains(out, []byte("WARNING")) || bytes.Contains(out, []byte("ERR")) {
		t.Errorf("complaints: %s", out)
	}
}

func TestArguments(t *testing.T) { servertest.Arguments(t, run) }
