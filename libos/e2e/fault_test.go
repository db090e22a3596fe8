package e2e

import (
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

func TestPanics(t *testing.T) {
	table(t, own("fault"), []row{
		{job: way("goroutine"), status: 2, err: "panics in a goroutine"},
		{job: way("custom"), status: 2, err: "failure with code 7"},
		{job: way("error"), status: 2, err: "wrapped: file does not exist"},
		{job: way("number"), status: 2, err: "panic: 1.5"},
		{job: way("again"), status: 2, err: "panic: second"},
		{job: way("repanic"), status: 2, err: "repanicked"},
		{job: way("nested"), out: "inner: runtime error: invalid memory address"},
		{job: way("deferred"), status: 2, out: "three\ntwo\none", err: "late"},
		{job: way("nilfunc"), status: 2, err: "addr=0x0"},
		{job: way("nilmap"), status: 2, err: "assignment to entry in nil map"},
		{job: way("nilmethod"), status: 2, err: "nil pointer dereference"},
		{job: way("field"), status: 2, err: "addr=0x8"},
		{job: way("bigfield"), status: 2, err: "nil pointer dereference"},
		{job: way("index"), status: 2, err: "index out of range [5] with length 2"},
		{job: way("slice"), status: 2, err: "slice bounds out of range [:11]"},
		{job: way("assert"), status: 2, err: "interface conversion"},
		{job: way("close"), status: 2, err: "close of closed channel"},
		{job: way("send"), status: 2, err: "send on closed channel"},
		{job: way("makeslice"), status: 2, err: "len out of range"},
		{job: way("unlock"), status: 2, err: "fatal error: sync: unlock of unlocked mutex"},
		{job: way("negative"), status: 2, err: "negative WaitGroup counter"},
		{job: way("goexit"), status: 2, out: "deferred", err: "main called runtime.Goexit"},
		{job: way("asleep"), status: 2, err: "all goroutines are asleep - deadlock!"},
		{name: "asleep on 2", job: on("-cpus 2", "asleep"), status: 2, err: "all goroutines are asleep - deadlock!"},
		{job: way("stack"), status: 2, err: "goroutine stack exceeds 524288-byte limit"},
		{job: way("trace"), out: "true", err: "main.trace"},
		{job: way("threadnil"), status: 2, err: "addr=0x0"},
		{job: way("recovering"), out: "recovered\n"},
		{name: "recovering on 2", job: on("-cpus 2", "recovering"), out: "recovered\n"},
	})
}

// TestConcurrentMaps compares the message alone: which of the goroutines notices,
// and where the others are, is chance.
func TestConcurrentMaps(t *testing.T) {
	table(t, own("fault"), []row{{
		job:    job{args: []string{"maps"}, flags: []string{"-cpus", "2"}, trim: firstLine},
		status: 2, err: "fatal error: concurrent map",
	}})
}

func firstLine(s string) string {
	if len(s) < 23 {
		return s
	}
	return s[:23]
}

// TestProtection is about what page tables forbid.
func TestProtection(t *testing.T) {
	table(t, own("fault"), []row{
		{job: way("wild"), status: 2, err: "code=0x1 addr=" + nowhere},
		{job: way("read"), status: 2, err: "code=0x1 addr=" + nowhere},
		{job: way("high"), status: 2, err: "SIGSEGV"}, // not canonical
		{job: way("onfault"), out: nowhere},
		{job: way("text"), status: 2, err: "code=0x2"},
		{job: way("rodata"), status: 2, err: "code=0x2"},
		{job: way("heapcode"), status: 2, err: "code=0x2"},
		{job: way("datacode"), status: 2, err: "code=0x2"},
		{job: way("stackcode"), status: 2, err: "code=0x2"},
		{job: way("jumpnil"), status: 2, err: "addr=0x0"},
		{job: way("jumpwild"), status: 2, err: "code=0x1 addr=" + nowhere},
	})
}

// TestTraceback compares what the runtime prints at each level of GOTRACEBACK. With
// crash the program dies of SIGABRT after it.
func TestTraceback(t *testing.T) {
	level := func(level, arg string) job {
		return job{args: []string{arg}, env: []string{"GOTRACEBACK=" + level}}
	}
	table(t, own("fault"), []row{
		{name: "none", job: level("none", "field"), status: 2, err: "nil pointer dereference"},
		{name: "all", job: level("all", "goroutine"), status: 2, err: "main.main"},
		{name: "system", job: level("system", "index"), status: 2, err: "main.init"},
		{name: "crash, nil dereference", job: level("crash", "field"), status: 134, err: "addr=0x8"},
		{name: "crash, panic", job: level("crash", "custom"), status: 134, err: "failure with code 7"},
		{name: "crash, stack overflow", job: level("crash", "stack"), status: 134, err: "goroutine stack exceeds 524288-byte limit"},
		{name: "crash, throw", job: level("crash", "unlock"), status: 134, err: "fatal error: sync: unlock of unlocked mutex"},
		{name: "crash, deadlock", job: level("crash", "asleep"), status: 134, err: "all goroutines are asleep"},
	})
}

// registers is what Go prints of them.
var registers = regexp.MustCompile(`(?m)^rax +0x[0-9a-f]+\n(r.. +0x[0-9a-f]+\n)+rip +0x[0-9a-f]+\nrflags +0x[0-9a-f]+$`)

// TestRegisters: a signal that kills a Go program makes it print its registers, and
// the calls of the goroutine that it hit.
func TestRegisters(t *testing.T) {
	start(t)
	o := sending("", "busy", "ready", syscall.SIGQUIT).asUnikernel(t, program(t, own("signals")))
	if o.Status != 2 || !strings.HasPrefix(o.Stderr, "SIGQUIT: quit\n") || !registers.MatchString(o.Stderr) || !strings.Contains(o.Stderr, "main.busy()\n") {
		t.Errorf("status %d, standard error:\n%s", o.Status, o.Stderr)
	}
}

// TestLibraryFault: the library OS takes addresses on trust where only the runtime
// calls it. A program that gives it a wild one is told where that was, in both.
func TestLibraryFault(t *testing.T) {
	start(t)
	b := program(t, own("fault"))
	j := way("library")
	path := withCore(t, &j)
	o := j.asUnikernel(t, b)
	if o.Status != 125 {
		t.Fatalf("status %d, standard error:\n%s", o.Status, o.Stderr)
	}
	inOrder(t, "standard error", o.Stderr, []string{
		`^uni-vmm: vCPU 0: library OS panic 1 at 0x[0-9a-f]+, vector 14, address \(` + nowhere + `\)`,
		`\nvCPU 0 in the library OS, for thread 1:\n  rip `, `cr2 0000` + nowhere[2:],
		`kern\.\(\*Kernel\)\.Sigprocmask\+`, `runtime\.libosSyscall\.abi0\+`, `main\.library\+`, `\nthread 1:\n`, `main\.library\+`,
	})
	gdb, err := exec.LookPath("gdb")
	if err != nil {
		t.Skip(err)
	}
	text := debug(t, gdb, "-nx", "-batch", "-ex", "set width 0", "-ex", "bt", "-ex", "thread find LWP 1$", "-ex", "thread 2", "-ex", "bt", b.image, path)
	inOrder(t, "gdb", text, []string{`signal SIGSEGV`, `Sigprocmask .*kern/signal\.go:\d+`, `libosKernelSyscall`, `libosSyscall`, `main\.library .*main\.go:\d+`, `main\.main`})
}
