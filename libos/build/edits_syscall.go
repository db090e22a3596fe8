package build

// syscallEdits returns the edits of package syscall and of what goes past it.
// Every system call becomes a call of libosSyscall, which hands it to package
// posix on the calling goroutine (libos/guest/goroot/syscall). There is no
// kernel to enter, so the scheduler is not told.
func syscallEdits() []Edit {
	const (
		file  = "syscall/syscall_linux.go"
		amd64 = "syscall/syscall_linux_amd64.go"
		fcntl = "internal/syscall/unix/fcntl_unix.go"
	)
	return []Edit{
		{
			File: file, Name: "import of the raw call",
			Anchor: "\t\"internal/runtime/syscall/linux\"\n", Replace: "",
		},
		{
			File: file, Name: "RawSyscall6",
			Anchor: `	var errno uintptr
	r1, r2, errno = linux.Syscall6(trap, a1, a2, a3, a4, a5, a6)
	err = Errno(errno)
	return
`,
			Replace: "\treturn libosSyscall(trap, a1, a2, a3, a4, a5, a6)\n",
		},
		{
			File: file, Name: "Syscall, entry",
			Anchor:  "\truntime_entersyscall()\n\t// N.B. Calling RawSyscall here",
			Replace: "\t// N.B. Calling RawSyscall here",
		},
		{
			File: file, Name: "Syscall",
			Anchor:  "\tr1, r2, err = RawSyscall6(trap, a1, a2, a3, 0, 0, 0)\n\truntime_exitsyscall()\n\treturn\n",
			Replace: "\treturn libosSyscall(trap, a1, a2, a3, 0, 0, 0)\n",
		},
		{
			File: file, Name: "Syscall6",
			Anchor: `	runtime_entersyscall()
	r1, r2, err = RawSyscall6(trap, a1, a2, a3, a4, a5, a6)
	runtime_exitsyscall()
	return
`,
			Replace: "\treturn libosSyscall(trap, a1, a2, a3, a4, a5, a6)\n",
		},
		{
			File: file, Name: "rawSyscallNoError",
			Anchor: "func rawSyscallNoError(trap, a1, a2, a3 uintptr) (r1, r2 uintptr)\n",
			Replace: `
//go:nosplit
func rawSyscallNoError(trap, a1, a2, a3 uintptr) (r1, r2 uintptr) {
	r1, r2, _ = libosSyscall(trap, a1, a2, a3, 0, 0, 0)
	return
}

`,
		},
		{
			File: file, Name: "rawVforkSyscall",
			Anchor: "func rawVforkSyscall(trap, a1, a2, a3 uintptr) (r1 uintptr, err Errno)\n",
			Replace: `//go:nosplit
func rawVforkSyscall(trap, a1, a2, a3 uintptr) (r1 uintptr, err Errno) {
	r1, _, err = libosSyscall(trap, a1, a2, a3, 0, 0, 0)
	return
}
`,
		},

		// What these calls change is state of the process here.
		{
			File: file, Name: "AllThreadsSyscall",
			Anchor:  "runtime_doAllThreadsSyscall(trap, a1, a2, a3, 0, 0, 0)\n\treturn r1, r2, Errno(errno)\n",
			Replace: "libosSyscall(trap, a1, a2, a3, 0, 0, 0)\n\treturn r1, r2, errno\n",
		},
		{
			File: file, Name: "AllThreadsSyscall6",
			Anchor:  "runtime_doAllThreadsSyscall(trap, a1, a2, a3, a4, a5, a6)\n\treturn r1, r2, Errno(errno)\n",
			Replace: "libosSyscall(trap, a1, a2, a3, a4, a5, a6)\n\treturn r1, r2, errno\n",
		},
		{
			File: amd64, Name: "gettimeofday",
			Anchor: "//go:noescape\nfunc gettimeofday(tv *Timeval) (err Errno)\n",
			Replace: `func gettimeofday(tv *Timeval) (err Errno) { return libosGettimeofday(tv) }
`,
		},

		// Between the runtime's preparations for a fork and the end of it no
		// stack may grow, so the refusal comes before them.
		{
			File: "syscall/exec_linux.go", Name: "fork",
			Anchor: "\tupid, pidfd, err, mapPipe, locked := forkAndExecInChild1(argv0,",
			Replace: "\tif err = libosFork(); err != 0 {\n\t\treturn 0, err\n\t}\n" +
				"\tupid, pidfd, err, mapPipe, locked := forkAndExecInChild1(argv0,",
		},

		{
			File: "os/exec_posix.go", Name: "StartProcess",
			Anchor:  "&PathError{Op: \"fork/exec\", Path: name, Err: e}",
			Replace: "&PathError{Op: \"fork/exec\", Path: name, Err: libosStartError(e)}",
		},

		// Package os asks for the flags of descriptors through the runtime.
		{
			File: fcntl, Name: "fcntl",
			Anchor: `// Implemented in the runtime package.
//
//go:linkname fcntl runtime.fcntl
func fcntl(fd int32, cmd int32, arg int32) (int32, int32)
`,
			Replace: `func fcntl(fd int32, cmd int32, arg int32) (int32, int32) {
	r, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), uintptr(cmd), uintptr(arg))
	return int32(r), int32(errno)
}
`,
		},
	}
}
