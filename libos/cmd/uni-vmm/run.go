package main

import (
	"errors"
	"os"
	"syscall"

	"unibench/libos/abi"
	"unibench/libos/initrd"
	"unibench/libos/monitor"
	"unibench/libos/vmm"
)

// Exit statuses of uni-vmm itself.
const (
	statusUsage  = 2
	statusFailed = 125
	statusSignal = 128
)

func run(start int64, args []string) int {
	o, err := parse(args)
	if err != nil {
		complain(err.Error())
		return statusUsage
	}
	cfg := monitor.Config{
		Image: o.image, Name: o.arg0, Memory: o.memory, VCPUs: o.cpus,
		Args: o.args, Env: o.env, Hostname: "unibench", Start: start,
		Net: o.net, Requests: o.asked, Mapped: o.initrd, Dir: o.dir,
	}
	if dir, err := os.UserCacheDir(); err == nil {
		cfg.Cache = dir + "/unibench"
	}
	if err := files(o, &cfg); err != nil {
		complain(err.Error())
		return statusFailed
	}
	stats := -1
	if o.stats != "" {
		// Now, since the monitor opens nothing once the guest has run; without
		// package os, which would prepare to wait for the file; and truncated
		// later, since that takes a while if there is an old one.
		const mode = syscall.O_WRONLY | syscall.O_CREAT | syscall.O_CLOEXEC
		if stats, err = syscall.Open(o.stats, mode, 0o666); err != nil {
			complain("write statistics: open " + o.stats + ": " + err.Error())
			return statusFailed
		}
	}
	if o.core != "" {
		if cfg.Core, err = createCore(o.core); err != nil {
			complain("write core: open " + o.core + ": " + err.Error())
			return statusFailed
		}
	}
	if o.trace != "" {
		const mode = syscall.O_WRONLY | syscall.O_CREAT | syscall.O_TRUNC | syscall.O_CLOEXEC
		if cfg.Trace, err = syscall.Open(o.trace, mode, 0o666); err != nil {
			complain("write trace: open " + o.trace + ": " + err.Error())
			return statusFailed
		}
	}
	result, err := monitor.Run(cfg)
	status := result.Status
	switch {
	case errors.Is(err, vmm.ErrStopped):
		status = statusSignal + result.Signal
	case err != nil:
		complain(explain(err))
		status = statusFailed
	case result.Signal != 0:
		status = statusSignal + result.Signal
	}
	os.Stderr.Write(result.Dump)
	if result.TraceErr != nil {
		complain("write trace: " + result.TraceErr.Error())
	}
	if result.CoreErr != nil {
		complain("write core: " + result.CoreErr.Error())
	}
	result.Stats.ExitStatus = status
	if stats >= 0 {
		if err := overwrite(stats, result.Stats.AppendJSON(nil)); err != nil {
			complain("write statistics: " + err.Error())
			return statusFailed
		}
	}
	return status
}

// files lays out the program's file system.
func files(o options, cfg *monitor.Config) error {
	if o.root == "" && len(o.outs)+len(o.files)+len(o.mkdirs) == 0 {
		return nil
	}
	b := initrd.NewBuilder()
	if o.root != "" {
		if err := b.Tree(o.root, "", nil); err != nil {
			return err
		}
	}
	for _, path := range o.mkdirs {
		b.Folder(path, 0o755)
	}
	for _, f := range o.files {
		if err := b.File(f.host, f.guest); err != nil {
			return err
		}
	}
	for i, out := range o.outs {
		b.Device(out.guest, abi.OutputMajor, uint32(i))
		cfg.Outputs = append(cfg.Outputs, out.host)
	}
	cfg.Initrd = b.Archive()
	return nil
}

// createCore makes an empty file that can have holes.
func createCore(path string) (fd int, err error) {
	const mode = syscall.O_WRONLY | syscall.O_CREAT | syscall.O_TRUNC | syscall.O_NONBLOCK | syscall.O_CLOEXEC
	if fd, err = syscall.Open(path, mode, 0o600); err != nil {
		return 0, err
	}
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil {
		return 0, err
	}
	if st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		return 0, errors.New("not a regular file, which a core has to be")
	}
	return fd, nil
}

// overwrite makes b the content of a file. What cannot be truncated, such as a
// pipe, is just written to.
func overwrite(fd int, b []byte) error {
	if err := syscall.Ftruncate(fd, 0); err != nil && err != syscall.EINVAL {
		return err
	}
	for len(b) > 0 {
		n, err := syscall.Write(fd, b)
		if err != nil && err != syscall.EINTR {
			return err
		}
		b = b[max(n, 0):]
	}
	return nil
}

// explain adds the next step to an error where there is one.
func explain(err error) string {
	switch {
	case errors.Is(err, syscall.ENOENT) && isKVM(err):
		return err.Error() + "; this host has no KVM: uni doctor says what it needs"
	case errors.Is(err, syscall.EACCES) && isKVM(err):
		return err.Error() + "; add the user to the group that owns /dev/kvm, or see uni doctor"
	}
	return err.Error()
}

func complain(text string) {
	os.Stderr.WriteString("uni-vmm: " + text + "\n")
}
