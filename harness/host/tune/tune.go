package tune

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Machine is what is tuned.
type Machine struct {
	Root string // "/", or a folder with sys and proc
}

// Outcome is what became of one file.
type Outcome string

// The outcomes.
const (
	Planned  Outcome = "planned"  // it would be changed
	Changed  Outcome = "changed"  // by this call
	Already  Outcome = "already"  // it was as it should be
	Absent   Outcome = "absent"   // the machine has no such setting
	Refused  Outcome = "refused"  // the machine did not take it
	Restored Outcome = "restored" // it is as it was before the first Apply
	Left     Outcome = "left"     // somebody else changed it since: that is not undone
)

// Change says what became of one file.
type Change struct {
	Setting string  `json:"setting"`
	Path    string  `json:"path,omitempty"` // as on the real machine; none if absent
	Was     string  `json:"was,omitempty"`
	Now     string  `json:"now,omitempty"`    // or would be, if planned
	Outcome Outcome `json:"outcome"`          // planned, changed, already, absent, refused, restored or left
	Reason  string  `json:"reason,omitempty"` // of a refusal
}

// Plan says what Apply would do. It writes nothing.
func (m *Machine) Plan() []Change {
	var out []Change
	for _, s := range settings() {
		found := false
		for _, f := range s.files {
			for _, name := range m.glob(f.pattern) {
				found = true
				out = append(out, m.plan(s, f, name))
			}
		}
		if !found {
			out = append(out, Change{Setting: s.name, Outcome: Absent})
		}
	}
	return out
}

// glob lists the files of a pattern by number, cpu2 before cpu10.
func (m *Machine) glob(pattern string) []string {
	found, err := fs.Glob(os.DirFS(m.Root), pattern)
	if err != nil {
		panic("tune: invariant: pattern " + pattern + " is well-formed")
	}
	slices.SortFunc(found, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return found
}

func (m *Machine) plan(s setting, f file, name string) Change {
	c := Change{Setting: s.name, Path: "/" + name, Now: f.want, Outcome: Planned}
	var err error
	if c.Was, err = m.read(f, name); err != nil {
		c.Outcome, c.Now, c.Reason = Refused, "", reason(err)
		return c
	}
	if f.good(c.Was) {
		c.Outcome, c.Now = Already, c.Was
		return c
	}
	if f.offers == "" {
		return c
	}
	text, err := os.ReadFile(m.inside(path.Join(path.Dir(name), f.offers)))
	if offered := strings.Fields(string(text)); err == nil && !slices.Contains(offered, f.want) {
		c.Outcome, c.Now, c.Reason = Refused, c.Was, fmt.Sprintf("%s is not offered, only %s", f.want, strings.Join(offered, ", "))
	}
	return c
}

// read returns the value of a file.
func (m *Machine) read(f file, name string) (string, error) {
	text, err := os.ReadFile(m.inside(name))
	if err != nil {
		return "", err
	}
	value := f.current(string(text))
	if !word(value) {
		return "", fmt.Errorf("it reads %q, which is no value of this setting", value)
	}
	return value, nil
}

// write changes a file and looks whether the machine took it.
func (m *Machine) write(f file, name, value string) error {
	w, err := os.OpenFile(m.inside(name), os.O_WRONLY|os.O_TRUNC, 0) // never O_CREATE
	if err != nil {
		return err
	}
	_, err = w.WriteString(value + "\n")
	if err = errors.Join(err, w.Close()); err != nil {
		return err
	}
	now, err := m.read(f, name)
	if err == nil && now != value {
		err = fmt.Errorf("it took %s without a word and still reads %s", value, now)
	}
	return err
}

// Apply makes the changes that Plan says, and keeps what was before in the state
// file. What the machine refuses is said in its Change; an error means that the
// state could not be kept, and that nothing was changed since.
func (m *Machine) Apply(stateFile string) ([]Change, error) {
	st, err := m.load(stateFile)
	if err != nil {
		return nil, err
	}
	changes := m.Plan()
	for i := range changes {
		c := &changes[i]
		if c.Outcome != Planned {
			continue
		}
		name := strings.TrimPrefix(c.Path, "/")
		_, f, _ := find(name)
		fresh := st.remember(entry{Path: c.Path, Was: c.Was, Set: c.Now})
		if err := st.save(stateFile); err != nil {
			return changes[:i], err
		}
		if err := m.write(f, name, c.Now); err != nil {
			c.Outcome, c.Now, c.Reason = Refused, c.Was, reason(err)
			if fresh {
				st.forget(c.Path)
			}
			continue
		}
		c.Outcome = Changed
	}
	return changes, st.save(stateFile)
}

// Restore undoes every Apply since the last Restore, as far as nobody else changed
// the same since, and removes the state file. Without one there is nothing to do. What
// the machine refused stays in the file.
func (m *Machine) Restore(stateFile string) ([]Change, error) {
	st, err := m.load(stateFile)
	if err != nil {
		return nil, err
	}
	var out []Change
	for _, e := range slices.Backward(slices.Clone(st.Entries)) {
		c := m.restore(e)
		out = append(out, c)
		if c.Outcome == Refused {
			continue
		}
		st.forget(e.Path)
	}
	return out, st.save(stateFile)
}

func (m *Machine) restore(e entry) Change {
	name := strings.TrimPrefix(e.Path, "/")
	s, f, _ := find(name)
	c := Change{Setting: s.name, Path: e.Path, Now: e.Was}
	now, err := m.read(f, name)
	switch c.Was = now; {
	case errors.Is(err, fs.ErrNotExist):
		c.Outcome, c.Now = Absent, ""
	case err != nil:
		c.Outcome, c.Now, c.Reason = Refused, "", reason(err)
	case now == e.Was:
		c.Outcome = Already
	case now != e.Set:
		c.Outcome, c.Now = Left, now
	default:
		if err := m.write(f, name, e.Was); err != nil {
			c.Outcome, c.Now, c.Reason = Refused, now, reason(err)
		} else {
			c.Outcome = Restored
		}
	}
	return c
}

// reason is an error without the path, which stands beside it.
func reason(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err.Error()
	}
	return err.Error()
}

// DefaultState is where the state file lies below a user's state folder.
func DefaultState(folder string) string { return filepath.Join(folder, "unibench", "tune.json") }
