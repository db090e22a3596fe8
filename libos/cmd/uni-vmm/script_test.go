package main

import (
	"bufio"
	"bytes"
	"debug/elf"
	le "encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"unibench/libos/abi"
	"unibench/libos/monitor"
	"unibench/libos/vmm/testguest"
)

// binary is the command, built by TestMain. It is not this test binary: the race
// detector makes threads in a way that the command's confinement forbids.
var binary string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "uni-vmm-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "uni-vmm")
	build := exec.Command("go", "build", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the command: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// command is uni-vmm with args, in an empty folder of its own.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir())
	return cmd
}

// status returns the exit status of a command that has ended.
func status(err error) int {
	var e *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.ExitCode()
	}
	return -1
}

func needKVM(t *testing.T) {
	t.Helper()
	f, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("no KVM on this host: %v", err)
	}
	f.Close()
}

// file writes a file and returns its path.
func file(t *testing.T, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestBadInput: one clear line, the status of the contract, and nothing left.
func TestBadInput(t *testing.T) {
	good := testguest.Image(testguest.Asm(nil).Call(abi.HypercallExit, 0, 0))
	other := bytes.Clone(good)
	le.LittleEndian.PutUint32(other[4096+16+abi.ImageMagicOffset+len(abi.ImageMagic):], abi.ImageVersion+1)
	goodFile := file(t, good)
	missing := filepath.Join(t.TempDir(), "missing")
	for _, c := range []struct {
		name string
		args []string
		want int
		text string // part of the error
		kvm  bool
	}{
		{"no arguments", nil, statusUsage, "no image given", false},
		{"bad flag", []string{"-x", "img"}, statusUsage, "unknown flag -x", false},
		{"bad size", []string{"-mem", "x", goodFile}, statusUsage, "-mem", false},
		{"missing file", []string{missing}, statusFailed, "no such file", false},
		{"folder", []string{t.TempDir()}, statusFailed, "is a directory", false},
		{"empty file", []string{file(t, nil)}, statusFailed, "not an ELF file", false},
		{"text", []string{file(t, []byte("#!/bin/sh\necho no\n"))}, statusFailed, "not an ELF file", false},
		{"just the magic", []string{file(t, []byte("\x7fELF"))}, statusFailed, "cut short", false},
		{"cut headers", []string{file(t, good[:100])}, statusFailed, "cut short", false},
		{"cut image", []string{file(t, good[:5000])}, statusFailed, "beyond the end of the file", false},
		{"Linux program", []string{binary}, statusFailed, "uni build", false},
		{"other version", []string{file(t, other)}, statusFailed, "build it again", false},
		{"stats in a missing folder", []string{"-stats", missing + "/f", goodFile}, statusFailed, "write statistics", false},
		{"missing root", []string{"-root", missing, goodFile}, statusFailed, "no such file", false},
		{"too little memory", []string{"-mem", "1M", goodFile}, statusFailed, "too little memory", true},
		{"one byte of memory", []string{"-mem", "1", goodFile}, statusFailed, "raise -mem", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.kvm {
				needKVM(t)
			}
			cmd := command(t, c.args...)
			var out, errs bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &errs
			got := status(cmd.Run())
			first, rest, _ := strings.Cut(errs.String(), "\n")
			if got != c.want || out.Len() != 0 || !strings.HasPrefix(first, "uni-vmm: ") || !strings.Contains(first, c.text) {
				t.Errorf("status %d, output %q, error %q; want %d with %q", got, &out, &errs, c.want, c.text)
			}
			if rest != "" && !(c.want == statusUsage && rest == usage+"\n") {
				t.Errorf("more lines than one: %q", &errs)
			}
			if left, _ := os.ReadDir(cmd.Dir); len(left) != 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// TestExitStatus: what the program ends with is what the command ends with.
func TestExitStatus(t *testing.T) {
	needKVM(t)
	for _, c := range []struct {
		name           string
		status, signal uint64
		want           int
	}{
		{"success", 0, 0, 0}, {"failure", 7, 0, 7}, {"256", 256, 0, 0}, {"killed", 0, 15, 143}, {"aborted", 134, 6, 134},
	} {
		image := file(t, testguest.Image(testguest.Asm(nil).
			Call(abi.HypercallWrite, 1, testguest.ROData, 8).Call(abi.HypercallWrite, 2, testguest.Data, 8).
			Call(abi.HypercallExit, c.status, c.signal)))
		cmd := command(t, "-stats", "s.json", image)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if got := status(cmd.Run()); got != c.want || out.String() != "constant" || errs.String() != "variable" {
			t.Errorf("%s: status %d, output %q, %q; want %d", c.name, got, &out, &errs, c.want)
		}
		var stats monitor.Stats
		text, err := os.ReadFile(filepath.Join(cmd.Dir, "s.json"))
		if err == nil {
			err = json.Unmarshal(text, &stats)
		}
		if err != nil || stats.ExitStatus != c.want || stats.Exits["write"] != 2 || stats.VMExits < 3 || stats.FirstOutput < stats.FirstRun || stats.GuestEnd < stats.FirstOutput {
			t.Errorf("%s: %v in statistics\n%s", c.name, err, text)
		}
	}
}

// TestBrokenGuest: the error of the guest is one line with the registers of the
// vCPU behind it, the status that of the monitor, and there is a core.
func TestBrokenGuest(t *testing.T) {
	needKVM(t)
	cmd := command(t, "-core", "core", file(t, testguest.Image(testguest.Asm(nil).Call(77))))
	out, err := cmd.CombinedOutput()
	text, dump, _ := strings.Cut(string(out), "\n")
	if want := "uni-vmm: vCPU 0: unknown hypercall (0x4d); the VM was ended"; status(err) != statusFailed || text != want {
		t.Errorf("status %d, %q; want %d, %q", status(err), out, statusFailed, want)
	}
	if !strings.HasPrefix(dump, "vCPU 0 in the library OS, without a thread:\n  rip 00000000004010") || !strings.Contains(dump, "\n  rax 000000000000004d") {
		t.Errorf("registers:\n%s", dump)
	}
	core, err := elf.Open(filepath.Join(cmd.Dir, "core"))
	if err != nil {
		t.Fatal(err)
	}
	defer core.Close()
	if core.Type != elf.ET_CORE || len(core.Progs) < 5 {
		t.Errorf("core %+v", core)
	}
}

// signalGuest says "constant" when it starts, and "variable" for each signal.
func signalGuest() []byte {
	const (
		events  = abi.PerCPUGPA + 0x0c
		signals = abi.StatsGPA + 0x28
	)
	a := testguest.Asm(nil).Call(abi.HypercallWrite, 1, testguest.ROData, 8)
	loop := len(a)
	back := func() { // jmp loop
		a = a.Bytes(0xe9)
		a = le.LittleEndian.AppendUint32(a, uint32(loop-len(a)-4))
	}
	// The events first, then what they stand for: one that comes later is seen by
	// the wait.
	a = le.LittleEndian.AppendUint32(a.Bytes(0xc7, 0x04, 0x25), events) // mov dword [events], 0
	a = a.Bytes(0, 0, 0, 0)
	a = le.LittleEndian.AppendUint32(a.Bytes(0x48, 0x8b, 0x04, 0x25), signals) // mov rax, [signals]
	wait := testguest.Asm(nil).Call(abi.HypercallWait, math.MaxInt64)
	const jump = 5                                            // bytes of back
	a = a.Bytes(0x48, 0x85, 0xc0, 0x75, byte(len(wait)+jump)) // test rax, rax; jnz handle
	a = a.Bytes(wait...)
	back()
	a = a.Store(signals, 0).Call(abi.HypercallWrite, 1, testguest.Data, 8) // handle:
	back()
	return testguest.Image(a)
}

// TestSignals: the first interruption is the program's, the second ends the VM;
// after SIGQUIT with what its vCPUs were doing, and a core.
func TestSignals(t *testing.T) {
	needKVM(t)
	image := file(t, signalGuest())
	for _, c := range []struct {
		name   string
		before []syscall.Signal // each of them answered
		last   syscall.Signal
		want   syscall.Signal
	}{
		{"interrupt twice", []syscall.Signal{syscall.SIGINT}, syscall.SIGINT, syscall.SIGINT},
		{"terminate after interrupt", []syscall.Signal{syscall.SIGINT}, syscall.SIGTERM, syscall.SIGINT},
		{"quit twice", []syscall.Signal{syscall.SIGQUIT}, syscall.SIGQUIT, syscall.SIGQUIT},
		{"interrupt twice after quit", []syscall.Signal{syscall.SIGQUIT, syscall.SIGINT}, syscall.SIGINT, syscall.SIGINT},
		{"others do not count", []syscall.Signal{syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGQUIT, syscall.SIGHUP, syscall.SIGTERM}, syscall.SIGINT, syscall.SIGINT},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := command(t, "-stats", "s.json", "-core", "core", image)
			var errs bytes.Buffer
			cmd.Stderr = &errs
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			word := make([]byte, 8)
			r := bufio.NewReader(out)
			expect := func(want string) {
				t.Helper()
				if _, err := r.Read(word); err != nil || string(word) != want {
					cmd.Process.Kill()
					t.Fatalf("guest said %q, %v; want %q", word, err, want)
				}
			}
			expect("constant")
			for _, s := range c.before {
				cmd.Process.Signal(s)
				expect("variable")
			}
			cmd.Process.Signal(c.last)
			if got := status(cmd.Wait()); got != statusSignal+int(c.want) {
				t.Errorf("status %d, want %d", got, statusSignal+int(c.want))
			}
			core, err := os.ReadFile(filepath.Join(cmd.Dir, "core"))
			if dumped := strings.HasPrefix(errs.String(), "vCPU 0 "); err != nil || dumped != (c.want == syscall.SIGQUIT) || dumped != (len(core) > 0) {
				t.Errorf("a core of %d bytes, %v; on standard error:\n%s", len(core), err, &errs)
			}
			if _, err := os.Stat(filepath.Join(cmd.Dir, "s.json")); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestStalledOutput: a vCPU that writes to a pipe that nobody reads does not keep
// the process from ending.
func TestStalledOutput(t *testing.T) {
	needKVM(t)
	const much = 4 << 20 // in RAM, beyond what a pipe holds
	a := testguest.Asm(nil).Call(abi.HypercallWrite, 2, testguest.ROData, 8)
	loop := len(a)
	a = a.Call(abi.HypercallWrite, 1, 8<<20, much).Bytes(0xe9) // jmp loop
	a = le.LittleEndian.AppendUint32(a, uint32(loop-len(a)-4))
	cmd := command(t, file(t, testguest.Image(a)))
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd.Stdout = w
	errs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	word := make([]byte, 8)
	if _, err := errs.Read(word); err != nil || string(word) != "constant" {
		t.Fatalf("guest said %q, %v", word, err)
	}
	// The first byte tells that the large write has begun.
	if _, err := r.Read(word[:1]); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for again := time.NewTicker(time.Millisecond); ; <-again.C {
		cmd.Process.Signal(syscall.SIGINT)
		select {
		case err := <-ended:
			if err == nil {
				t.Error("status 0 of a run that was interrupted")
			}
			return
		default:
		}
	}
}

// TestTrace: a record becomes a line; a trace that cannot be written is said at the
// end, one that cannot be opened at once.
func TestTrace(t *testing.T) {
	needKVM(t)
	const record = 8 << 20 // in RAM
	image := file(t, testguest.Image(testguest.Asm(nil).
		Store(record, 1).Store(record+8, 1).Store(record+16, testguest.ROData).Store(record+24, 8).Store(record+56, 8).Store(record+88, 3).
		Call(abi.HypercallTrace, record).
		Call(abi.HypercallExit, 7, 0)))
	cmd := command(t, "-trace", "trace", image)
	out, err := cmd.CombinedOutput()
	text, err2 := os.ReadFile(filepath.Join(cmd.Dir, "trace"))
	if want := "0.000000 t3 write(1, \"constant\", 8) = 8 <0.000000>\n"; status(err) != 7 || len(out) != 0 || err2 != nil || string(text) != want {
		t.Errorf("status %d, %q, %v, trace %q; want status 7 and %q", status(err), out, err2, text, want)
	}
	for name, c := range map[string]struct {
		want int
		text string
	}{
		"/dev/full": {7, "uni-vmm: write trace: no space left on device\n"},
		"none/file": {statusFailed, "uni-vmm: write trace: open none/file: no such file or directory\n"},
	} {
		out, err := command(t, "-trace", name, image).CombinedOutput()
		if got := status(err); got != c.want || string(out) != c.text {
			t.Errorf("-trace %s: status %d, %q; want %d, %q", name, got, out, c.want, c.text)
		}
	}
}

// TestStuck: a guest that never looks at its events, as library OS code that hangs
// does not, is ended by the second SIGQUIT, with its registers and a core.
func TestStuck(t *testing.T) {
	needKVM(t)
	code := testguest.Asm(nil).Call(abi.HypercallWrite, 1, testguest.ROData, 8)
	loop := testguest.Code + len(code)
	cmd := command(t, "-core", "core", file(t, testguest.Image(code.Loop())))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	word := make([]byte, 8)
	if _, err := out.Read(word); err != nil || string(word) != "constant" {
		t.Fatalf("guest said %q, %v", word, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for again := time.NewTicker(300 * time.Millisecond); ; {
		// The kernel makes one of two that come at once, and a third would end the
		// monitor while it writes.
		cmd.Process.Signal(syscall.SIGQUIT)
		select {
		case <-again.C:
			continue
		case err = <-ended:
		}
		break
	}
	want := fmt.Sprintf("vCPU 0 in the library OS, without a thread:\n  rip %016x", loop)
	if got := status(err); got != statusSignal+int(syscall.SIGQUIT) || !strings.HasPrefix(errs.String(), want) {
		t.Errorf("status %d, %s; want 131 and %q", got, &errs, want)
	}
	core, err := elf.Open(filepath.Join(cmd.Dir, "core"))
	if err != nil {
		t.Fatal(err)
	}
	core.Close()
}
