package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"unibench/libos/abi"
	"unibench/libos/build"
)

// version implements uni version.
func (a *app) version(args []string) error {
	if len(args) > 0 {
		return usagef("takes no arguments")
	}
	version := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	_, err := fmt.Fprintf(a.stdout, "uni %s\nimage format %d\nbuilt with %s, builds with %s\n",
		version, abi.ImageVersion, runtime.Version(), strings.Join(build.SupportedVersions(), ", "))
	return err
}
