package build

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// outputPath returns the absolute path of the image.
func outputPath(dir, output, name string) string {
	path := absolute(dir, cmp.Or(output, name))
	info, err := os.Stat(path)
	if strings.HasSuffix(output, "/") || err == nil && info.IsDir() {
		return filepath.Join(path, name)
	}
	return path
}

// A job is one build after its options were understood.
type job struct {
	dir   string // absolute; what relative paths refer to
	tc    toolchain
	flags flagPlan
	args  []string // packages or files, as seen from tc.dir
}

func newJob(ctx context.Context, opts Options) (*job, error) {
	flags, err := parseGoFlags(opts.Flags)
	if err != nil {
		return nil, err
	}
	j := &job{args: opts.Package}
	if j.dir, err = filepath.Abs(opts.Dir); err != nil {
		return nil, fmt.Errorf("find working directory: %w", err)
	}
	for _, f := range flags {
		if f.name == "C" {
			j.dir = absolute(j.dir, f.value)
		}
	}
	if info, err := os.Stat(j.dir); err != nil {
		return nil, fmt.Errorf("enter working directory: %w", err)
	} else if !info.IsDir() {
		return nil, fmt.Errorf("enter working directory: %s is not a folder", j.dir)
	}
	command := cmp.Or(opts.Go, "go")
	if j.tc, err = findToolchain(ctx, command, j.dir, opts.Env); err != nil {
		return nil, err
	}
	if folder, ok := otherModule(j.tc, opts.Package); ok {
		if j.tc, err = findToolchain(ctx, command, folder, opts.Env); err != nil {
			return nil, err
		}
		j.args = []string{"."}
	}
	if err := CheckVersion(j.tc.version); err != nil {
		return nil, err
	}
	j.flags, err = planFlags(flags, j.tc.goflags, j.dir)
	return j, err
}

// otherModule reports whether args is one folder in a module other than the
// one that tc works in, and returns the folder.
func otherModule(tc toolchain, args []string) (string, bool) {
	if len(args) != 1 || tc.gowork != "" && tc.gowork != "off" {
		return "", false
	}
	if arg := filepath.ToSlash(args[0]); !filepath.IsAbs(arg) && arg != "." && arg != ".." &&
		!strings.HasPrefix(arg, "./") && !strings.HasPrefix(arg, "../") {
		return "", false
	}
	folder := absolute(tc.dir, args[0])
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return "", false
	}
	for dir := folder; ; dir = filepath.Dir(dir) {
		gomod := filepath.Join(dir, "go.mod")
		if info, err := os.Stat(gomod); err == nil && !info.IsDir() {
			return folder, gomod != tc.gomod
		}
		if dir == filepath.Dir(dir) {
			return "", false
		}
	}
}

// readOverlay reads the user's own overlay file; relative paths in it refer to
// dir, as in the go command.
func readOverlay(name, dir string) (map[string]string, error) {
	if name == "" {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read overlay: %w", err)
	}
	var file overlayFile
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("read overlay %s: %w", name, err)
	}
	extra := map[string]string{}
	for from, to := range file.Replace {
		extra[filepath.Clean(absolute(dir, from))] = absolute(dir, to)
	}
	return extra, nil
}
