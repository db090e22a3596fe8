package main

import (
	"os"
	"os/signal"
	"syscall"
	"time"
)

// chatty does nothing but write, beside a goroutine that waits for a timer.
func chatty([]string) {
	go func() {
		for dot := []byte{'.'}; ; {
			_, err := os.Stdout.Write(dot)
			check(err)
		}
	}()
	time.Sleep(50 * time.Millisecond)
	os.Stderr.WriteString("slept\n")
	os.Exit(0)
}

// blocked writes what nobody reads. Timers, and what SIGTERM is for, go on.
func blocked([]string) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGTERM)
	go func() {
		<-c
		time.Sleep(time.Millisecond)
		os.Stderr.WriteString("handled\n")
		os.Exit(7)
	}()
	_, err := os.Stdout.Write(make([]byte, 1_000_000))
	check(err)
}

// printLines writes by the runtime's own means, which do not look at the result,
// while ticks and timers come.
func printLines([]string) {
	go func() {
		for {
			time.Sleep(time.Millisecond)
		}
	}()
	for i := range 8000 {
		println("line", i)
	}
}
