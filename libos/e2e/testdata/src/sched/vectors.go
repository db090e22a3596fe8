package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash/crc32"
	"math"
	"math/big"
	"runtime"
	"sync"
	"time"
)

// vectors runs code in vector registers for a while, beside tickers and
// collections that interrupt it, and checks that nothing in them was changed.
func vectors(args []string) {
	end := time.Now().Add(time.Duration(number(args, 0)) * time.Millisecond)
	data := make([]byte, 64<<10)
	for i := range data {
		data[i] = byte(i * i >> 3)
	}
	type sums struct {
		a [64]byte
		b [32]byte
		c uint32
		d int
		e float64
		f string
	}
	work := func() (s sums) {
		s.a, s.b, s.c = sha512.Sum512(data), sha256.Sum256(data), crc32.ChecksumIEEE(data)
		s.d = bytes.Index(data, []byte("no such text in here")) + bytes.Count(data, []byte{7}) + bytes.LastIndexByte(data, 9)
		x, y := 1.0, 0.5
		for i := 1; i < 2000; i++ {
			x = math.FMA(x, 0.999, y/float64(i))
			y = math.Sqrt(x) + math.Floor(y)*0.5
		}
		s.e = x
		n := big.NewInt(3)
		s.f = n.Exp(n, big.NewInt(2000), nil).String()
		return s
	}
	want := work()
	stop := make(chan struct{})
	for range 3 {
		go func() {
			t := time.NewTicker(time.Millisecond)
			defer t.Stop()
			for {
				select {
				case <-t.C:
				case <-stop:
					return
				}
			}
		}()
	}
	go func() {
		for time.Now().Before(end) {
			_ = make([]byte, 1<<20)
			runtime.GC()
			time.Sleep(3 * time.Millisecond)
		}
	}()
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for time.Now().Before(end) {
				if got := work(); got != want {
					fmt.Printf("worker %d: %+v\nwant %+v\n", w, got, want)
					panic("a vector register was changed")
				}
			}
		})
	}
	wg.Wait()
	close(stop)
	fmt.Printf("%x %x %x %d %v\n", want.a[:4], want.b[:4], want.c, want.d, want.e)
}
