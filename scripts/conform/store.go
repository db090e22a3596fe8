package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A store keeps outcomes, in a folder unless dir is empty:
//
//	run.json              what ran where
//	state/SIDE/PKG.json   the outcome of a package, with / as +, while it runs
//	tests.csv.gz          package, test, process, unikernel, seconds of each
//	table.md table.csv    numbers of tests by package
//	differences.md        each test that differs, with its reason
//	expected.txt          the expectations that held for the run
//	SHA256SUMS
type store struct {
	dir  string
	info info
	now  string                               // the commit that is tested now
	all  map[string]map[string]packageOutcome // by side and package
}

// info is what run.json says.
type info struct {
	Start     time.Time
	GoVersion string
	Commit    string // when the run began; see Resumed
	Kernel    string
	CPU       string
	CPUs      int
	Memory    string
	Long      bool         `json:",omitempty"` // without -short
	Modules   []string     `json:",omitempty"` // with versions, if not the standard library was tested
	Resumed   []resumption `json:",omitempty"`
}

// A resumption is when the run went on, and with which commit: packages that were
// tested since then were tested with that (Packages).
type resumption struct {
	Time     time.Time
	Commit   string
	Packages []string // as unikernels
}

// defaultOut is where results go.
const defaultOut = "results/conformance"

// openStore makes a folder for the results, or goes on with that of an earlier
// run. The versions are those of the modules, if it is about modules.
func openStore(ctx context.Context, c config, versions []string) (*store, error) {
	s := &store{all: map[string]map[string]packageOutcome{processSide: {}, unikernelSide: {}}}
	if c.resume != "" {
		s.dir = c.resume
		s.now = commit(ctx)
		return s, s.load()
	}
	out := c.out
	if out == "" {
		if c.short || c.long || c.modules || len(c.packages) > 0 {
			return s, nil
		}
		out = defaultOut
	}
	s.info = info{
		Start: time.Now().UTC().Truncate(time.Second), GoVersion: output(ctx, "go", "env", "GOVERSION"),
		Commit: commit(ctx), Kernel: output(ctx, "uname", "-sr"), CPU: model(), CPUs: runtime.NumCPU(), Memory: c.memory,
		Long: c.long, Modules: versions,
	}
	s.dir = filepath.Join(out, s.info.Start.Format("20060102T150405Z")+"-"+s.info.Commit)
	if err := os.MkdirAll(s.dir, 0o777); err != nil {
		return nil, err
	}
	return s, s.writeInfo()
}

// output returns what a command prints, or "unknown".
func output(ctx context.Context, name string, args ...string) string {
	out, err := exec.CommandContext(ctx, name, args...).Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}

func commit(ctx context.Context) string {
	id := output(ctx, "git", "rev-parse", "--short=12", "HEAD")
	if output(ctx, "git", "status", "--porcelain", "--", ".", ":(exclude)results") != "" {
		id += "-dirty"
	}
	return id
}

// model returns the processor's name.
func model() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func (s *store) writeInfo() error {
	text, err := json.MarshalIndent(s.info, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(s.dir, "run.json"), append(text, '\n'), 0o666)
}

// processOnly returns a store in memory that knows of the processes only.
func (s *store) processOnly() *store {
	return &store{all: map[string]map[string]packageOutcome{processSide: s.all[processSide], unikernelSide: {}}}
}

// load reads what an interrupted run left.
func (s *store) load() error {
	text, err := os.ReadFile(filepath.Join(s.dir, "run.json"))
	if err == nil {
		err = json.Unmarshal(text, &s.info)
	}
	if err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	s.info.Resumed = append(s.info.Resumed, resumption{Time: time.Now().UTC().Truncate(time.Second), Commit: s.now})
	for side := range s.all {
		entries, err := os.ReadDir(s.state(side))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("resume: %w", err)
		}
		for _, entry := range entries {
			name := filepath.Join(s.state(side), entry.Name())
			var p packageOutcome
			text, err := os.ReadFile(name)
			if err == nil {
				err = json.Unmarshal(text, &p)
			}
			if err != nil {
				return fmt.Errorf("resume: %s: %w: remove it to test that package again", name, err)
			}
			s.all[side][p.Package] = p
		}
	}
	return s.writeInfo()
}

func (s *store) state(side string) string { return filepath.Join(s.dir, "state", side) }

func (s *store) has(side, pkg string) bool { _, ok := s.all[side][pkg]; return ok }

func (s *store) outcomes(side string) map[string]packageOutcome { return s.all[side] }

// put keeps an outcome, on disk before it returns.
func (s *store) put(side string, p packageOutcome) error {
	s.all[side][p.Package] = p
	if s.dir == "" {
		return nil
	}
	if n := len(s.info.Resumed); n > 0 && side == unikernelSide {
		last := &s.info.Resumed[n-1]
		last.Packages = append(last.Packages, p.Package)
		if err := s.writeInfo(); err != nil {
			return err
		}
	}
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	dir := s.state(side)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	name := filepath.Join(dir, strings.ReplaceAll(p.Package, "/", "+")+".json")
	if err := os.WriteFile(name+".new", text, 0o666); err != nil {
		return err
	}
	return os.Rename(name+".new", name)
}

// finish writes the results and removes what was kept for resuming.
func (s *store) finish(c comparison, x *expectations) error {
	if s.dir == "" {
		return nil
	}
	tests, err := s.tests()
	if err != nil {
		return err
	}
	files := map[string][]byte{
		"tests.csv.gz": tests, "table.md": c.markdown(s.info), "table.csv": c.csv(),
		"differences.md": c.differences(x), "expected.txt": x.text(),
	}
	var sums strings.Builder
	names := []string{"run.json"}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(s.dir, name), text, 0o666); err != nil {
			return err
		}
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join(s.dir, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(text), name)
	}
	if err := os.WriteFile(filepath.Join(s.dir, "SHA256SUMS"), []byte(sums.String()), 0o666); err != nil {
		return err
	}
	if c.unexpected() > 0 {
		return nil // to look at, and to go on with
	}
	return os.RemoveAll(filepath.Join(s.dir, "state"))
}

// tests returns every outcome as compressed CSV.
func (s *store) tests() ([]byte, error) {
	var buf bytes.Buffer
	z, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if err := writeTests(z, s.all[processSide], s.all[unikernelSide]); err != nil {
		return nil, err
	}
	err = z.Close()
	return buf.Bytes(), err
}
