package scratch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Scratch is one run's name. It belongs to the process that made it.
type Scratch struct {
	name string
	dir  string
	lock *os.File
}

// New makes a scratch folder below temp for this process, which may have one at
// a time. Others may pass through the folder but not list it: containers run
// under user ids of their own.
func New(temp string) (*Scratch, error) {
	o := owner{pid: os.Getpid()}
	var err error
	if o.start, err = startTime(o.pid); err != nil {
		return nil, fmt.Errorf("read own start time: %w", err)
	}
	dir, err := filepath.Abs(filepath.Join(temp, o.name()))
	if err != nil {
		return nil, fmt.Errorf("create scratch folder: %w", err)
	}
	if err := os.Mkdir(dir, 0o711); err != nil {
		return nil, fmt.Errorf("create scratch folder: %w (choose another place with TMPDIR)", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return &Scratch{name: o.name(), dir: dir, lock: lock}, nil
}

// Name returns the name, which is also that of the control groups.
func (s *Scratch) Name() string { return s.name }

// Dir returns the absolute path of the folder.
func (s *Scratch) Dir() string { return s.dir }

// Close removes everything that bears the name.
func (s *Scratch) Close() error {
	err := remove(s.name, s.dir)
	return errors.Join(err, s.lock.Close())
}

// Sweep removes what runs that were killed left below temp and in the control
// group hierarchies, and returns the names removed. An error means that
// something could not be removed; the rest was.
func Sweep(temp string) ([]string, error) {
	dirs := make(map[string]string)
	entries, err := os.ReadDir(temp)
	if err != nil {
		return nil, fmt.Errorf("look for leftovers of killed runs: %w", err)
	}
	for _, e := range entries {
		if o, ok := parseOwner(e.Name()); ok && e.IsDir() && !o.alive() {
			dirs[e.Name()] = filepath.Join(temp, e.Name())
		}
	}
	roots, err := cgroupRoots()
	if err != nil {
		return nil, err
	}
	for _, root := range roots {
		// A hierarchy that cannot be listed holds nothing of ours.
		groups, _ := os.ReadDir(root)
		for _, e := range groups {
			if o, ok := parseOwner(e.Name()); ok && e.IsDir() && !o.alive() && dirs[e.Name()] == "" {
				dirs[e.Name()] = filepath.Join(temp, e.Name())
			}
		}
	}
	var removed []string
	var errs []error
	for name, dir := range dirs {
		lock, err := lockDir(dir)
		if errors.Is(err, unix.EWOULDBLOCK) {
			continue // its owner lives, in another pid namespace
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
			continue
		}
		err = remove(name, dir)
		if lock != nil {
			lock.Close()
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		removed = append(removed, name)
	}
	return removed, errors.Join(errs...)
}

func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock scratch folder: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("lock scratch folder %s: %w", dir, err)
	}
	return f, nil
}

// remove deletes what bears the name: groups first, since the folder is how a
// later Sweep finds a removal that failed half-way.
func remove(name, dir string) error {
	if err := removeGroup(name); err != nil {
		return err
	}
	all, err := mounts()
	if err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("remove scratch folder: %w", err)
	}
	for i := len(all) - 1; i >= 0; i-- {
		if strings.HasPrefix(all[i].point, real+string(filepath.Separator)) {
			if err := unix.Unmount(all[i].point, unix.MNT_DETACH); err != nil {
				return fmt.Errorf("unmount %s: %w", all[i].point, err)
			}
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove scratch folder: %w", err)
	}
	return nil
}
