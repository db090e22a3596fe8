package main

// benchmarks lists all, in the order of tables. Those with a 2 at the end are meant
// for two processors.
func benchmarks() []benchmark {
	return []benchmark{
		{"Null", "getpid(2) by syscall.Syscall", null},
		{"NullRaw", "getpid(2) by syscall.RawSyscall", nullRaw},
		{"Clock", "time.Now", clock},
		{"ReadZero1", "read(2) of 1 byte of /dev/zero", device("/dev/zero", false, 1)},
		{"ReadZero4K", "read(2) of 4 KiB of /dev/zero", device("/dev/zero", false, 4<<10)},
		{"WriteNull1", "write(2) of 1 byte to /dev/null", device("/dev/null", true, 1)},
		{"WriteNull4K", "write(2) of 4 KiB to /dev/null", device("/dev/null", true, 4<<10)},

		{"OpenClose", "open(2) and close(2) of a file in memory", openClose},
		{"Stat", "stat(2) of a file in memory", stat},
		{"OpenCloseStat", "open(2), close(2) and stat(2) of it", openCloseStat},
		{"FileRead4K", "pread(2) of 4 KiB of a file in memory", fileRead(4 << 10)},
		{"FileRead64K", "pread(2) of 64 KiB of it", fileRead(64 << 10)},

		{"MmapMunmap", "mmap(2) and munmap(2) of 64 KiB that are not touched", mmapMunmap},
		{"PageFault", "first write to a page of 4 KiB of fresh memory", pageFault},

		{"Gosched", "switch from one goroutine to another", gosched},
		{"Chan", "a value over a channel to another goroutine and back", channels(false)},
		{"Pipe", "a byte over a pipe(2) to another goroutine and back", pipes},
		{"Handoff", "a value over a channel to a goroutine on a thread of its own and back", channels(true)},
		{"TimerLate", "how late a sleep of 200 us ends", timerLate},
		{"Chan2", "Chan with two processors", channels(false)},
		{"Handoff2", "Handoff with two processors", channels(true)},

		{"SHA256", "SHA-256 of 4 KiB", sha},
		{"JSON", "a document of 1 KiB to JSON and back", jsonRound},
		{"Regexp", "all matches of an expression in 1 KiB", regexps},
		{"Sort", "sort of 4096 integers", sorts},
		{"GC", "1 MiB of small objects made, beside 2 MiB that stay, by one goroutine", garbage(1)},
		{"GC2", "GC by two goroutines on two processors", garbage(2)},

		{"ParallelHash", "SHA-256 of 4 KiB, by four goroutines", hashes},
		{"ParallelPool", "work of 256 bytes of SHA-256 over a channel to one of four goroutines, and back over another", pool},
		{"ParallelLock", "an entry of a map counted under one lock, by four goroutines", locks},
		{"NullInstruction", "getpid(2) by an instruction SYSCALL in assembly", nullInstruction},
		{"ClockCall", "the monotonic clock by clock_gettime(2)", clockCall},
		{"ClockVDSO", "the monotonic clock by vdso(7)", clockVDSO},
		{"Request", "a request over a pipe, parsed and answered", requests(nil)},
		{"RequestCall", "Request with three more calls as NullRaw makes them", requests(nullRaw)},
		{"RequestInstruction", "Request with three more calls as NullInstruction makes them", requests(nullInstruction)},
	}
}

func find(name string) (benchmark, bool) {
	for _, b := range benchmarks() {
		if b.name == name {
			return b, true
		}
	}
	return benchmark{}, false
}
