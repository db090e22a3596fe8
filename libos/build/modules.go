package build

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// A module is a module whose packages the library OS links into images, at one
// version: what the image holds must not depend on who builds it.
type module struct {
	path, version string
	sum           string // of the module's files, as go.sum has it
	modSum        string // of its go.mod file
}

func (m module) String() string { return m.path + "@" + m.version }

// pinnedModules returns the modules of the TCP/IP stack: the versions and sums
// that this module's own go.mod and go.sum have, which a test compares. A uni
// command works without those files.
func pinnedModules() []module {
	return []module{
		{
			path: "gvisor.dev/gvisor", version: "v0.0.0-20260905035102-160fafc42237",
			sum:    "h1:AU5+CtCvnBnxdZRNcZt1NfSLqgkXZVT3N/u6u1aXg44=",
			modSum: "h1:8aLQqUBHDH8fY5y60lzmwDpMMbQCcT3EBfoSwhfaGCY=",
		},
		{
			path: "github.com/google/btree", version: "v1.1.2",
			sum:    "h1:xf4v41cLI2Z6FxbKm+8Bu+m8ifhj15JuZ9sa0jZCMUU=",
			modSum: "h1:qOPhT0dTNdNzV6Z/lhRX0YXUafgPLFUh+gZMl761Gm4=",
		},
		{
			path: "golang.org/x/time", version: "v0.15.0",
			sum:    "h1:bbrp8t3bGUeFOx08pvsMYRTCVSMk89u4tKbNOZbp88U=",
			modSum: "h1:Y4YMaQmXwGQZoFaVFk4YpCt4FLQMYKZe9oeV/f4MSno=",
		},
	}
}

// moduleDirs returns the folders of mods, by path, in the module cache of the
// user's go command, which fetches what is missing and checks all sums. It
// works in a module of its own, so nothing of the user's module counts.
func moduleDirs(ctx context.Context, tc toolchain, mods []module) (map[string]string, error) {
	dir, err := os.MkdirTemp("", "uni-modules-*")
	if err != nil {
		return nil, fmt.Errorf("fetch modules of the TCP/IP stack: %w", err)
	}
	defer os.RemoveAll(dir)
	gover, _, _ := strings.Cut(strings.TrimPrefix(tc.version, "go"), " ")
	gomod, gosum := "module modules\n\ngo "+gover+"\n", ""
	argv := []string{"mod", "download", "-json"}
	for _, m := range mods {
		gosum += m.path + " " + m.version + " " + m.sum + "\n" + m.path + " " + m.version + "/go.mod " + m.modSum + "\n"
		argv = append(argv, m.String())
	}
	for name, text := range map[string]string{"go.mod": gomod, "go.sum": gosum} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			return nil, fmt.Errorf("fetch modules of the TCP/IP stack: %w", err)
		}
	}
	tc.dir = dir
	flags := ""
	for _, f := range tc.goflags {
		if f.name == "modcacherw" {
			flags = f.String() // the only one that matters here
		}
	}
	env := []string{"GO111MODULE=on", "GOWORK=off", "GOFLAGS=" + flags}
	// With -json, errors of single modules are in the answer.
	out, runErr := tc.output(ctx, env, argv...)
	dirs, err := readDownload(out, mods)
	if runErr != nil && (err == nil || len(bytes.TrimSpace(out)) == 0) {
		err = runErr
	}
	if err != nil {
		return nil, fmt.Errorf("fetch modules of the TCP/IP stack, which programs with package net need: %w: build once with a network or a GOPROXY that has them", err)
	}
	return dirs, nil
}

// readDownload reads the answer of go mod download -json and holds it to mods.
func readDownload(out []byte, mods []module) (map[string]string, error) {
	dirs := map[string]string{}
	sums := map[string]string{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var v struct{ Path, Version, Dir, Sum, GoModSum, Error string }
		if err := dec.Decode(&v); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("read the answer of go mod download: %w", err)
		}
		if v.Error != "" {
			return nil, errors.New(v.Error)
		}
		dirs[v.Path], sums[v.Path+"@"+v.Version] = v.Dir, v.Sum
	}
	for _, m := range mods {
		if got := sums[m.String()]; got != m.sum {
			return nil, fmt.Errorf("module %v has the sum %q instead of %q", m, got, m.sum)
		}
	}
	return dirs, nil
}
