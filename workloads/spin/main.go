// Command spin shows whether the scheduler takes the processor away from a
// goroutine that never calls anything: such a goroutine loops beside a ticker,
// which must go on ticking, on one processor too. It prints each tick and ends.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	ticks := flag.Int("ticks", 5, "number of ticks to wait for")
	period := flag.Duration("period", 20*time.Millisecond, "time from tick to tick")
	flag.Parse()
	if *ticks < 1 || *period <= 0 || flag.NArg() != 0 {
		fmt.Fprintln(os.Stderr, "spin: want -ticks and -period above 0 and no other arguments")
		os.Exit(2)
	}

	go spin()
	ticker := time.NewTicker(*period)
	defer ticker.Stop()
	for i := range *ticks {
		<-ticker.C
		fmt.Printf("tick %d\n", i+1)
	}
	fmt.Println("done")
}

// spin loops for ever. The loop holds no call and so no preemption point: only
// a signal can take it off its processor.
func spin() {
	for x := uint64(1); ; {
		x = x*6364136223846793005 + 1442695040888963407
		if x == 0 {
			x = 1
		}
	}
}
