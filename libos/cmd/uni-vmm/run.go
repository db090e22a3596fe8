package main

import (
	"errors"
	"os"
	"syscall"

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
	}
	if dir, err := os.UserCacheDir(); err == nil {
		cfg.Cache = dir + "/unibench"
	}
	if o.root != "" {
		if cfg.Initrd, err = initrd.Scan(o.root); err != nil {
			complain(err.Error())
			return statusFailed
		}
	}
	var stats *os.File
	if o.stats != "" {
		// Now, since the monitor opens nothing once the guest has run.
		if stats, err = os.Create(o.stats); err != nil {
			complain("write statistics: " + err.Error())
			return statusFailed
		}
		defer stats.Close()
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
	if stats != nil {
		if _, err := stats.Write(result.Stats.AppendJSON(nil)); err != nil {
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
