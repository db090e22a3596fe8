// Command stdio exercises arguments, environment, standard files and exit.
package main

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"syscall"
	"time"
)

func main() {
	ways := map[string]func(args []string){
		"args": arguments, "copy": copyInput, "lines": lines, "words": words, "reads": reads,
		"big": big, "endless": endless, "epipe": epipe, "exitgo": exitGo, "exitbusy": exitBusy,
		"panicbusy": panicBusy, "errors": fileErrors, "raw": raw, "deadline": deadline,
		"chatty": chatty, "blocked": blocked, "println": printLines,
	}
	ways[os.Args[1]](os.Args[2:])
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "stdio:", err)
		os.Exit(1)
	}
}

func arguments(args []string) {
	fmt.Printf("%q\n", args)
	env := os.Environ()
	slices.Sort(env)
	fmt.Printf("%q\n", env)
	for _, name := range []string{"A", "EMPTY", "MISSING", "PATH", "HOME"} {
		v, ok := os.LookupEnv(name)
		fmt.Printf("%s %q %v\n", name, v, ok)
	}
	check(os.Setenv("A", "changed"))
	check(os.Unsetenv("EMPTY"))
	fmt.Println(os.ExpandEnv("$A-${EMPTY}-$MISSING"))
}

func copyInput([]string) {
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(os.Stdout, h), os.Stdin)
	check(err)
	fmt.Fprintf(os.Stderr, "%d %x\n", n, h.Sum(nil))
}

func lines([]string) {
	s := bufio.NewScanner(os.Stdin)
	n := 0
	for ; s.Scan(); n++ {
		text := []rune(s.Text())
		slices.Reverse(text)
		fmt.Println(n, string(text))
	}
	check(s.Err())
	fmt.Fprintln(os.Stderr, n, "lines")
}

func words([]string) {
	var a, b int
	for {
		n, err := fmt.Fscan(os.Stdin, &a, &b)
		fmt.Println(n, err, a, b)
		if err != nil {
			return
		}
	}
}

// reads shows each answer to a read of standard input, to the third end.
func reads([]string) {
	buf := make([]byte, 10)
	for ends := 0; ends < 3; {
		n, err := os.Stdin.Read(buf)
		fmt.Printf("%q %v\n", buf[:n], err)
		if err != nil {
			ends++
		}
	}
}

// raw reads and writes by system call.
func raw([]string) {
	buf := make([]byte, 100)
	for {
		n, err := syscall.Read(0, buf)
		if n <= 0 {
			fmt.Println(n, err)
			break
		}
		for rest := buf[:n]; len(rest) > 0; {
			n, err = syscall.Write(1, rest)
			check(err)
			rest = rest[n:]
		}
	}
	_, err := syscall.Write(77, buf)
	fmt.Println(err)
}

func big(args []string) {
	total, err := strconv.Atoi(args[0])
	check(err)
	h := sha256.New()
	buf := make([]byte, 300_007)
	for n := 0; n < total; {
		part := buf[:min(len(buf), total-n)]
		for i := range part {
			part[i] = byte((n + i) * 7 >> 3)
		}
		h.Write(part)
		m, err := os.Stdout.Write(part)
		check(err)
		n += m
	}
	fmt.Fprintf(os.Stderr, "%x\n", h.Sum(nil))
}

// endless writes until something stops it.
func endless([]string) {
	for i := 0; ; i++ {
		if _, err := fmt.Println("line", i); err != nil {
			fmt.Fprintln(os.Stderr, "still alive:", err)
			os.Exit(9)
		}
	}
}

// epipe writes to a pipe of its own that nobody reads.
func epipe([]string) {
	r, w, err := os.Pipe()
	check(err)
	check(r.Close())
	_, err = w.Write([]byte("x"))
	fmt.Println(err, errors.Is(err, syscall.EPIPE))
}

func exitGo([]string) {
	go func() {
		fmt.Println("leaving")
		os.Exit(3)
	}()
	select {}
}

func busy() {
	for i := 0; i < 8; i++ {
		go func() {
			for x := 1; x != 0; x += 2 {
			}
		}()
	}
	time.Sleep(30 * time.Millisecond)
}

func exitBusy([]string) {
	busy()
	fmt.Println("main returns")
}

func panicBusy([]string) {
	busy()
	panic("panic beside busy goroutines")
}

func fileErrors([]string) {
	_, err := os.Open("/there/is/none")
	fmt.Println(err, errors.Is(err, os.ErrNotExist))
	_, err = os.Stdout.Read(nil)
	fmt.Println(err)
	_, err = os.Stdout.Seek(-1, 0)
	fmt.Println(err != nil)
	fmt.Println(os.Stderr.Close())
	_, err = fmt.Fprintln(os.Stderr, "lost")
	fmt.Println(err)
	dir, err := os.Getwd()
	fmt.Println(dir != "", err)
	fmt.Println(os.Chdir("/none"))
	info, err := os.Stat("/dev/null")
	check(err)
	fmt.Println(info.Mode()&os.ModeCharDevice != 0)
}

// deadline shows whether standard input takes deadlines, and that a goroutine
// that waits for it does not keep others from running.
func deadline([]string) {
	got := make(chan string)
	go func() {
		buf := make([]byte, 10)
		n, err := os.Stdin.Read(buf)
		got <- fmt.Sprintf("%q %v", buf[:n], err)
	}()
	for i := range 3 {
		time.Sleep(time.Millisecond)
		fmt.Println("tick", i)
	}
	fmt.Println("ready")
	fmt.Println(<-got)
}
