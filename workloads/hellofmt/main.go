// Command hellofmt is a small ordinary program: it starts goroutines, waits
// for a timer in each, collects their answers over a channel and prints them
// in order with fmt to standard output. Its output is the same in every run.
package main

import (
	"fmt"
	"time"
)

// workers is the number of goroutines that answer.
const workers = 8

func main() {
	start := time.Now()
	answers := make(chan [2]int)
	for i := range workers {
		go func() {
			// The later ones wake first, so the answers arrive in an
			// order of their own and must be sorted out by number.
			time.Sleep(time.Duration(workers-i) * time.Millisecond)
			answers <- [2]int{i, fibonacci(i + 10)}
		}()
	}
	var got [workers]int
	for range workers {
		a := <-answers
		got[a[0]] = a[1]
	}
	for i, v := range got {
		fmt.Printf("fibonacci(%d) = %d\n", i+10, v)
	}
	if time.Since(start) < workers*time.Millisecond {
		fmt.Println("the clock runs too slowly or the timers too fast")
	}
	fmt.Println("hello, world")
}

func fibonacci(n int) int {
	if n < 2 {
		return n
	}
	return fibonacci(n-1) + fibonacci(n-2)
}
