package e2e

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A row is a case of a table: a job and what its process has to show, so that
// two platforms that both do nothing do not pass.
type row struct {
	name   string
	job    job
	status int
	out    string // contained in standard output
	err    string // contained in standard error
	long   bool   // not with -short
}

// table compares all rows.
func table(t *testing.T, dir string, rows []row) {
	for _, r := range rows {
		if r.name == "" {
			r.name = strings.Join(r.job.args, "_")
		}
		t.Run(r.name, func(t *testing.T) {
			if r.long && testing.Short() {
				t.Skip("takes longer than -short allows")
			}
			start(t)
			o := r.job.compare(t, program(t, dir))
			if o.Status != r.status || !strings.Contains(o.Stdout, r.out) || !strings.Contains(o.Stderr, r.err) {
				t.Errorf("the process shows %+v, want status %d, output with %q, standard error with %q", o, r.status, r.out, r.err)
			}
		})
	}
}

// way is a row's job with arguments only.
func way(args ...string) job { return job{args: args} }

// on is a job with arguments on a machine: flags of uni run, separated by blanks.
func on(flags string, args ...string) job { return job{args: args, flags: strings.Fields(flags)} }

func TestHello(t *testing.T) {
	table(t, workload("hello"), []row{
		{name: "default", err: "hello, world"},
		{name: "16M", job: on("-mem 16M"), err: "hello, world"},
		{name: "4 vCPUs", job: on("-cpus 4"), err: "hello, world"},
		// The runtime complains of each that it does not find, here and there.
		{name: "instructions", job: job{env: []string{"GODEBUG=cpu.ssse3=on,cpu.popcnt=on,cpu.aes=on,cpu.adx=on,cpu.sha=on,cpu.avx=on,cpu.avx2=on,cpu.bmi2=on,cpu.fma=on,cpu.erms=on"}}, err: "hello, world"},
	})
	t.Run("too little memory", func(t *testing.T) {
		start(t)
		o := on("-mem 6M").asUnikernel(t, program(t, workload("hello")))
		if o.Status != 125 || !strings.Contains(o.Stderr, "too little memory") || !strings.Contains(o.Stderr, "-mem") {
			t.Errorf("uni run -mem 6M = %+v, want status 125 and an error that names -mem", o)
		}
	})
}

func TestHelloFmt(t *testing.T) {
	table(t, workload("hellofmt"), []row{
		{name: "default", out: "hello, world"},
		{name: "2 vCPUs", job: on("-cpus 2"), out: "hello, world"},
	})
}

func TestGCStress(t *testing.T) {
	table(t, workload("gcstress"), []row{
		{name: "1 vCPU", job: on("-cpus 1", "-tasks", "60", "-depth", "12"), out: "60 tasks of depth 12", long: true},
		{name: "2 vCPUs", job: on("-cpus 2", "-tasks", "120", "-depth", "12"), out: "120 tasks of depth 12"},
		{name: "4 vCPUs", job: on("-cpus 4", "-tasks", "60", "-depth", "12"), out: "60 tasks of depth 12"},
		{name: "default", job: on("-cpus 2"), out: "480 tasks of depth 14", long: true},
	})
}

func TestCrash(t *testing.T) {
	table(t, workload("crash"), []row{
		{job: way("nil"), out: "recovered: runtime error: invalid memory address"},
		{job: way("nilfatal"), status: 2, err: "code=0x1 addr=0x0"},
		{job: way("divide"), status: 2, err: "integer divide by zero"},
		{job: way("overflow"), status: 2, err: "stack overflow"},
		{job: way("wild"), status: 2, err: "addr=" + nowhere},
		{job: way("deadlock"), status: 2, err: "all goroutines are asleep"},
		{job: way("panic"), status: 2, err: "asked to panic"},
		{job: way("exit", "7"), status: 7},
		{job: way("exit", "0")},
		{job: way("exit", "255"), status: 255},
		{job: way("unknown"), status: 64, err: "unknown way"},
		{name: "nilfatal on 2 vCPUs", job: on("-cpus 2", "nilfatal"), status: 2, err: "code=0x1 addr=0x0"},
	})
}

func TestSpin(t *testing.T) {
	table(t, workload("spin"), []row{
		{name: "1 vCPU", job: on("-cpus 1"), out: "tick 5\ndone"},
		{name: "2 vCPUs", job: on("-cpus 2"), out: "tick 5\ndone", long: true},
	})
}

func TestFiles(t *testing.T) {
	table(t, workload("files"), []row{{name: "no root", out: "ok devices", long: true}})
	t.Run("root", func(t *testing.T) {
		start(t)
		dir := tree(t)
		b := program(t, workload("files"))
		want := way("-root", filepath.Join(dir, "data")).asProcess(t, b)
		got := on("-root "+dir, "-root", "/data").asUnikernel(t, b)
		if want != (outcome{Stdout: want.Stdout, cpu: want.cpu}) || !strings.Contains(want.Stdout, "ok manifest") {
			t.Fatalf("the process shows %+v", want)
		}
		want.cpu, got.cpu = 0, 0
		if got != want {
			t.Errorf("the unikernel shows %+v, want %+v", got, want)
		}
	})
}

// tree makes a folder for -root, with a folder data that has a manifest.
func tree(t *testing.T) string {
	t.Helper()
	dir, manifest := t.TempDir(), ""
	put := func(name, text string) {
		path := filepath.Join(dir, "data", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for i, name := range []string{"empty", "small.txt", "sub/folder/deep.bin", "sub/two words", "big"} {
		text := strings.Repeat("line of "+name+"\n", []int{0, 1, 300, 7, 70_000}[i])
		put(name, text)
		manifest += fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(text)), name)
	}
	put("manifest.sha256", manifest)
	return dir
}
