// Command memory exercises the heap, stacks and the collector.
package main

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
	"weak"
)

func main() {
	ways := map[string]func(args []string){
		"collect": collect, "settings": settings, "exhaust": exhaust, "hoard": hoard, "deep": deep,
		"churn": churn, "percent": percent, "zero": zero, "giveback": giveBack, "spike": spike, "files": files,
	}
	ways[os.Args[1]](os.Args[2:])
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		fmt.Fprintln(os.Stderr, "memory:", err)
		os.Exit(64)
	}
	return n
}

type node struct {
	next *node
	data [100]byte
}

// collect shows finalizers, cleanups and weak pointers at work.
func collect([]string) {
	var finalized, cleaned atomic.Int64
	var w weak.Pointer[node]
	const n = 1000
	func() {
		for range n {
			p := &node{}
			runtime.SetFinalizer(p, func(*node) { finalized.Add(1) })
			q := &node{}
			runtime.AddCleanup(q, func(x int64) { cleaned.Add(x) }, 2)
		}
		p := &node{}
		w = weak.Make(p)
		fmt.Println(w.Value() == p)
		runtime.KeepAlive(p)
	}()
	for i := 0; i < 1000 && (finalized.Load() < n || cleaned.Load() < 2*n || w.Value() != nil); i++ {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	fmt.Println(finalized.Load(), cleaned.Load(), w.Value() == nil)
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fmt.Println(m.NumForcedGC > 0, m.HeapReleased > 0)
}

// settings shows what the runtime read from the environment.
func settings([]string) {
	fmt.Println("GOGC", debug.SetGCPercent(100))
	fmt.Println("GOMEMLIMIT", debug.SetMemoryLimit(-1))
	fmt.Println("GOMAXPROCS", runtime.GOMAXPROCS(0))
	func() {
		defer func() { fmt.Printf("panicnil %v\n", recover()) }()
		panic(nil)
	}()
	if os.Getenv("DIE") != "" {
		go func() { select {} }()
		runtime.Gosched()
		panic(os.Getenv("DIE"))
	}
}

var sink [][]byte

// exhaust allocates until there is no more.
func exhaust(args []string) {
	size := number(args[0])
	for {
		b := make([]byte, size)
		for i := 0; i < len(b); i += 1000 {
			b[i] = 1
		}
		sink = append(sink, b)
	}
}

// hoard keeps some megabytes alive, so that a program that fits does fit.
func hoard(args []string) {
	for range number(args[0]) {
		sink = append(sink, make([]byte, 1<<20))
	}
	fmt.Println(len(sink))
}

// spike uses that many megabytes until it can read a line, drops them, and works
// with a few until it can read another. A second argument is the name of a file to
// put them in.
func spike(args []string) {
	in := bufio.NewReader(os.Stdin)
	if len(args) > 1 {
		spikeFile(in, args)
		return
	}
	hoard(args)
	for _, b := range sink {
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
	}
	_, _ = in.ReadString('\n')
	sink = nil
	fmt.Println("dropped")
	over := make(chan bool)
	go func() {
		_, _ = in.ReadString('\n')
		close(over)
	}()
	for {
		select {
		case <-over:
			return
		case <-time.After(20 * time.Millisecond):
			sink = [][]byte{make([]byte, 1<<20)}
		}
	}
}

//go:noinline
func recurse(n int) int {
	var pad [1000]byte
	pad[n%1000] = byte(n)
	if n == 0 {
		return int(pad[0])
	}
	return recurse(n-1) + int(pad[n%1000])&1
}

// deep needs a stack of that many megabytes, twice, and lets it shrink between.
func deep(args []string) {
	depth := number(args[0]) << 20 / 1100
	for range 2 {
		fmt.Println(recurse(depth))
		runtime.GC()
	}
	done := make(chan int)
	for range 20 {
		go func() { done <- recurse(500) }()
	}
	for range 20 {
		fmt.Println(<-done)
	}
}

// churn allocates far more than there is in pieces of very different sizes, of
// which only few are alive at a time. It collects often itself: the collector's
// own pace is no promise, a process with GOMEMLIMIT=52MiB reaches 300 MB here.
func churn(args []string) {
	rounds := number(args[0])
	var live [8][]byte
	seed, sum := uint32(1), 0
	for i := range rounds {
		seed = seed*1664525 + 1013904223
		size := 1 << (7 + seed>>28)
		if i%97 == 0 {
			size = 2<<20 + int(seed>>12)
		}
		b := make([]byte, size)
		b[0], b[size-1] = byte(i), 1
		sum += int(b[0]) + int(b[size/2])
		live[i%len(live)] = b
		if i%4 == 0 {
			runtime.GC()
		}
	}
	fmt.Println(sum)
}

// percent collects at almost every allocation.
func percent([]string) {
	debug.SetGCPercent(1)
	m := map[string]*node{}
	var list *node
	for i := range 20_000 {
		list = &node{next: list}
		list.data[0] = byte(i)
		m["k"+strconv.Itoa(i%500)] = list
		if i%1000 == 0 {
			list = nil
		}
	}
	s := 0
	for _, v := range m {
		s += int(v.data[0])
	}
	fmt.Println(len(m), s)
}

// zero checks that new memory is zero, also where memory was used before.
func zero([]string) {
	for round := range 30 {
		b := make([]byte, 1<<20+round*4096)
		if strings.Trim(string(b), "\x00") != "" {
			fmt.Println("not zero in round", round)
			return
		}
		for i := range b {
			b[i] = 0xff
		}
		if round%5 == 0 {
			debug.FreeOSMemory()
		}
	}
	fmt.Println("zero")
}

// giveBack keeps data over memory that is given back and taken again.
func giveBack([]string) {
	keep := make([][]byte, 0, 64)
	for round := range 6 {
		for i := range 24 {
			b := make([]byte, 100_000+i*5000)
			for j := range b {
				b[j] = byte(j * (i + round))
			}
			if i%6 == 0 {
				keep = append(keep, b)
			}
		}
		debug.FreeOSMemory()
	}
	h := sha256.New()
	for _, b := range keep {
		h.Write(b)
	}
	fmt.Printf("%x\n", h.Sum(nil))
}
