package e2e

import (
	"strings"
	"testing"
)

func TestSchedule(t *testing.T) {
	table(t, own("sched"), []row{
		{job: way("timers"), out: "slept"},
		{name: "timers on 2", job: on("-cpus 2", "timers"), out: "slept", long: true},
		{job: way("contexts"), out: "context canceled enough\nafter cancel"},
		{job: way("clock"), out: "true true true\n"},
		{name: "clock on 2", job: on("-cpus 2", "clock"), out: "true true true\n", long: true},
		{name: "usage on 1", job: on("-cpus 1", "usage"), out: "true true true true\n"},
		{name: "usage on 4", job: on("-cpus 4", "usage"), out: "true true true true\n"},
		{name: "ring of 1000", job: on("-cpus 2", "pingpong", "1000"), out: "1002\ndone"},
		{name: "ring of 100000", job: on("-mem 1G -cpus 2", "pingpong", "100000"), out: "100002\ndone", long: true},
		{name: "selects on 1", job: on("-cpus 1", "selects", "100"), out: "199990000"},
		{name: "selects on 2", job: on("-cpus 2", "selects", "1000"), out: "199990000"},
		{name: "locks on 1", job: on("-cpus 1", "locks"), out: "9600 960 1 32 9600", long: true},
		{name: "locks on 2", job: on("-cpus 2", "locks"), out: "9600 960 1 32 9600"},
		{name: "locks on 4", job: on("-cpus 4", "locks"), out: "9600 960 1 32 9600", long: true},
		{name: "threads on 1", job: on("-cpus 1", "threads", "50"), out: "50\ndone"},
		{name: "threads on 2", job: on("-cpus 2 -mem 128M", "threads", "200"), out: "200\ndone"},
		{name: "prime on 1", job: on("-cpus 1", "prime"), out: "6057 6935"},
		{name: "prime on 4", job: on("-cpus 4", "prime"), out: "6057 6935", long: true},
		{name: "1 P on 1", job: on("-cpus 1", "crowd", "2", "1"), out: "1\n"},
		{name: "2 Ps on 1", job: on("-cpus 1", "crowd", "2", "2"), out: "1\n"},
		{name: "5 Ps on 2", job: on("-cpus 2", "crowd", "3", "5"), out: "1\n", long: true},
		{name: "vectors on 1", job: on("-cpus 1 -mem 128M", "vectors", "200")},
		{name: "vectors on 2", job: on("-cpus 2 -mem 128M", "vectors", "1000"), long: true},
		{job: way("goexit"), status: 2, out: "deferred\nlast", err: "no goroutines (main called runtime.Goexit) - deadlock!"},
	})
}

// TestProcessors has no process to compare with: that one has the host's CPUs.
func TestProcessors(t *testing.T) {
	for cpus, want := range map[string]string{"1": "1 1\n", "2": "2 2\n", "4": "4 4\n", "31": "31 31\n"} {
		t.Run(cpus, func(t *testing.T) {
			start(t)
			o := on("-cpus "+cpus, "procs").asUnikernel(t, program(t, own("sched")))
			if want += cpus + " 1 3\n7499995\n"; o.Status != 0 || o.Stdout != want {
				t.Errorf("procs with -cpus %s = %+v, want output %q", cpus, o, want)
			}
		})
	}
}

func TestMemory(t *testing.T) {
	env := func(flags string, env ...string) job {
		return job{args: []string{"settings"}, env: append(env, "GOMAXPROCS=2"), flags: strings.Fields(flags)}
	}
	table(t, own("memory"), []row{
		{job: way("collect"), out: "1000 2000 true"},
		{name: "collect on 2", job: on("-cpus 2", "collect"), out: "1000 2000 true", long: true},
		{name: "GOGC", job: env("", "GOGC=off", "GOMEMLIMIT=1GiB"), out: "GOGC -1\n"},
		{name: "GOMEMLIMIT", job: env("", "GOMEMLIMIT=40MiB"), out: "GOMEMLIMIT 41943040"},
		{name: "GODEBUG", job: env("", "GODEBUG=panicnil=1,asyncpreemptoff=1", "GOMEMLIMIT=1GiB"), out: "panicnil <nil>"},
		{name: "GOTRACEBACK none", job: env("", "GOTRACEBACK=none", "DIE=x", "GOMEMLIMIT=1GiB"), status: 2, err: "panic: x"},
		{name: "GOTRACEBACK all", job: env("", "GOTRACEBACK=all", "DIE=x", "GOMEMLIMIT=1GiB"), status: 2, err: "main.settings"},
		{name: "GOTRACEBACK crash", job: env("", "GOTRACEBACK=crash", "DIE=x", "GOMEMLIMIT=1GiB"), status: 134, err: "main.settings"},
		{name: "hoard", job: on("-mem 64M", "hoard", "40"), out: "40\n"},
		{name: "churn in 48M", job: on("-mem 48M", "churn", "1000")},
		{name: "churn in 64M on 2", job: on("-mem 64M -cpus 2", "churn", "1000"), long: true},
		{name: "percent", job: on("-mem 32M", "percent"), out: "500 "},
		{name: "percent on 2", job: on("-mem 32M -cpus 2", "percent"), out: "500 ", long: true},
		{job: way("zero"), out: "zero"},
		{job: way("giveback")},
		{name: "files", job: on("-mem 512M", "files"), out: "removed\n"},
		{name: "deep stack", job: on("-mem 600M", "deep", "100")},
	})
}

// TestExhausted has no process to compare with: that one has the host's memory.
func TestExhausted(t *testing.T) {
	for _, c := range []struct{ flags, size string }{
		{"-mem 32M", "100"}, {"-mem 32M", "100000"}, {"-mem 32M", "5000000"}, {"-mem 32M", "100000000"},
		{"-mem 32M -cpus 2", "10000"}, {"-mem 16M -cpus 4", "1000"},
	} {
		t.Run(strings.ReplaceAll(c.flags+" "+c.size, " ", "_"), func(t *testing.T) {
			start(t)
			o := on(c.flags, "exhaust", c.size).asUnikernel(t, program(t, own("memory")))
			if o.Status != 2 || !strings.Contains(o.Stderr, "fatal error: ") || !strings.Contains(o.Stderr, "memory") {
				t.Errorf("status %d, standard error %s", o.Status, head(o.Stderr))
			}
		})
	}
}

func TestLibrary(t *testing.T) {
	table(t, own("library"), []row{
		{name: "1 vCPU", out: "UP\n", err: "level=WARN msg=structured n=1", long: true},
		{name: "2 vCPUs", job: on("-cpus 2"), out: "UP\n", long: true},
	})
}
