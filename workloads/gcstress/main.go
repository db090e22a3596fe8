// Command gcstress allocates and collects on all processors at once and checks
// that nothing was lost: each task builds trees, maps and chunks of bytes whose
// sums are known, keeps some of them alive over collections and verifies them
// later. The live heap stays under 24 MB at the default size, so it runs in a
// machine with 64 MB. The output depends on the flags only, not on the number
// of processors or on timing.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
)

func main() {
	tasks := flag.Int("tasks", 480, "number of tasks, shared by all processors")
	depth := flag.Int("depth", 14, "depth of the trees, and so the size of the live heap, 1 to 17")
	flag.Parse()
	if *tasks < 1 || *depth < 1 || *depth > 17 || flag.NArg() != 0 {
		fmt.Fprintln(os.Stderr, "gcstress: want -tasks above 0, -depth from 1 to 17 and no other arguments")
		os.Exit(64)
	}
	// One large tree lives from start to end, so that every collection has
	// something to mark.
	old := tree(0, *depth+3)
	sum, err := run(*tasks, *depth)
	if got, want := add(old), treeSum(0, *depth+3); err == nil && got != want {
		err = fmt.Errorf("oldest tree sums to %d, want %d", got, want)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gcstress:", err)
		os.Exit(1)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.NumGC == 0 {
		fmt.Fprintln(os.Stderr, "gcstress: the collector never ran")
		os.Exit(1)
	}
	fmt.Printf("gcstress: %d tasks of depth %d, checksum %016x, ok\n", *tasks, *depth, sum)
}

// run shares the tasks among as many goroutines as there are processors and
// adds up their checksums. The sum does not depend on who ran which task.
func run(tasks, depth int) (uint64, error) {
	var (
		next, sum atomic.Uint64
		wg        sync.WaitGroup
		workers   = runtime.GOMAXPROCS(0)
		errs      = make(chan error, workers)
	)
	for range workers {
		wg.Go(func() {
			for {
				n := next.Add(1) - 1
				if n >= uint64(tasks) {
					return
				}
				s, err := task(n, depth)
				if err != nil {
					errs <- fmt.Errorf("task %d: %w", n, err)
					return
				}
				sum.Add(s)
			}
		})
	}
	wg.Wait()
	close(errs)
	return sum.Load(), <-errs
}
