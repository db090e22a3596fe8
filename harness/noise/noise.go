// Package noise holds the noise floor of a host class: how far the same binary is from
// itself there, in an A/A test. It is a file beside the results (harness contract,
// sections 4 and 7),
//
//	<root>/noise/<host-class>.json
//
// with an expiry date, because hosts change. A floor is how far a ratio was from 1, as a
// share: 0.02 for 2 %. A change counts from Factor floors on. There are two of each
// metric, for there are two ways to compare: trials of two builds in turns, whose ratio
// is taken neighbour by neighbour, so that what changes slowly cancels (Floor.Share); and
// runs at different times, whose medians have all of that in them (Floor.Apart).
//
// bench selftest writes the file (package selftest). A floor was measured with some
// number of trials on each side, Floor.Trials: fewer are noisier.
//
// The package measures nothing: it reads and writes the file, and looks floors up.
package noise

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Schema is the version of the file.
const Schema = 2

// Factor is how many floors a change must have to count. The floor is what one binary
// differs from itself by at most in 95 of 100 cases, and so about half of the width
// of the interval of that ratio. With three of them that whole interval is within the
// threshold unless the ratio is two floors from 1: identical builds are then called the
// same, and not too noisy to say. With two, one row in twenty would be too noisy.
const Factor = 3

// File is the noise floor of one host class.
type File struct {
	Schema    int       `json:"schema"`
	HostClass string    `json:"host_class"`
	Measured  time.Time `json:"measured"`
	Expires   time.Time `json:"expires"`
	Floors    []Floor   `json:"floors"`
}

// Floor is that of one unit of a suite, and of one benchmark and target where these
// are not empty.
type Floor struct {
	Suite     string  `json:"suite"`
	Benchmark string  `json:"benchmark,omitempty"`
	Target    string  `json:"target,omitempty"`
	Unit      string  `json:"unit"`
	Share     float64 `json:"share"` // 95th percentile of |ratio - 1| of trials in turns
	Apart     float64 `json:"apart"` // the same of the medians of any two sessions; not below Share

	// How it was measured: trials on each side of a comparison, and comparisons.
	// A comparison of fewer trials is noisier than that.
	Trials      int `json:"trials,omitempty"`
	Repetitions int `json:"repetitions,omitempty"`
}

// ErrInvalid means that a file is not a noise floor.
var ErrInvalid = errors.New("invalid noise floor")

// Path returns where the floor of a host class is kept below the results root.
func Path(root, hostClass string) string {
	return filepath.Join(root, "noise", hostClass+".json")
}

// Read reads the file at path; nil without an error means that there is none.
func Read(path string) (*File, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read noise floor: %w", err)
	}
	f, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w (restore it, or remove it and measure it anew with bench selftest)", path, err)
	}
	return f, nil
}

// Parse reads the content of a file; unknown fields are errors.
func Parse(data []byte) (*File, error) {
	// The version first: another one may have other fields.
	var head struct{ Schema *int }
	if json.Unmarshal(data, &head) == nil && head.Schema != nil && *head.Schema > Schema {
		return nil, fmt.Errorf("%w: schema version %d, and this bench knows version %d: it is newer than this bench, so update the source and build bench again", ErrInvalid, *head.Schema, Schema)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var f File
	err := dec.Decode(&f)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("%w: cut short", ErrInvalid)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("%w: more than one JSON value", ErrInvalid)
	}
	if err := f.validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return &f, nil
}

func (f *File) validate() error {
	if f.Schema != Schema {
		return fmt.Errorf("schema version %d, want %d", f.Schema, Schema)
	}
	if f.HostClass == "" || f.Measured.IsZero() || !f.Expires.After(f.Measured) {
		return errors.New("want a host class, and an expiry after the measurement")
	}
	for i, g := range f.Floors {
		if g.Suite == "" || g.Unit == "" || !(g.Share >= 0 && g.Share <= g.Apart && g.Apart < Most) {
			return fmt.Errorf("floor %d: want a suite, a unit and shares 0 <= share <= apart < %v, got %q, %q, %v and %v", i+1, Most, g.Suite, g.Unit, g.Share, g.Apart)
		}
	}
	return nil
}

// Most is what no floor reaches: a metric that differs from itself more than that says
// nothing about a change.
const Most = 10.0

// Format returns the content of the file.
func (f *File) Format() ([]byte, error) {
	if err := f.validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("noise floor: %w", err)
	}
	return append(b, '\n'), nil
}

// Lookup returns the floor that fits best: one of the benchmark and target before
// one of the benchmark, that before one of the target, that before one of the unit
// alone. A nil file has none.
func (f *File) Lookup(suite, benchmark, target, unit string) (best Floor, ok bool) {
	if f == nil {
		return Floor{}, false
	}
	had := -1
	for _, g := range f.Floors {
		if g.Suite != suite || g.Unit != unit || g.Benchmark != "" && g.Benchmark != benchmark || g.Target != "" && g.Target != target {
			continue
		}
		rank := 0
		if g.Benchmark != "" {
			rank += 2
		}
		if g.Target != "" {
			rank++
		}
		if rank > had {
			had, best = rank, g
		}
	}
	return best, had >= 0
}

// Trials is the most trials that a floor of the suite was measured with, 0 for none.
func (f *File) Trials(suite string) int {
	n := 0
	if f != nil {
		for _, g := range f.Floors {
			if g.Suite == suite {
				n = max(n, g.Trials)
			}
		}
	}
	return n
}

// Missing says why there is no floor to use for a suite, with the next step; it is empty
// where there is one. A nil file has none, and one is out of date after it expires, where
// now is known.
func (f *File) Missing(hostClass, suite string, now time.Time) string {
	next := "measure it with bench selftest -suite " + suite
	if f == nil {
		return fmt.Sprintf("no noise floor of host class %s is stored: %s", hostClass, next)
	}
	if !now.IsZero() && now.After(f.Expires) {
		return fmt.Sprintf("the noise floor of host class %s expired on %s and is not used: %s", hostClass, f.Expires.Format(time.DateOnly), next)
	}
	for _, g := range f.Floors {
		if g.Suite == suite {
			return ""
		}
	}
	return fmt.Sprintf("no noise floor of suite %s is stored for host class %s: %s", suite, hostClass, next)
}
