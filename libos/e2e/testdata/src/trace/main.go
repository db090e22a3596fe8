// Command trace makes system calls in the current folder, between the making of
// folder "d" and its removal, on one thread and one goroutine.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"
	"time"
)

func main() {
	runtime.LockOSThread()
	must(os.Mkdir("d", 0o755))
	f, err := os.OpenFile("d/file", os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
	must(err)
	_, err = f.WriteString("twelve bytes")
	must(err)
	_, err = f.WriteAt([]byte("\x00\x01\xff7"), 1<<16)
	must(err)
	_, err = f.Seek(-4, io.SeekEnd)
	must(err)
	_, err = f.Read(make([]byte, 100))
	must(err)
	_, err = f.Read(make([]byte, 100))
	fmt.Fprintln(os.Stderr, err)
	must(f.Truncate(5))
	must(f.Sync())
	must(f.Close())
	_, err = os.Stat("d/missing")
	fmt.Fprintln(os.Stderr, err)
	_, err = os.Open("d/file/below")
	fmt.Fprintln(os.Stderr, err)
	must(os.Rename("d/file", "d/other \"name\""))
	must(os.Symlink("other", "d/link"))
	_, err = os.Readlink("d/link")
	must(err)
	must(os.Chmod("d/other \"name\"", 0o600))
	_, err = os.ReadDir("d")
	must(err)
	fmt.Fprintln(os.Stderr, syscall.Close(1000))
	fmt.Fprintln(os.Stderr, os.Remove("d")) // not empty
	must(os.Remove("d/link"))
	must(os.Remove("d/other \"name\""))
	must(os.Remove("d"))
	// A call that waits, on a goroutine of its own, and a sleep.
	r, w, err := os.Pipe()
	must(err)
	done := make(chan bool)
	go func() {
		_, _ = r.Read(make([]byte, 1))
		close(done)
	}()
	time.Sleep(5 * time.Millisecond)
	_, err = w.WriteString("x")
	must(err)
	<-done
	os.Exit(3)
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "trace:", err)
		os.Exit(1)
	}
}
