package main

import (
	"errors"
	"os"
	"syscall"

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
	}
	if dir, err := os.UserCacheDir(); err == nil {
		cfg.Cache = dir + "/unibench"
	}
	if o.root != "" {
		if cfg.Initrd, err = pack(o.root); err != nil {
			complain(err.Error())
			return statusFailed
		}
	}
	result, err := monitor.Run(cfg)
	status := result.Status
	switch {
	case errors.Is(err, vmm.ErrStopped):
		status = statusSignal + int(syscall.SIGINT)
	case err != nil:
		complain(explain(err))
		status = statusFailed
	case result.Signal != 0:
		status = statusSignal + result.Signal
	}
	result.Stats.ExitStatus = status
	if o.stats != "" {
		if err := os.WriteFile(o.stats, result.Stats.AppendJSON(nil), 0o666); err != nil {
			complain("write statistics: " + err.Error())
			return statusFailed
		}
	}
	return status
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
