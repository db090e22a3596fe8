// Command signals shows what arrives. It writes "ready" when a signal may come.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"
)

func main() {
	ways := map[string]func(){
		"notify": notify, "default": wait, "busy": busy, "ignore": ignore, "self": self, "context": notifyContext,
		"stdin": stdin, "deaf": deaf, "selfterm": selfTerm, "abort": abort, "segv": segv,
		"loops": loops, "stuck": stuck, "deafloops": deafLoops,
	}
	ways[os.Args[1]]()
}

func wait() {
	fmt.Println("ready")
	time.Sleep(30 * time.Second)
}

// deaf gets a signal that Go ignores unless it is asked for.
func deaf() {
	fmt.Println("ready")
	time.Sleep(100 * time.Millisecond)
	fmt.Println("survived")
}

func busy() {
	fmt.Println("ready")
	for x := 1; x != 0; x += 2 {
	}
}

// loops keeps every processor busy in loops that call nothing.
func loops() {
	for range runtime.NumCPU() {
		go spin()
	}
	time.Sleep(20 * time.Millisecond) // until all have begun
	fmt.Println("ready")
	spin()
}

//go:noinline
func spin() {
	for x := 1; x != 0; x += 2 {
	}
}

// deafLoops does so and ignores SIGQUIT.
func deafLoops() {
	signal.Ignore(syscall.SIGQUIT)
	loops()
}

// stuck waits for what never comes; a timer keeps it from being a deadlock that the
// runtime sees.
func stuck() {
	c := make(chan int)
	go receive(c)
	var mu sync.Mutex
	mu.Lock()
	go mu.Lock()
	timer := time.NewTimer(time.Hour)
	time.AfterFunc(100*time.Millisecond, func() { fmt.Println("ready") }) // when all wait
	select {
	case <-timer.C:
	case <-make(chan int):
	}
}

//go:noinline
func receive(c chan int) { fmt.Println(<-c) }

// notify prints signals until SIGTERM.
func notify() {
	c := make(chan os.Signal, 10)
	signal.Notify(c, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGHUP, syscall.SIGTERM)
	fmt.Println("ready")
	for s := range c {
		fmt.Println(s)
		if s == syscall.SIGTERM {
			os.Exit(5)
		}
	}
}

// ignore ignores the first signal that means end.
func ignore() {
	signal.Ignore(syscall.SIGINT)
	fmt.Println(signal.Ignored(syscall.SIGINT), signal.Ignored(syscall.SIGTERM))
	c := make(chan os.Signal, 10)
	signal.Notify(c, syscall.SIGUSR1)
	fmt.Println("ready")
	fmt.Println(<-c)
	fmt.Println("ready again")
	time.Sleep(30 * time.Second)
}

func notifyContext() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	fmt.Println("ready")
	<-ctx.Done()
	fmt.Println(ctx.Err())
}

func kill(s syscall.Signal) {
	if err := syscall.Kill(os.Getpid(), s); err != nil {
		fmt.Println("kill:", err)
		os.Exit(1)
	}
}

// self sends signals to itself.
func self() {
	c := make(chan os.Signal, 10)
	signal.Notify(c, syscall.SIGUSR1, syscall.SIGTERM)
	for _, s := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGTERM, 0} {
		kill(s)
		if s != 0 {
			fmt.Println(<-c)
		}
	}
	kill(syscall.SIGWINCH) // has no effect by default
	signal.Ignore(syscall.SIGTERM)
	kill(syscall.SIGTERM)
	p, err := os.FindProcess(os.Getpid())
	fmt.Println(err)
	fmt.Println(p.Signal(syscall.SIGUSR1))
	fmt.Println(<-c)
	signal.Reset(syscall.SIGUSR1)
	kill(syscall.SIGUSR1) // which Go ignores
	fmt.Println("survived")
}

func selfTerm() {
	kill(syscall.SIGTERM)
	time.Sleep(5 * time.Second)
	fmt.Println("survived")
}

func abort() {
	kill(syscall.SIGABRT)
	time.Sleep(5 * time.Second)
	fmt.Println("survived")
}

func segv() {
	kill(syscall.SIGSEGV)
	time.Sleep(5 * time.Second)
	fmt.Println("survived")
}

// stdin waits for input and for a signal at once.
func stdin() {
	c := make(chan os.Signal, 10)
	signal.Notify(c, syscall.SIGUSR1)
	go func() {
		buf := make([]byte, 10)
		n, err := os.Stdin.Read(buf)
		fmt.Println("read", n, err)
	}()
	fmt.Println("ready")
	fmt.Println(<-c)
}
