// Package bubble makes its first system calls of each kind in bubbles of
// testing/synctest: what these calls start must not belong to the bubble.
package bubble

import (
	"io"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

// TestSocket makes a connection. The bubble's time moves on, and the bubble ends,
// only when all that belongs to it waits and has ended.
func TestSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		got := make(chan string)
		go func() {
			c, err := l.Accept()
			if err != nil {
				t.Error(err)
				close(got)
				return
			}
			defer c.Close()
			text, err := io.ReadAll(c)
			if err != nil {
				t.Error(err)
			}
			got <- string(text)
		}()
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, "hello"); err != nil {
			t.Error(err)
		}
		c.Close()
		if text := <-got; text != "hello" {
			t.Errorf("received %q", text)
		}
		// Nothing of the bubble runs or waits outside now, so this takes no time.
		start := time.Now()
		time.Sleep(time.Hour)
		if d := time.Since(start); d != time.Hour {
			t.Errorf("slept %v, want 1h", d)
		}
	})
	// The stack serves others, too.
	if l, err := net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Error(err)
	} else {
		l.Close()
	}
}

// TestPipe waits in a system call: the bubble's time stands still.
func TestPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		go func() {
			if _, err := io.WriteString(w, "hello"); err != nil {
				t.Error(err)
			}
			w.Close()
		}()
		start := time.Now()
		text, err := io.ReadAll(r)
		if string(text) != "hello" || err != nil {
			t.Errorf("read %q, %v", text, err)
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("the bubble's time has moved on by %v", d)
		}
	})
}
