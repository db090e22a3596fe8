// Package doctor answers whether this host can build and boot unikernels, and
// if not, what to do: one finding a prerequisite, each tried for real where
// that is harmless (the Go command is asked for its version, /dev/kvm is
// opened and asked for its capabilities, the cache folder gets a file for a
// moment). It changes nothing, boots nothing and prints nothing. Linux on
// x86-64 only.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"unibench/libos/build"
)

// A Finding is the state of one prerequisite.
type Finding struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`        // what was seen
	Fix    string `json:"fix,omitempty"` // what to do, unless OK
}

// Options names what to look at; all fields must be set but Env.
type Options struct {
	Go       string   // the go command
	Dir      string   // working directory: a go.mod there may select a toolchain
	Env      []string // of the go command; nil is the process's own
	CacheDir string   // as build.Options.CacheDir
	Monitor  string   // path of uni-vmm, or empty if it was not found
	KVM      string   // device node, "/dev/kvm"
	Proc     string   // mount point of proc, "/proc"
}

// Check returns the findings, always the same ones in the same order: those
// that building needs, then those that booting needs.
func Check(ctx context.Context, opts Options) []Finding {
	findings := []Finding{
		checkHost(runtime.GOOS, runtime.GOARCH),
		checkGo(ctx, opts),
		checkCache(opts.CacheDir),
		checkMonitor(opts.Monitor),
	}
	findings = append(findings, checkKVM(opts.KVM)...)
	return append(findings,
		checkCPU(filepath.Join(opts.Proc, "cpuinfo")),
		checkMemory(filepath.Join(opts.Proc, "meminfo")))
}

// Healthy reports whether all findings are good.
func Healthy(findings []Finding) bool {
	for _, f := range findings {
		if !f.OK {
			return false
		}
	}
	return true
}

func checkHost(goos, goarch string) Finding {
	f := Finding{Name: "host", Detail: goos + "/" + goarch, OK: goos == "linux" && goarch == "amd64"}
	if !f.OK {
		f.Fix = "use a linux/amd64 host: images are x86-64 and boot under KVM"
	}
	return f
}

func checkGo(ctx context.Context, opts Options) Finding {
	f := Finding{Name: "go"}
	version, goroot, err := build.Toolchain(ctx, opts.Go, opts.Dir, opts.Env)
	var unsupported *build.VersionError
	switch {
	case errors.As(err, &unsupported):
		f.Detail, f.Fix = unsupported.Version+" in "+goroot, err.Error()
	case errors.Is(err, exec.ErrNotFound):
		f.Detail, f.Fix = "no go command on PATH", "install Go 1.26 and put it on PATH"
	case err != nil:
		f.Detail, f.Fix = err.Error(), "make `go env` work in this folder"
	default:
		f.OK, f.Detail = true, version+" in "+goroot
		if err := build.CheckEdits(version, goroot); err != nil {
			f.OK, f.Fix = false, err.Error()
		}
	}
	return f
}

func checkCache(dir string) Finding {
	f := Finding{Name: "cache", Detail: dir}
	if dir == "" {
		f.Detail, f.Fix = "no cache folder", "set HOME or XDG_CACHE_HOME"
		return f
	}
	err := os.MkdirAll(dir, 0o777)
	if err == nil {
		var probe *os.File
		if probe, err = os.CreateTemp(dir, ".doctor-*"); err == nil {
			err = errors.Join(probe.Close(), os.Remove(probe.Name()))
		}
	}
	if err != nil {
		f.Detail, f.Fix = err.Error(), "make the folder writable, or set XDG_CACHE_HOME to one that is"
		return f
	}
	f.OK = true
	return f
}

func checkMonitor(path string) Finding {
	f := Finding{Name: "monitor", Detail: path, OK: path != ""}
	if !f.OK {
		f.Detail = "no uni-vmm beside uni or on PATH"
		f.Fix = "build both into one folder: go build -o bin/ ./libos/cmd/..."
	}
	return f
}

// String returns the finding as one line, with its fix on a second.
func (f Finding) String() string {
	state := "ok  "
	if !f.OK {
		state = "FAIL"
	}
	s := fmt.Sprintf("%s  %-8s  %s", state, f.Name, f.Detail)
	if f.Fix != "" {
		s += "\n      " + f.Fix
	}
	return s
}
