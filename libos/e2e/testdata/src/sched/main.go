// Command sched exercises goroutines, timers, locks and threads. Its output
// depends on neither time nor the number of processors, but for procs.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"
)

func main() {
	ways := map[string]func(args []string){
		"timers": timers, "contexts": contexts, "pingpong": pingPong, "selects": selects, "locks": locks,
		"threads": threads, "procs": procs, "vectors": vectors, "idle": idle, "clock": clock, "prime": prime,
		"goexit": goexit, "crowd": crowd, "usage": usage,
	}
	ways[os.Args[1]](os.Args[2:])
}

func number(args []string, i int) int {
	n, err := strconv.Atoi(args[i])
	if err != nil {
		fmt.Fprintln(os.Stderr, "sched:", err)
		os.Exit(64)
	}
	return n
}

func procs([]string) {
	fmt.Println(runtime.NumCPU(), runtime.GOMAXPROCS(0))
	old := runtime.GOMAXPROCS(1)
	fmt.Println(old, runtime.GOMAXPROCS(3), runtime.GOMAXPROCS(0))
	done := make(chan int)
	for i := range 6 {
		go func() {
			s := 0
			for j := range 1_000_000 {
				s += j % (i + 1)
			}
			done <- s
		}()
	}
	sum := 0
	for range 6 {
		sum += <-done
	}
	fmt.Println(sum)
}

// idle waits for ten seconds, as the caller knows who ends it sooner.
func idle([]string) {
	fmt.Println("ready")
	select {
	case <-time.After(10 * time.Second):
	case <-make(chan int):
	}
}

// clock checks that both clocks go forward and say about the same.
func clock([]string) {
	start := time.Now()
	last := start
	for range 100_000 {
		now := time.Now()
		if now.Before(last) || now.Round(0).Before(last.Round(0)) {
			fmt.Println("time went back", last, now)
			return
		}
		last = now
	}
	time.Sleep(20 * time.Millisecond)
	mono, wall := time.Since(start), time.Now().Round(0).Sub(start.Round(0))
	fmt.Println(mono >= 20*time.Millisecond, (mono-wall).Abs() < 5*time.Millisecond, start.Year() > 2024)
	name, offset := start.Zone()
	fmt.Println(name, offset)
}

// goexit ends main, and so the program when the last goroutine blocks.
func goexit([]string) {
	go func() {
		time.Sleep(time.Millisecond)
		fmt.Println("last")
	}()
	defer fmt.Println("deferred")
	runtime.Goexit()
}

// crowd runs tight loops on a number of Ps that may be larger than that of the
// processors, beside a goroutine that sleeps, collects and needs its turn.
func crowd(args []string) {
	runtime.GOMAXPROCS(number(args, 1))
	for range number(args, 0) {
		go func() {
			for x := 1; x != 0; x += 2 {
			}
		}()
	}
	for i := range 2 {
		time.Sleep(time.Millisecond)
		runtime.GC()
		fmt.Println(i)
	}
}
