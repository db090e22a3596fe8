package tune

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// stateVersion is that of the state file.
const stateVersion = 1

// ErrState means that the state file cannot be used.
var ErrState = errors.New("invalid state of tuned settings")

// state is what the state file holds.
type state struct {
	Version int     `json:"version"`
	Boot    string  `json:"boot"` // of the machine; see random(4), boot_id
	Entries []entry `json:"settings"`
}

// entry is one file that is not as it was.
type entry struct {
	Path string `json:"path"`
	Was  string `json:"was"`
	Set  string `json:"set"`
}

// word reports whether s can be a value of a setting.
func word(s string) bool {
	return s != "" && len(s) < 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == ""
}

// parseState reads a state file. It takes nothing that is no setting: with the rights
// of root it will be written.
func parseState(text []byte) (*state, error) {
	var st state
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&st); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrState, err)
	}
	if st.Version != stateVersion {
		return nil, fmt.Errorf("%w: version %d, this bench knows %d", ErrState, st.Version, stateVersion)
	}
	seen := make(map[string]bool)
	for _, e := range st.Entries {
		name, absolute := strings.CutPrefix(e.Path, "/")
		if _, _, ok := find(name); !ok || !absolute || seen[e.Path] || !word(e.Was) || !word(e.Set) {
			return nil, fmt.Errorf("%w: %q from %q to %q is no change that bench makes", ErrState, e.Path, e.Was, e.Set)
		}
		seen[e.Path] = true
	}
	return &st, nil
}

// load reads the state of this start of the machine; another's is void.
func (m *Machine) load(name string) (*state, error) {
	boot, err := os.ReadFile(m.inside("proc/sys/kernel/random/boot_id"))
	if err != nil {
		return nil, fmt.Errorf("find out which start of the machine this is: %w", err)
	}
	none := &state{Version: stateVersion, Boot: strings.TrimSpace(string(boot))}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return none, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what was tuned: %w", err)
	}
	st, err := parseState(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w (it says what to put back: repair it, or put the settings back by hand and remove it)", name, err)
	}
	if st.Boot != none.Boot {
		return none, nil
	}
	return st, nil
}

// remember keeps what a file was before the first change. fresh means that this is it.
func (st *state) remember(e entry) (fresh bool) {
	i := slices.IndexFunc(st.Entries, func(had entry) bool { return had.Path == e.Path })
	if i < 0 {
		st.Entries = append(st.Entries, e)
		return true
	}
	st.Entries[i].Set = e.Set
	return false
}

func (st *state) forget(path string) {
	st.Entries = slices.DeleteFunc(st.Entries, func(e entry) bool { return e.Path == path })
}

// save replaces the state file, whole or not at all, and has it on disk when it
// returns; an empty state has no file.
func (st *state) save(name string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("keep what was tuned: %w (name another file with -state)", err)
		}
	}()
	if len(st.Entries) == 0 {
		if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	text, err := json.MarshalIndent(st, "", "  ")
	if err != nil {
		return err
	}
	dir := filepath.Dir(name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, ".tune-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(append(text, '\n'))
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}
