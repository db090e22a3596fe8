package host

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// maxCPUs is the size of the kernel's processor sets that golang.org/x/sys has.
const maxCPUs = 1024

// Placement says which processors do what.
type Placement struct {
	SUT   []int `json:"sut"`   // system under test, with its monitor or runtime
	Bench []int `json:"bench"` // the harness itself
}

// String returns the form that ParsePlacement reads.
func (p Placement) String() string {
	return "sut=" + formatList(p.SUT) + ",bench=" + formatList(p.Bench)
}

// Shared reports whether the harness runs on processors of the system under test.
func (p Placement) Shared() bool {
	return slices.ContainsFunc(p.Bench, func(c int) bool { return slices.Contains(p.SUT, c) })
}

// ParsePlacement reads a map such as sut=1,bench=0 or sut=2-5+7,bench=0+1: for
// each role processors and ranges joined by +.
func ParsePlacement(s string) (Placement, error) {
	var p Placement
	for part := range strings.SplitSeq(s, ",") {
		role, list, ok := strings.Cut(part, "=")
		cpus, err := parseList(list)
		if !ok || err != nil {
			return Placement{}, fmt.Errorf("processor map %q: part %q is not role=processors, such as sut=2-3+5", s, part)
		}
		into := map[string]*[]int{"sut": &p.SUT, "bench": &p.Bench}[role]
		if into == nil {
			return Placement{}, fmt.Errorf("processor map %q: unknown role %q, want sut or bench", s, role)
		}
		if *into != nil {
			return Placement{}, fmt.Errorf("processor map %q: role %s given twice", s, role)
		}
		*into = cpus
	}
	if p.SUT == nil || p.Bench == nil {
		return Placement{}, fmt.Errorf("processor map %q: want both sut= and bench=", s)
	}
	return p, nil
}

func parseList(s string) ([]int, error) {
	var out []int
	for part := range strings.SplitSeq(s, "+") {
		a, b, ranged := strings.Cut(part, "-")
		if !ranged {
			b = a
		}
		first, err1 := strconv.Atoi(a)
		last, err2 := strconv.Atoi(b)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		if first < 0 || last < first || last >= maxCPUs {
			return nil, fmt.Errorf("range %s", part)
		}
		for c := first; c <= last; c++ {
			out = append(out, c)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func formatList(cpus []int) string {
	var parts []string
	for i := 0; i < len(cpus); {
		j := i
		for j+1 < len(cpus) && cpus[j+1] == cpus[j]+1 {
			j++
		}
		if i == j {
			parts = append(parts, strconv.Itoa(cpus[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", cpus[i], cpus[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, "+")
}

// AllowedCPUs returns the processors that this process may use.
func AllowedCPUs() ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil, fmt.Errorf("read processor set: %w", err)
	}
	var out []int
	for c := range maxCPUs {
		if set.IsSet(c) {
			out = append(out, c)
		}
	}
	return out, nil
}

// DefaultPlacement gives the system under test n processors, the last of those
// allowed, and the harness the first; on a machine with no other it shares.
func DefaultPlacement(allowed []int, n int) (Placement, error) {
	if n < 1 || n > len(allowed) {
		return Placement{}, fmt.Errorf("%d processors for the system under test: this process may use %d", n, len(allowed))
	}
	return Placement{SUT: slices.Clone(allowed[len(allowed)-n:]), Bench: slices.Clone(allowed[:1])}, nil
}

// Check says whether every processor of p is allowed.
func (p Placement) Check(allowed []int) error {
	for _, c := range slices.Concat(p.SUT, p.Bench) {
		if !slices.Contains(allowed, c) {
			return fmt.Errorf("processor %d is not available to this process: choose from %s", c, formatList(allowed))
		}
	}
	return nil
}

// PinSelf moves every thread of this process to the given processors; threads
// and programs that it starts later inherit them.
func PinSelf(cpus []int) error {
	var set unix.CPUSet
	for _, c := range cpus {
		set.Set(c)
	}
	// A thread that is started meanwhile by one not yet moved is caught by
	// going round until nothing was left to move.
	moved := make(map[int]bool)
	for {
		again := false
		tasks, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return fmt.Errorf("list threads: %w", err)
		}
		for _, t := range tasks {
			id, err := strconv.Atoi(t.Name())
			if err != nil || moved[id] {
				continue
			}
			if err := unix.SchedSetaffinity(id, &set); err != nil && !errors.Is(err, unix.ESRCH) {
				return fmt.Errorf("use processors %s: %w (choose others with -cpus)", formatList(cpus), err)
			}
			moved[id], again = true, true
		}
		if !again {
			return nil
		}
	}
}
