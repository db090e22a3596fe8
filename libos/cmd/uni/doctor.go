package main

import (
	"fmt"

	"unibench/libos/doctor"
)

// doctor implements uni doctor.
func (a *app) doctor(args []string) error {
	c, err := parse(args, "", jsonFlag, false)
	if err != nil {
		return err
	}
	if len(c.rest) > 0 || c.program != nil {
		return usagef("takes no arguments")
	}
	monitor, err := findMonitor()
	if err != nil {
		monitor = "" // a finding
	}
	findings := doctor.Check(a.ctx, doctor.Options{
		Go: "go", CacheDir: cacheDir(), Monitor: monitor, KVM: "/dev/kvm", Proc: "/proc",
	})
	if c.has("json") {
		if err := a.printJSON(findings); err != nil {
			return err
		}
	} else {
		for _, f := range findings {
			fmt.Fprintln(a.stdout, f)
		}
	}
	if !doctor.Healthy(findings) {
		return errSilent
	}
	return nil
}
