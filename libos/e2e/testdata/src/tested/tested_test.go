package tested

import (
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"time"
)

var word = flag.String("word", "none", "a flag of the test's own")

func TestDouble(t *testing.T) {
	if Double(4) != 8 {
		t.Error("Double(4) != 8")
	}
}

func TestSkipped(t *testing.T) { t.Skip("for this reason") }

func TestWord(t *testing.T) { t.Log("word", *word, "variable", os.Getenv("TESTED_VARIABLE")) }

// TestPlace prints what must be the same wherever the test runs.
func TestPlace(t *testing.T) {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join("inner", "testdata", "data.txt"))
	t.Logf("%s %q %v", filepath.Base(dir), sum, err)
	if err := os.WriteFile("made-by-the-test", []byte("x"), 0o600); err != nil {
		t.Error(err)
	}
	defer os.Remove("made-by-the-test")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte(runtime.GOOS), 0o600); err != nil {
		t.Error(err)
	}
}

// TestGoroutines: those of a network stack are not the program's.
func TestGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	l.Close()
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	var profile strings.Builder
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		t.Fatal(err)
	}
	// One that another test started may end meanwhile, one of Dial may take a moment.
	for deadline := time.Now().Add(time.Second); runtime.NumGoroutine() > before && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	t.Log(runtime.NumGoroutine() > before, strings.Contains(string(stacks), "internal/libos/"), strings.Contains(profile.String(), "internal/libos/"))
}

func TestFailing(t *testing.T) {
	if *word == "fail" {
		t.Run("child", func(t *testing.T) { t.Error("as asked") })
	}
}

func TestPanicking(t *testing.T) {
	if *word == "panic" {
		panic("as asked")
	}
}

func TestHanging(t *testing.T) {
	if *word == "hang" {
		select {}
	}
}

func TestBusy(t *testing.T) {
	for end := time.Now().Add(200 * time.Millisecond); time.Now().Before(end); {
		Double(1)
	}
}

func ExampleDouble() {
	fmt.Println(Double(-3))
	// Output: -6
}

func BenchmarkDouble(b *testing.B) {
	for b.Loop() {
		Double(3)
	}
}
