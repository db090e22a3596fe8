package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// step is longer than a busy host makes anybody wait.
const step = 40 * time.Millisecond

func timers([]string) {
	order := make(chan string, 100)
	for _, i := range []int{5, 1, 4, 2, 3} {
		time.AfterFunc(time.Duration(i)*step, func() { order <- fmt.Sprint("after ", i) })
	}
	stopped := time.AfterFunc(2*step, func() { order <- "never" })
	fmt.Println(stopped.Stop(), stopped.Stop())
	moved := time.NewTimer(time.Hour)
	fmt.Println(moved.Reset(6 * step))
	for range 5 {
		fmt.Println(<-order)
	}
	<-moved.C
	fmt.Println("moved")
	start := time.Now()
	time.Sleep(step)
	fmt.Println(time.Since(start) >= step)

	ticker := time.NewTicker(step / 5)
	for range 10 {
		<-ticker.C
	}
	ticker.Stop()
	select {
	case <-ticker.C:
		fmt.Println("ticks after stop")
	case <-time.After(2 * step):
		fmt.Println("stopped")
	}
	// Many sleepers at once.
	var wg sync.WaitGroup
	for i := range 2000 {
		wg.Go(func() { time.Sleep(time.Duration(i%50) * time.Millisecond / 10) })
	}
	wg.Wait()
	time.Sleep(0)
	time.Sleep(-1)
	fmt.Println("slept")
}

func contexts([]string) {
	ctx, cancel := context.WithTimeout(context.Background(), step)
	defer cancel()
	<-ctx.Done()
	fmt.Println(ctx.Err(), errors.Is(ctx.Err(), context.DeadlineExceeded))
	parent, stop := context.WithCancelCause(context.Background())
	child, cancel2 := context.WithDeadline(parent, time.Now().Add(time.Hour))
	defer cancel2()
	after := make(chan string)
	context.AfterFunc(child, func() { after <- "after cancel" })
	go stop(errors.New("enough"))
	<-child.Done()
	fmt.Println(child.Err(), context.Cause(child))
	fmt.Println(<-after)
}
