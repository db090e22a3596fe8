package suite

import (
	"slices"
	"strings"
	"time"

	"unibench/harness/record"
	"unibench/harness/target"
	"unibench/harness/trial"
)

// Pair is one operation in two states, which a trial puts side by side.
type Pair struct {
	Key           string // of what they differ in: procs
	First, Second Side
}

// Side is one of the states.
type Side struct {
	Value    string // of Pair.Key
	name     string // of the benchmark of workloads/micro
	workload target.Workload
	age      int // operations of aging before it is measured
}

// aging is the benchmark of workloads/micro that a program ages by, and agedBy how
// much: some hundred collections of garbage.
const (
	aging  = "Request"
	agedBy = 20_000
)

// pairs is the suite of questions about a ratio on one target: what a second processor
// brings, what it brings not to switch modes, what time leaves behind.
func pairs() Suite {
	s := Suite{
		Name:    "pairs",
		Doc:     "one operation in two states: on one processor and on two, with and without a switch of modes, fresh and aged",
		Version: "2",
		Time:    "about 2 minutes",
		Units: []record.Unit{
			{Name: "speedup", Better: "higher", Primary: true, Doc: "throughput in the second state by that in the first, of one trial"},
			{Name: "ns/op", Better: "lower", Doc: "time of one operation in the second state; of both in the steps"},
		},
		Remarks: pairsRemarks(),
		Defaults: Defaults{
			Count: 10, MemoryBytes: 256 << 20, Timeout: 30 * time.Second, Duration: 50 * time.Millisecond,
		},
		Gate: Defaults{Count: 20},
		Short: Defaults{
			Count: 3, Run: "^(ScaleHash|ScaleLock|SwitchClock|AgedRequest)$", Targets: []string{"unikernel", "process"}, Duration: 30 * time.Millisecond,
		},
	}
	for _, name := range []string{"Hash", "Pool", "Lock"} {
		s.Benchmarks = append(s.Benchmarks, scaled(name))
	}
	s.Benchmarks = append(s.Benchmarks,
		switching("SwitchNull", "getpid by an instruction SYSCALL, and by syscall.RawSyscall",
			Side{Value: "instruction", name: "NullInstruction"}, Side{Value: "call", name: "NullRaw"}),
		switching("SwitchClock", "the monotonic clock by clock_gettime, and by vdso(7)",
			Side{Value: "call", name: "ClockCall"}, Side{Value: "vdso", name: "ClockVDSO"}),
		switching("SwitchServe", "a request over a pipe, with three getpid by an instruction SYSCALL, and by syscall.RawSyscall",
			Side{Value: "instruction", name: "RequestInstruction"}, Side{Value: "call", name: "RequestCall"}),
		switching("SwitchSpare", "a request over a pipe, with three getpid by syscall.RawSyscall, and without",
			Side{Value: "call", name: "RequestCall"}, Side{Value: "none", name: "Request"}),
	)
	for _, name := range []string{"Request", "GC", "PageFault"} {
		s.Benchmarks = append(s.Benchmarks, aged(name))
	}
	return s
}

// onProcessors is workloads/micro on 1 processor or 2.
func onProcessors(n int) target.Workload {
	kind := onOne
	if n == 2 {
		kind = onTwo
	}
	return micro{kind: kind}.benchmark().Workload
}

func paired(name, doc string, p Pair) Benchmark {
	b := Benchmark{
		Name: name, Doc: doc, Workload: p.Second.workload, Expect: trial.Expect{AnyStdout: true}, Led: &Leading{Scale: 1, Varying: varies(p)}, Pair: &p,
	}
	if p.Second.name == "GC" || strings.HasPrefix(p.Second.name, aging) { // they make garbage
		b.Led.Scale = controlScale
	}
	return b
}

// varies says of which pairs the operations differ among themselves: all but those that
// compute, or make one call, neither of which makes garbage or wakes anybody.
func varies(p Pair) bool {
	return !slices.Contains([]string{"ParallelHash", "NullRaw", "ClockVDSO"}, p.Second.name)
}

// scaled is a benchmark on one processor and on two.
func scaled(name string) Benchmark {
	docs := map[string]string{
		"Hash": "SHA-256 of 4 KiB by four goroutines",
		"Pool": "small work over a channel to one of four goroutines, and back over another",
		"Lock": "an entry of a map counted under one lock by four goroutines",
	}
	return paired("Scale"+name, docs[name]+", on one processor and on two", Pair{
		Key:    "procs",
		First:  Side{Value: "1", name: "Parallel" + name, workload: onProcessors(1)},
		Second: Side{Value: "2", name: "Parallel" + name, workload: onProcessors(2)},
	})
}

// switching is a benchmark whose second side switches modes less often on some target.
func switching(name, doc string, first, second Side) Benchmark {
	first.workload, second.workload = onProcessors(1), onProcessors(1)
	return paired(name, doc, Pair{Key: "by", First: first, Second: second})
}

// aged is a benchmark in a program that was just started, and in one that has served.
func aged(name string) Benchmark {
	return paired("Aged"+name, name+" in a program just started, and in one that has answered 20 000 requests over a pipe", Pair{
		Key:    "age",
		First:  Side{Value: "fresh", name: name, workload: onProcessors(1)},
		Second: Side{Value: "aged", name: name, workload: onProcessors(1), age: agedBy},
	})
}

func pairsRemarks() []string {
	return []string{
		"a trial starts the program twice, once for each state, right after each other and in turns in this order and the other; each start measures as those of suite syscall do",
		"speedup is 1 where the second state changes nothing; below 1 it is slower",
		"getpid is the cheapest call of Linux: what it costs there is the switch of modes and the way to the call's code, so no less than the switch alone",
		"on target unikernel a call by package syscall is a function call and an instruction SYSCALL is a trap; without hardware virtualisation (kvm-pvm) the trap leads through the hypervisor and costs many times a switch of modes",
	}
}
