// Command fault ends, or nearly ends, in the way its argument names.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"
)

var ways = map[string]func(){
	"goroutine": func() {
		go work("panics in a goroutine")
		select {}
	},
	"custom":     func() { panic(&failure{7}) },
	"error":      func() { panic(fmt.Errorf("wrapped: %w", os.ErrNotExist)) },
	"number":     func() { panic(1.5) },
	"again":      again,
	"repanic":    repanic,
	"nested":     nested,
	"deferred":   deferred,
	"nilfunc":    func() { var f func(); f() },
	"nilmap":     func() { var m map[string]int; m["x"] = 1 },
	"nilmethod":  func() { var s fmt.Stringer; fmt.Println(s.String()) },
	"field":      func() { var p *struct{ a, b int }; fmt.Println(p.b) },
	"bigfield":   func() { var p *[1 << 20]byte; fmt.Println(p[1<<19]) },
	"index":      func() { fmt.Println([]int{1, 2}[len(os.Args)+3]) },
	"slice":      func() { n := len(os.Args) + 9; fmt.Println([]int{1, 2}[1:n]) },
	"assert":     func() { var v any = 1; fmt.Println(v.(string)) },
	"close":      func() { c := make(chan int); close(c); close(c) },
	"send":       func() { c := make(chan int); close(c); c <- 1 },
	"makeslice":  func() { fmt.Println(len(make([]int, len(os.Args)-10))) },
	"unlock":     func() { var mu sync.Mutex; mu.Unlock() },
	"negative":   func() { var wg sync.WaitGroup; wg.Add(-1) },
	"maps":       maps,
	"goexit":     func() { defer fmt.Println("deferred"); runtime.Goexit() },
	"asleep":     asleep,
	"stack":      func() { debug.SetMaxStack(1 << 19); fmt.Println(grow(1)) },
	"trace":      trace,
	"wild":       func() { writeAt(nowhere) },
	"read":       func() { fmt.Println(readAt(nowhere)) },
	"high":       func() { fmt.Println(readAt(1<<63 + 8)) },
	"onfault":    onFault,
	"text":       func() { writeAt(textAddress()) },
	"rodata":     writeConstant,
	"heapcode":   func() { call(heapCode()) },
	"datacode":   func() { call(dataCode()) },
	"stackcode":  stackCode,
	"jumpnil":    func() { call(0) },
	"jumpwild":   func() { call(nowhere) },
	"recovering": recovering,
	"library":    library,
	"threadnil": func() {
		runtime.LockOSThread()
		var p *int
		*p = 1
	},
}

// nowhere is an address that is not mapped.
const nowhere = 0x123456789000

func main() {
	f := ways[os.Args[1]]
	if f == nil {
		fmt.Fprintln(os.Stderr, "fault: no such way")
		os.Exit(64)
	}
	f()
	fmt.Println("returned")
}

// library gives a kernel an address that it cannot read.
//
//go:noinline
func library() {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_RT_SIGPROCMASK, 0, nowhere, 0, 8, 0, 0)
	fmt.Println(errno)
}

//go:noinline
func work(why string) {
	time.Sleep(time.Millisecond)
	panic(why)
}

type failure struct{ code int }

func (f *failure) Error() string { return fmt.Sprint("failure with code ", f.code) }

func again() {
	defer func() { panic("second") }()
	panic("first")
}

func repanic() {
	defer func() {
		r := recover()
		panic(r)
	}()
	panic("once")
}

func nested() {
	defer func() { fmt.Println("outer:", recover()) }()
	defer func() {
		defer func() { fmt.Println("inner:", recover()) }()
		var p *failure
		fmt.Println(p.code)
	}()
	panic("outermost")
}

func deferred() {
	defer fmt.Println("one")
	defer fmt.Println("two")
	defer func() {
		defer fmt.Println("three")
		panic(errors.New("late"))
	}()
	var m map[int]int
	m[1]++
}

func maps() {
	m := map[int]int{}
	for range 4 {
		go func() {
			for i := 0; ; i++ {
				m[i%10] = i
			}
		}()
	}
	time.Sleep(20 * time.Second)
	fmt.Println("never noticed")
}

func asleep() {
	var mu sync.Mutex
	mu.Lock()
	go func() { mu.Lock() }()
	c := make(chan int)
	go func() { c <- 1 }()
	var wg sync.WaitGroup
	wg.Add(1)
	wg.Wait()
}

//go:noinline
func grow(n int) int {
	if n == 0 {
		return 0
	}
	return grow(n+1) + n
}

func trace() {
	debug.PrintStack()
	buf := make([]byte, 10_000)
	s := string(buf[:runtime.Stack(buf, false)])
	fmt.Println(strings.Contains(s, "main.trace"))
	_, file, line, ok := runtime.Caller(0)
	fmt.Println(file[strings.LastIndex(file, "/"):], line, ok)
}

// onFault turns a fault at any address into a panic that says where.
func onFault() {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		r := recover()
		e, _ := r.(interface{ Addr() uintptr })
		fmt.Printf("%v %#x\n", r, e.Addr())
	}()
	writeAt(nowhere)
}

// recovering takes many faults one after the other, on several goroutines, with
// floating point state that has to survive.
func recovering() {
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			x := float64(w + 1)
			for i := range 500 {
				func() {
					defer func() { _ = recover().(runtime.Error) }()
					if i%2 == 0 {
						var p *failure
						p.code = i
					} else {
						fmt.Println(i / (w - w))
					}
				}()
				x = x*1.0001 + 0.5
			}
			if x < 200 || x > 400 {
				fmt.Println("wrong", x)
			}
		})
	}
	wg.Wait()
	fmt.Println("recovered")
}
