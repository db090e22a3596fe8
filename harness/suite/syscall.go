package suite

import (
	"strings"
	"time"

	"unibench/harness/record"
	"unibench/harness/target"
	"unibench/harness/trial"
)

// micro is a benchmark of workloads/micro, of the same name.
type micro struct {
	name string
	doc  string
	kind microKind
}

type microKind int

const (
	onOne microKind = 0
	onTwo microKind = 1 << 0 // on two processors
	// control has no system calls in it; it runs longer, as its operations do.
	control microKind = 1 << 1
	// varying have operations that differ among themselves: Leading.Varying.
	varying microKind = 1 << 2
)

// controlScale is how much longer controls run: a batch has to hold several
// collections of garbage.
const controlScale = 4

// syscalls is the suite of single operations: what a system call costs where it is
// one and where it is a function call, and what should cost the same everywhere.
func syscalls() Suite {
	s := Suite{
		Name:    "syscall",
		Doc:     "single operations: system calls, files in memory, memory, switches, timers; and controls that should be equal",
		Version: "2",
		Time:    "about 3 minutes",
		Units: []record.Unit{
			{Name: "ns/op", Better: "lower", Primary: true, Doc: "time of one operation while nothing disturbs it: the low decile of 50 batches of a start, the loop around it taken off; of operations that vary by themselves the median of 10"},
			{Name: "median-ns/op", Detail: true, Better: "lower", Doc: "the same from the median of the batches"},
			{Name: "cycles/op", Detail: true, Better: "lower", Doc: "ns/op in cycles of the time-stamp counter, by its frequency"},
			{Name: "vmexits/op", Better: "lower", Doc: "VM exits, of all processors, less those of the conversation with the harness"},
			{Name: "ticks/op", Detail: true, Doc: "those of them that the monitor asked for: the end of each time slice of 10 ms"},
			{Name: "syscalls/op", Detail: true, Better: "lower", Doc: "system calls on the host, of the program or its monitor, in a period of their own"},
		},
		Aims:    syscallAims(),
		Remarks: syscallRemarks(),
		Defaults: Defaults{
			Count: 10, MemoryBytes: 256 << 20, Timeout: 30 * time.Second, Duration: 50 * time.Millisecond,
		},
		Short: Defaults{
			Count: 3, Run: "^(Null|Clock|OpenCloseStat|Handoff2|SHA256|GC2)$", Targets: []string{"unikernel", "process"}, Duration: 30 * time.Millisecond,
		},
	}
	// Not what varies by itself: that takes minutes to tell from a change.
	s.Gate = Defaults{
		Count: 20, Run: "^(Null|Clock|ReadZero4K|OpenCloseStat|FileRead64K|MmapMunmap|Gosched|Chan|Pipe|Handoff|SHA256|Sort)$",
	}
	for _, m := range micros() {
		s.Benchmarks = append(s.Benchmarks, m.benchmark())
	}
	return s
}

func micros() []micro {
	return []micro{
		{"Null", "getpid by syscall.Syscall: the cheapest call there is", onOne},
		{"NullRaw", "getpid by syscall.RawSyscall", onOne},
		{"Clock", "time.Now", onOne},
		{"ReadZero1", "read of 1 byte of /dev/zero", onOne},
		{"ReadZero4K", "read of 4 KiB of /dev/zero", onOne},
		{"WriteNull1", "write of 1 byte to /dev/null", onOne},
		{"WriteNull4K", "write of 4 KiB to /dev/null", onOne},
		{"OpenClose", "open and close of a file in memory", onOne},
		{"Stat", "stat of a file in memory", onOne},
		{"OpenCloseStat", "open, close and stat of a file in memory", onOne},
		{"FileRead4K", "pread of 4 KiB of a file in memory", onOne},
		{"FileRead64K", "pread of 64 KiB of a file in memory", onOne},
		{"MmapMunmap", "mmap and munmap of 64 KiB that are not touched", onOne},
		{"PageFault", "first write to a page of 4 KiB of fresh memory", varying},
		{"Gosched", "switch between two goroutines", onOne},
		{"Chan", "value over a channel to a goroutine and back", onOne},
		{"Pipe", "byte over a pipe to a goroutine and back", onOne},
		{"Handoff", "value over a channel to a goroutine locked to another thread and back", onOne},
		{"TimerLate", "lateness of a sleep of 200 us", varying},
		{"Chan2", "Chan on two processors", onTwo | varying},
		{"Handoff2", "Handoff on two processors", onTwo | varying},
		{"SHA256", "control: SHA-256 of 4 KiB", control},
		{"JSON", "control: a document of 1 KiB to JSON and back", control | varying},
		{"Regexp", "control: matches of an expression in 1 KiB", control | varying},
		{"Sort", "control: sort of 4096 integers", control},
		{"GC", "control: 1 MiB of small objects made and collected, beside 2 MiB that stay", control | varying},
		{"GC2", "control: GC by two goroutines on two processors", control | onTwo | varying},
	}
}

// namesOf are those of a kind.
func namesOf(kind microKind) []string {
	var out []string
	for _, m := range micros() {
		if m.kind&kind != 0 {
			out = append(out, m.name)
		}
	}
	return out
}

func (m micro) benchmark() Benchmark {
	b := Benchmark{
		Name: m.name, Doc: m.doc, Expect: trial.Expect{AnyStdout: true}, Led: &Leading{Scale: 1, Varying: m.kind&varying != 0},
		Workload: target.Workload{Name: "micro", Package: "./workloads/micro", Led: true, Files: true, CPUs: 1},
	}
	if m.kind&control != 0 {
		b.Led.Scale = controlScale
	}
	if m.kind&onTwo != 0 {
		b.Workload.Name, b.Workload.CPUs = "micro2", 2
	}
	return b
}

// syscallAims are what the library OS is built for: see the package doc.
func syscallAims() []record.Aim {
	const unikernel, unit = "unikernel", "ns/op"
	aims := []record.Aim{
		{Benchmark: "Null", Unit: unit, Target: unikernel, AtMost: 10, Doc: "a system call is a function call"},
		{Benchmark: "Null", Unit: unit, Target: unikernel, Ratio: true, AtMost: 1.0 / 15, Doc: "15 times cheaper"},
		{Benchmark: "OpenCloseStat", Unit: unit, Target: unikernel, Ratio: true, AtMost: 1.0 / 5, Doc: "5 times cheaper"},
		{Benchmark: "Clock", Unit: unit, Target: unikernel, Ratio: true, AtMost: 1, Doc: "no dearer"},
	}
	for _, name := range []string{"SHA256", "JSON", "Regexp", "Sort", "GC"} {
		aims = append(aims, record.Aim{Benchmark: name, Unit: unit, Target: unikernel, Ratio: true, AtMost: 1.03, Doc: "a control"})
	}
	return append(aims, record.Aim{Benchmark: "GC2", Unit: unit, Target: unikernel, Ratio: true, AtMost: 1 / 0.95, Doc: "0.95 of the throughput"})
}

func syscallRemarks() []string {
	return []string{
		"a start runs one benchmark: it finds how many operations make a batch, runs a batch while system calls are counted, then the batches that count; every one of them is kept in raw/",
		"what disturbs a program makes it slower, never faster, and a neighbour on the same core by half for a tenth of a second at a time: ns/op is the low decile of 50 batches, median-ns/op their median; of " + strings.Join(namesOf(varying), ", ") + ", whose operations vary by themselves, both are the median of 10 long ones",
		"vmexits/op and syscalls/op leave out what an empty period between the same two lines of the conversation costs; less than nothing is 0",
		"benchmarks of one processor have GOMAXPROCS 1, the others 2 on every target; for these the second is the harness's own, which waits meanwhile",
		"PageFault counts the touches alone, TimerLate only what exceeds the sleep; all others count everything from the first operation of a batch to its last",
	}
}
