package main

import (
	"fmt"
	"os"
	"runtime"
	"time"
)

// gosched lets two goroutines give way to each other n times in all.
func gosched(*measured) (op, error) {
	return func(n int) (time.Duration, error) {
		ready, over := make(chan struct{}), make(chan struct{})
		give := func(n int) {
			for range n {
				runtime.Gosched()
			}
		}
		go func() {
			<-ready
			give(n / 2)
			close(over)
		}()
		runtime.Gosched()
		start := time.Now()
		close(ready)
		give(n - n/2)
		<-over
		return time.Since(start), nil
	}, nil
}

// channels sends values to a goroutine that sends them back. With threads, both are
// locked to threads of their own, so that a value passes from thread to thread
// (futex(2)).
func channels(threads bool) func(*measured) (op, error) {
	return func(*measured) (op, error) {
		there, back := make(chan int), make(chan int)
		go func() {
			if threads {
				runtime.LockOSThread()
			}
			for v := range there {
				back <- v
			}
		}()
		if threads {
			runtime.LockOSThread()
		}
		return timed(func(n int) error {
			for i := range n {
				there <- i
				if v := <-back; v != i {
					return fmt.Errorf("channel: %w: %d, want %d", errWrong, v, i)
				}
			}
			return nil
		}), nil
	}
}

// pipes sends a byte to a goroutine that sends it back, over two pipes.
func pipes(*measured) (op, error) {
	r1, w1, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	r2, w2, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	go func() {
		var b [1]byte
		for {
			if _, err := r1.Read(b[:]); err != nil {
				w2.Close() // the other side says so
				return
			}
			if _, err := w2.Write(b[:]); err != nil {
				return
			}
		}
	}()
	var out, in [1]byte
	return loop(func() error {
		out[0]++
		if _, err := w1.Write(out[:]); err != nil {
			return err
		}
		if _, err := r2.Read(in[:]); err != nil {
			return err
		}
		if in != out {
			return fmt.Errorf("pipe: %w: %d, want %d", errWrong, in[0], out[0])
		}
		return nil
	}), nil
}

// timerLate sums up how late sleeps end.
func timerLate(*measured) (op, error) {
	const sleep = 200 * time.Microsecond
	return func(n int) (sum time.Duration, err error) {
		for range n {
			start := time.Now()
			time.Sleep(sleep)
			late := time.Since(start) - sleep
			if late < 0 {
				return 0, fmt.Errorf("sleep of %v: %w: %v too short", sleep, errWrong, -late)
			}
			sum += late
		}
		return sum, nil
	}, nil
}
