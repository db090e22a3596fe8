package main

import (
	"errors"
	"fmt"

	"unibench/libos/build"
)

// ownBuildFlags are the flags of uni build itself.
const ownBuildFlags = "o"

// build implements uni build.
func (a *app) build(args []string) error {
	c, err := parse(args, ownBuildFlags, "", true)
	if err != nil {
		return err
	}
	if c.program != nil {
		return usagef("arguments behind -- are for uni run")
	}
	if len(c.rest) == 0 {
		return usagef("no package given: name a package main, such as .")
	}
	_, err = a.buildImage(c, c.get("o"))
	return err
}

// buildImage builds the packages of c. What the go command prints goes to
// standard error, since standard output may belong to the program.
func (a *app) buildImage(c commandLine, output string) (build.Result, error) {
	dir := cacheDir()
	if dir == "" {
		return build.Result{}, errors.New("no cache folder: set HOME or XDG_CACHE_HOME")
	}
	res, err := build.Build(a.ctx, build.Options{
		Package:  c.rest,
		Output:   output,
		Flags:    c.goFlags,
		CacheDir: dir,
		Stdout:   a.stderr,
		Stderr:   a.stderr,
	})
	for _, w := range res.Warnings {
		fmt.Fprintf(a.stderr, "uni: warning: %s\n", w)
	}
	var failed *build.GoError
	var cgo *build.CgoError
	var flag *build.FlagError
	switch {
	case errors.As(err, &cgo) && cgo.Err != nil:
		// The compiler's own messages are out already.
		return res, &build.CgoError{Package: cgo.Package}
	case errors.As(err, &failed):
		return res, fmt.Errorf("go build: %w", failed.Err)
	case errors.As(err, &flag):
		return res, usagef("%v", err)
	}
	return res, err
}
