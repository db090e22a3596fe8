package monitor

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// The console uses descriptors 0, 1 and 2 of its process, so its tests run in
// processes of their own: this test binary, told by childVariable what to do.
const childVariable = "UNIBENCH_CONSOLE_CHILD"

func TestMain(m *testing.M) {
	if mode := os.Getenv(childVariable); mode != "" {
		os.Exit(consoleChild(mode))
	}
	os.Exit(m.Run())
}

func newConsole() *console {
	c := &console{now: func() int64 { return 7 }}
	return c
}

// consoleChild does what a guest would with a console.
func consoleChild(mode string) int {
	c := newConsole()
	switch mode {
	case "modes":
		modes := c.Modes()
		fmt.Printf("%#x %#x %#x\n", modes[0], modes[1], modes[2])
		return 0
	case "write", "write-nonblock":
		// More than a pipe holds, until all is gone.
		if mode == "write-nonblock" {
			syscall.SetNonblock(1, true)
		}
		p := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
		for len(p) > 0 {
			n, errno := c.Write(1, p)
			if errno != 0 {
				fmt.Fprintln(os.Stderr, "errno", int(errno))
				return 1
			}
			p = p[n:]
		}
		fmt.Fprintln(os.Stderr, "first output at", c.firstOutput.Load())
		return 0
	case "write-error":
		n, errno := c.Write(1, []byte("x"))
		fmt.Fprintln(os.Stderr, n, int(errno), c.firstOutput.Load())
		return 0
	}
	// "read N" and "read-nonblock N": echo what N bytes at a time give, a line
	// each, to the end or the first error.
	name, size, _ := strings.Cut(mode, " ")
	n, _ := strconv.Atoi(size)
	if name == "read-nonblock" {
		syscall.SetNonblock(0, true)
	}
	ready := make(chan struct{}, 1)
	p := make([]byte, n)
	for {
		n, errno := c.Read(p, func() { ready <- struct{}{} })
		switch {
		case errno == syscall.EAGAIN:
			<-ready
		case errno != 0:
			fmt.Println("errno", int(errno))
			return 0
		case n == 0:
			fmt.Println("end")
			return 0
		default:
			fmt.Printf("%q\n", p[:n])
		}
	}
}

func child(t *testing.T, mode string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+mode, "GORACE=atexit_sleep_ms=0")
	return cmd
}

// TestConsoleRead feeds input in chunks, each after the answer to the one before.
func TestConsoleRead(t *testing.T) {
	for _, mode := range []string{"read 4", "read-nonblock 4"} {
		t.Run(mode, func(t *testing.T) {
			cmd := child(t, mode)
			in, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(out)
			expect := func(want ...string) {
				t.Helper()
				for _, w := range want {
					if !lines.Scan() || lines.Text() != w {
						t.Fatalf("got %q, want %q", lines.Text(), w)
					}
				}
			}
			io.WriteString(in, "ab")
			expect(`"ab"`)
			io.WriteString(in, "cdefghijk")
			expect(`"cdef"`, `"ghij"`, `"k"`)
			io.WriteString(in, "\x00")
			expect(`"\x00"`)
			in.Close()
			expect("end")
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestConsoleReadErrors(t *testing.T) {
	dir, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	wo, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer wo.Close()
	for _, c := range []struct {
		name string
		in   *os.File
		want syscall.Errno
	}{{"a folder", dir, syscall.EISDIR}, {"not for reading", wo, syscall.EBADF}} {
		cmd := child(t, "read 10")
		cmd.Stdin = c.in
		out, err := cmd.Output()
		if want := fmt.Sprintf("errno %d\n", int(c.want)); err != nil || string(out) != want {
			t.Errorf("%s: %q, %v; want %q", c.name, out, err, want)
		}
	}
}

// TestConsoleReadsNoMore: what the program does not ask for stays.
func TestConsoleReadsNoMore(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	io.WriteString(w, "first\nsecond\n")
	w.Close()
	cmd := child(t, "read 6")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin = r
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	all, _ := io.ReadAll(out)
	cmd.Wait()
	if want := "\"first\\n\"\n\"second\"\n\"\\n\"\nend\n"; string(all) != want {
		t.Errorf("read %q, want %q", all, want)
	}
}

func TestConsoleWrite(t *testing.T) {
	for _, mode := range []string{"write", "write-nonblock"} {
		cmd := child(t, mode)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if err := cmd.Run(); err != nil {
			t.Fatalf("%s: %v: %s", mode, err, &errs)
		}
		if !bytes.Equal(out.Bytes(), bytes.Repeat([]byte("0123456789abcdef"), 1<<16)) {
			t.Errorf("%s: %d bytes arrived, or others", mode, out.Len())
		}
		if got := errs.String(); got != "first output at 7\n" {
			t.Errorf("%s: %q", mode, got)
		}
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	cmd := child(t, "write-error")
	var errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = full, &errs
	cmd.Run()
	if want := fmt.Sprintf("0 %d 0\n", int(syscall.ENOSPC)); errs.String() != want {
		t.Errorf("write to a full device: %q, want %q", errs.String(), want)
	}
}

func TestConsoleModes(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	cmd := child(t, "modes")
	cmd.Stdin, cmd.Stderr = r, null // a character device, but no terminal
	out, err := cmd.Output()
	if want := "0x1000 0x1000 0x2000\n"; err != nil || string(out) != want {
		t.Errorf("modes %q, %v; want %q", out, err, want)
	}
}
