package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// checkDup shares one offset between two descriptors of one open file.
func checkDup(dir string) error {
	f, err := os.Create(filepath.Join(dir, "f"))
	if err != nil {
		return err
	}
	defer f.Close()
	fd, err := syscall.Dup(int(f.Fd()))
	if err != nil {
		return err
	}
	g := os.NewFile(uintptr(fd), "dup")
	defer g.Close()
	if _, err := f.WriteString("abc"); err != nil {
		return err
	}
	if _, err := g.WriteString("def"); err != nil {
		return err
	}
	at, err := f.Seek(0, io.SeekCurrent)
	return first(err, equal("shared offset", at, 6), holds(f.Name(), []byte("abcdef")))
}

// checkPipe sends more than a pipe holds through one, both ends at work.
func checkPipe(string) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	data := pattern(1 << 20)
	sent := make(chan error, 1)
	go func() {
		_, err := w.Write(data)
		sent <- first(err, w.Close())
	}()
	got, err := io.ReadAll(r)
	if err := first(err, <-sent); err != nil {
		return err
	}
	if !bytes.Equal(got, data) {
		return errors.New("bytes out of the pipe differ from bytes into it")
	}
	return nil
}

func checkPipeClose(string) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer w.Close()
	// A reader that waits is let go when its own end is closed.
	let := make(chan error, 1)
	started := make(chan struct{})
	go func() {
		close(started)
		_, err := r.Read(make([]byte, 1))
		let <- err
	}()
	<-started
	if err := first(r.Close(), fails("read of a closed end", <-let, os.ErrClosed)); err != nil {
		return err
	}
	return fails("write without readers", second(w.Write([]byte("x"))), syscall.EPIPE)
}

func checkPipeDeadline(string) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	defer w.Close()
	if err := r.SetReadDeadline(time.Now().Add(5 * time.Millisecond)); err != nil {
		return err
	}
	if err := fails("read of an empty pipe", second(r.Read(make([]byte, 1))), os.ErrDeadlineExceeded); err != nil {
		return err
	}
	if err := r.SetReadDeadline(time.Time{}); err != nil {
		return err
	}
	if _, err := w.WriteString("late"); err != nil {
		return err
	}
	b := make([]byte, 10)
	n, err := r.Read(b)
	return first(err, equal("contents", string(b[:n]), "late"))
}

// checkParallel lets goroutines work on files of their own and append to one
// file in common.
func checkParallel(dir string) error {
	const workers, rounds = 8, 50
	shared, err := os.OpenFile(filepath.Join(dir, "shared"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer shared.Close()
	var wg sync.WaitGroup
	errs := make(chan error, workers)
	for i := range workers {
		wg.Go(func() { errs <- churn(filepath.Join(dir, fmt.Sprint(i)), shared, rounds) })
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			return err
		}
	}
	info, err := shared.Stat()
	return first(err, equal("size of the shared file", info.Size(), workers*rounds*int64(len("line\n"))))
}

// churn makes, renames, reads and removes files named after name.
func churn(name string, shared *os.File, rounds int) error {
	for i := range rounds {
		data := []byte(fmt.Sprint(name, i))
		if err := first(os.WriteFile(name, data, 0o644), os.Rename(name, name+".new"), holds(name+".new", data), os.Remove(name+".new")); err != nil {
			return err
		}
		if _, err := shared.WriteString("line\n"); err != nil {
			return err
		}
	}
	return nil
}
