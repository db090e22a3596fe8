package main

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

// pingPong passes a number round a ring of goroutines.
func pingPong(args []string) {
	n := number(args, 0)
	first := make(chan int)
	in := first
	for range n {
		out := make(chan int)
		go func(in <-chan int) {
			for v := range in {
				out <- v + 1
			}
			close(out)
		}(in)
		in = out
	}
	for round := range 3 {
		go func() { first <- round }()
		fmt.Println(<-in)
	}
	close(first)
	<-in
	fmt.Println("done")
}

func selects(args []string) {
	n := number(args, 0)
	a, b, done := make(chan int), make(chan int), make(chan struct{})
	var sums [2]atomic.Int64
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for {
				select {
				case v := <-a:
					sums[0].Add(int64(v))
				case v := <-b:
					sums[1].Add(int64(v))
				case <-done:
					return
				}
			}
		})
	}
	for i := range 20_000 {
		select {
		case a <- i:
		case b <- i:
		}
	}
	close(done)
	wg.Wait()
	fmt.Println(sums[0].Load() + sums[1].Load())
}

func locks([]string) {
	var (
		mu    sync.Mutex
		rw    sync.RWMutex
		cond  = sync.NewCond(&mu)
		once  sync.Once
		pool  = sync.Pool{New: func() any { return new([64]byte) }}
		m     sync.Map
		wg    sync.WaitGroup
		count int
		table = map[int]int{}
		onces int
		turn  int
	)
	const workers, rounds = 32, 300
	for w := range workers {
		wg.Go(func() {
			for i := range rounds {
				mu.Lock()
				count++
				mu.Unlock()
				if i%10 == 0 {
					rw.Lock()
					table[w]++
					rw.Unlock()
				} else {
					rw.RLock()
					_ = table[w]
					rw.RUnlock()
				}
				once.Do(func() { onces++ })
				p := pool.Get().(*[64]byte)
				p[i%64]++
				pool.Put(p)
				m.Store(w*rounds+i, i)
				if i%50 == 0 {
					runtime.Gosched()
				}
			}
			// In turn, by condition variable.
			mu.Lock()
			for turn != w {
				cond.Wait()
			}
			turn++
			cond.Broadcast()
			mu.Unlock()
		})
	}
	wg.Wait()
	sum, stored := 0, 0
	for _, v := range table {
		sum += v
	}
	m.Range(func(any, any) bool { stored++; return true })
	fmt.Println(count, sum, onces, turn, stored)
}

// threads makes many operating system threads, some of which end.
func threads(args []string) {
	n := number(args, 0)
	var wg sync.WaitGroup
	ring := make([]chan int, n+1)
	for i := range ring {
		ring[i] = make(chan int)
	}
	for i := range n {
		wg.Go(func() {
			runtime.LockOSThread()
			if i%3 == 0 {
				defer runtime.UnlockOSThread()
			} // else the thread ends with the goroutine
			for range 3 {
				ring[i+1] <- <-ring[i] + 1
			}
		})
	}
	for range 3 {
		ring[0] <- 0
		fmt.Println(<-ring[n])
	}
	wg.Wait()
	// And again, one after the other: threads' memory is reused.
	for i := range 3 * n {
		c := make(chan int)
		go func() {
			runtime.LockOSThread()
			c <- i
		}()
		if <-c != i {
			fmt.Println("wrong")
		}
	}
	fmt.Println("done")
}

// prime is a tight loop without calls beside goroutines that need their turn.
func prime([]string) {
	result := make(chan int, 2)
	for _, limit := range []int{60_000, 70_000} {
		go func() {
			count := 0
			for i := 2; i < limit; i++ {
				p := true
				for j := 2; j*j <= i; j++ {
					if i%j == 0 {
						p = false
						break
					}
				}
				if p {
					count++
				}
			}
			result <- count
		}()
	}
	a, b := <-result, <-result
	fmt.Println(min(a, b), max(a, b))
}
