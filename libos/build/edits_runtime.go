package build

// runtimeEdits returns the edits of package runtime and its internals. The
// runtime keeps believing that it is on Linux; what changes is that its system
// calls are calls of libosSyscall (libos/guest/goroot/runtime), that it
// reserves less address space, and that it has no sysmon thread. Lines stay where
// they are, so that tracebacks read as those of a process do.
func runtimeEdits() []Edit {
	const (
		sys    = "runtime/sys_linux_amd64.s"
		asm    = "runtime/asm_amd64.s"
		malloc = "runtime/malloc.go"
		proc   = "runtime/proc.go"
	)
	const syscall, call = "\tSYSCALL\n", "\tCALL\truntime·libosSyscall(SB)\n"
	const cpuid, answer = "\tCPUID\n", "\tCALL\truntime·libosCPUID(SB)\n"
	return []Edit{
		{File: sys, Name: "system calls", Anchor: syscall, Replace: call, Count: 40},
		{
			// After the store in this line the stack may be another thread's: a
			// call must not push to it.
			File: sys, Name: "end of a thread",
			Anchor:  "\t// We're done using the stack.\n\tMOVL\t$0, (AX)\n",
			Replace: "\t// We're done using the stack.\n\tJMP\truntime·libosExitThread(SB)\n",
		},
		{
			// A name that debuggers know instead of instructions that they know.
			File: "runtime/os_linux.go", Name: "signal return",
			Anchor:  "sa.sa_restorer = abi.FuncPCABI0(sigreturn__sigaction)\n",
			Replace: "sa.sa_restorer = libosRestorer\n",
		},
		{
			File: "internal/runtime/syscall/linux/asm_linux_amd64.s", Name: "system calls",
			Anchor: syscall, Replace: call,
		},

		{
			// Not reached while the clock is libosClock.
			File: "runtime/time_linux_amd64.s", Name: "system calls",
			Anchor: syscall, Replace: call, Count: 2,
		},

		// CPUID leaves the VM; the monitor handed its answers over.
		{File: asm, Name: "cpuid", Anchor: cpuid, Replace: answer, Count: 7},
		{File: "internal/cpu/cpu_x86.s", Name: "cpuid", Anchor: cpuid, Replace: answer},
		{File: "vendor/golang.org/x/sys/cpu/cpu_gc_x86.s", Name: "cpuid", Anchor: cpuid, Replace: answer},

		// The heap's index structures are sized for 40 bits of addresses from
		// 0 on instead of 48 around 0, and for arenas of 4 MiB: some megabytes
		// of reservations instead of more than a gigabyte.
		{
			File: malloc, Name: "address bits",
			Anchor:  "heapAddrBits = (_64bit*(1-goarch.IsWasm)*(1-goos.IsIos*goarch.IsArm64))*48 +",
			Replace: "heapAddrBits = (_64bit*(1-goarch.IsWasm)*(1-goos.IsIos*goarch.IsArm64))*40 +",
		},
		{
			File: malloc, Name: "arena size",
			Anchor:  "logHeapArenaBytes = (6+20)*(_64bit*",
			Replace: "logHeapArenaBytes = (2+20)*(_64bit*",
		},
		{
			File: malloc, Name: "arena base",
			Anchor:  "arenaBaseOffset = 0xffff800000000000*goarch.IsAmd64 +",
			Replace: "arenaBaseOffset = 0*goarch.IsAmd64 +",
		},

		// The kernel is told when mapped or released memory is used, which Linux
		// finds out by a page fault.
		{
			File: "runtime/mem_linux.go", Name: "mapping of memory",
			Anchor:  "func sysMapOS(v unsafe.Pointer, n uintptr, vmaName string) {\n",
			Replace: "func sysMapOS(v unsafe.Pointer, n uintptr, vmaName string) { if madvise(v, n, libosMadvPrepare) == 0 { return }\n",
		},
		{
			File: "runtime/mem_linux.go", Name: "release of memory",
			Anchor:  "func sysUnusedOS(v unsafe.Pointer, n uintptr) {\n",
			Replace: "func sysUnusedOS(v unsafe.Pointer, n uintptr) { madvise(v, n, libosMadvRelease); return\n",
		},
		{
			File: "runtime/mem_linux.go", Name: "reuse of released memory",
			Anchor:  "func sysUsedOS(v unsafe.Pointer, n uintptr) {\n",
			Replace: "func sysUsedOS(v unsafe.Pointer, n uintptr) { if madvise(v, n, libosMadvReuse) != 0 { throw(\"runtime: out of memory\") }\n",
		},

		// Preemption comes from the monitor's ticks (libosPreempt), which know
		// goroutines that share a time slice; the rest is in libos_sysmon.go.
		{
			File: proc, Name: "no sysmon",
			Anchor: `const haveSysmon = GOARCH != "wasm"`, Replace: "const haveSysmon = false",
		},
		{
			File: proc, Name: "next to run",
			Anchor: "\tif !haveSysmon && next {\n", Replace: "\tif false && next {\n",
		},
		{
			File: proc, Name: "duties of sysmon",
			Anchor: "\t// Wake up the finalizer G.\n", Replace: "\tlibosScheduled() // Wake up the finalizer G.\n",
		},
		// The goroutines of the library OS are no more the program's than the
		// threads of a kernel would be: neither counted nor shown.
		{
			File: "runtime/traceback.go", Name: "system goroutines",
			Anchor:  "\treturn stringslite.HasPrefix(funcname(f), \"runtime.\")\n",
			Replace: "\treturn stringslite.HasPrefix(funcname(f), \"runtime.\") || stringslite.HasPrefix(funcname(f), \"internal/libos/\")\n",
		},
		{
			File: "runtime/synctest.go", Name: "there are bubbles",
			Anchor: "func synctestRun(f func()) {\n", Replace: "func synctestRun(f func()) { libos_bubbles = true\n",
		},
		// The limits that follow from the machine's memory.
		{
			File: proc, Name: "stack limit",
			Anchor: "\t\tmaxstacksize = 1000000000\n", Replace: "\t\tmaxstacksize = libosMaxStack()\n",
		},
		{
			File: "runtime/mgcpacer.go", Name: "memory limit",
			Anchor:  "\tif p == \"\" || p == \"off\" {\n",
			Replace: "\tif p == \"\" { return libosMemoryLimit() }; if p == \"off\" {\n",
		},
		{
			File: proc, Name: "main time stamp",
			Anchor: "\tfn := main_main // make an indirect call", Replace: "\tlibosMainStart(); fn := main_main // make an indirect call",
		},
	}
}
