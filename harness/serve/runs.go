package serve

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"unibench/harness/noise"
	"unibench/harness/record"
)

// store reads runs and keeps what it read.
type store struct {
	root string

	mu   sync.Mutex
	kept map[string]*kept // by ID
}

// kept is one run as it was when its files had the stamp.
type kept struct {
	stamp string
	data  *record.Data
	err   error
	whole bool // it was finished: there are digests, and they fit

	once sync.Once
	page []byte // the report
	fail error
}

// IDs lists the runs by their folders below the root, with forward slashes.
func (s *store) IDs() ([]string, error) {
	dirs, err := record.Find(s.root)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, dir := range dirs {
		rel, err := filepath.Rel(s.root, dir)
		if err != nil {
			return nil, fmt.Errorf("find runs: %w", err)
		}
		out = append(out, filepath.ToSlash(rel))
	}
	return out, nil
}

// has reports whether there is such a run.
func (s *store) has(id string) (bool, error) {
	ids, err := s.IDs()
	return slices.Contains(ids, id), err
}

func (s *store) dir(id string) string { return filepath.Join(s.root, filepath.FromSlash(id)) }

// get reads a run and verifies its digests, or returns what was read before.
func (s *store) get(id string) *kept {
	s.mu.Lock()
	defer s.mu.Unlock()
	stamp := stampOf(s.dir(id))
	if k := s.kept[id]; k != nil && k.stamp == stamp {
		return k
	}
	k := &kept{stamp: stamp}
	k.data, k.whole, k.err = record.Read(s.dir(id))
	if s.kept == nil {
		s.kept = make(map[string]*kept)
	}
	s.kept[id] = k
	return k
}

// stampOf changes with every file of a run, in its folders too.
func stampOf(dir string) string {
	var b strings.Builder
	filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			fmt.Fprintln(&b, path, err)
			return nil
		}
		if info, err := e.Info(); err == nil {
			fmt.Fprintf(&b, "%s %d %d\n", path, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return b.String()
}

// floor reads the noise floor of the host class of a run, which is beside its suite.
func floor(d *record.Data) (*noise.File, error) {
	f, err := noise.Read(noise.Path(filepath.Join(d.Dir, "..", "..", ".."), d.Run.HostClass))
	if err == nil && f != nil && f.HostClass != d.Run.HostClass {
		return nil, fmt.Errorf("%w: that of %s is of host class %s", noise.ErrInvalid, d.Run.HostClass, f.HostClass)
	}
	return f, err
}

// files are what a run consists of, besides folders.
func files(suite string) []string {
	return []string{record.RunFile, record.HostFile, record.ScheduleFile, record.TrialsFile, suite + ".bench", record.SumsFile, record.ReportFile}
}
