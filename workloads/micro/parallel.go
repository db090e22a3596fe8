package main

import (
	"crypto/sha256"
	"fmt"
	"sync"
)

// workers is how many goroutines share work, on however many processors there are.
const workers = 4

// share divides n operations among the workers and waits for all.
func share(n int, f func(worker, n int) error) error {
	var wg sync.WaitGroup
	errs := make([]error, workers)
	for w := range workers {
		wg.Go(func() { errs[w] = f(w, n*(w+1)/workers-n*w/workers) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// hashes has nothing in common among the workers.
func hashes(*measured) (op, error) {
	data := content()[:4<<10]
	want := sha256.Sum256(data)
	return timed(func(n int) error {
		return share(n, func(_, n int) error {
			for range n {
				if sha256.Sum256(data) != want {
					return fmt.Errorf("SHA-256: %w", errWrong)
				}
			}
			return nil
		})
	}), nil
}

// pool hands pieces of work to workers over one channel and takes them back over
// another.
func pool(*measured) (op, error) {
	data := content()[:256]
	want := sha256.Sum256(data)
	return timed(func(n int) error {
		jobs, results := make(chan int), make(chan bool)
		for range workers {
			go func() {
				for range jobs {
					results <- sha256.Sum256(data) == want
				}
			}()
		}
		go func() {
			for i := range n {
				jobs <- i
			}
			close(jobs)
		}()
		for range n {
			if !<-results {
				return fmt.Errorf("SHA-256: %w", errWrong)
			}
		}
		return nil
	}), nil
}

// locks lets the workers count in one map under one lock, and think a little between.
func locks(*measured) (op, error) {
	data := content()[:256]
	return timed(func(n int) error {
		var mu sync.Mutex
		counts := make(map[byte]int)
		err := share(n, func(_, n int) error {
			for range n {
				sum := sha256.Sum256(data)
				mu.Lock()
				counts[sum[0]]++
				mu.Unlock()
			}
			return nil
		})
		total := 0
		for _, c := range counts {
			total += c
		}
		if total != n {
			return fmt.Errorf("locks: %w: %d counted, want %d", errWrong, total, n)
		}
		return err
	}), nil
}
