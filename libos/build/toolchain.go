package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"unibench/libos"
)

// SupportedVersions returns the Go releases that the library OS is made for,
// as language versions: "go1.26" stands for every go1.26.x.
func SupportedVersions() []string { return []string{"go1.26"} }

// A VersionError says that the user's Go release is not supported.
type VersionError struct {
	Version string // as `go env GOVERSION` prints it
}

func (e *VersionError) Error() string {
	supported := strings.Join(SupportedVersions(), ", ")
	return fmt.Sprintf("go version %s is not supported (supported: %s, any patch release): install one of these, or set GOTOOLCHAIN=%s.0 to fetch it",
		e.Version, supported, SupportedVersions()[0])
}

// CheckVersion returns a *VersionError unless goversion, as `go env GOVERSION`
// prints it, is supported.
func CheckVersion(goversion string) error {
	v, _, _ := strings.Cut(goversion, " ") // a custom toolchain's experiments follow
	if slices.Contains(SupportedVersions(), version.Lang(v)) {
		return nil
	}
	return &VersionError{Version: goversion}
}

// interruptDelay is how long a go command may take to end once it is told to.
const interruptDelay = 5 * time.Second

// A toolchain is the Go installation that builds the user's program.
type toolchain struct {
	command string   // the go command
	env     []string // environment of every go command
	dir     string   // working directory of every go command
	version string   // GOVERSION
	goroot  string   // GOROOT
	gomod   string   // GOMOD: path of go.mod, or empty or the null device
	gowork  string   // GOWORK
	goflags []goFlag // GOFLAGS
}

// findToolchain asks the go command, in the folder dir, which Go it is: a
// go.mod file may select another than the one that is installed.
func findToolchain(ctx context.Context, command, dir string, env []string) (toolchain, error) {
	tc := toolchain{command: command, dir: dir}
	if env == nil {
		env = os.Environ()
	}
	tc.env = append(slices.Clone(env), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	out, err := tc.output(ctx, nil, "env", "-json", "GOVERSION", "GOROOT", "GOMOD", "GOWORK", "GOFLAGS")
	if err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return tc, fmt.Errorf("find the go command: %w: install Go 1.26 and put it on PATH", err)
		}
		return tc, fmt.Errorf("ask the go command for its version: %w", err)
	}
	var v struct{ GOVERSION, GOROOT, GOMOD, GOWORK, GOFLAGS string }
	if err := json.Unmarshal(out, &v); err != nil {
		return tc, fmt.Errorf("read the answer of %s env: %w", command, err)
	}
	tc.version, tc.goroot, tc.gomod, tc.gowork = v.GOVERSION, v.GOROOT, v.GOMOD, v.GOWORK
	flags, err := splitQuoted(v.GOFLAGS)
	if err != nil {
		return tc, fmt.Errorf("read GOFLAGS: %w", err)
	}
	for _, word := range flags {
		tc.goflags = append(tc.goflags, cutFlag(word))
	}
	return tc, nil
}

// file returns the path of a file of GOROOT/src.
func (tc toolchain) file(name string) string {
	return filepath.Join(tc.goroot, "src", filepath.FromSlash(name))
}

// cmd prepares a go command; extra environment entries win over tc.env.
func (tc toolchain) cmd(ctx context.Context, extra []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, tc.command, args...)
	// Interrupted, the go command ends its compilers and removes its files.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = interruptDelay
	cmd.Dir = tc.dir
	cmd.Env = append(slices.Clone(tc.env), extra...)
	if tc.dir != "" {
		cmd.Env = append(cmd.Env, "PWD="+tc.dir)
	}
	return cmd
}

// output runs a go command and returns its standard output, of a failed one,
// too; the error holds what it wrote to standard error.
func (tc toolchain) output(ctx context.Context, extra []string, args ...string) ([]byte, error) {
	cmd := tc.cmd(ctx, extra, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		if text := strings.TrimSpace(stderr.String()); text != "" {
			return out, fmt.Errorf("%w: %s", err, text)
		}
	}
	return out, err
}

// Toolchain returns the version and GOROOT of the Go that a build in dir would
// use, and a *VersionError beside them if it is not supported.
func Toolchain(ctx context.Context, command, dir string, env []string) (goversion, goroot string, err error) {
	tc, err := findToolchain(ctx, command, dir, env)
	if err != nil {
		return "", "", err
	}
	return tc.version, tc.goroot, CheckVersion(tc.version)
}

// CheckEdits tries every edit on the files of goroot, and returns the first
// *EditError, if any. It writes nothing.
func CheckEdits(goversion, goroot string) error {
	_, _, err := newOverlay(libos.Sources, Edits(), toolchain{version: goversion, goroot: goroot})
	return err
}
