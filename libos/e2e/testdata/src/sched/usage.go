package main

import (
	"fmt"
	"syscall"
	"time"
)

// used returns the processor time of the program, user and system.
func used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		fmt.Println(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// usage sleeps and works: only work takes processor time.
func usage([]string) {
	start := used()
	time.Sleep(300 * time.Millisecond)
	slept := used()
	for t := time.Now(); used()-slept < 50*time.Millisecond && time.Since(t) < 10*time.Second; {
	}
	worked := used()
	fmt.Println(start >= 0, slept >= start, slept-start < 200*time.Millisecond, worked-slept >= 50*time.Millisecond)
}
