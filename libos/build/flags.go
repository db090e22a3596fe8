package build

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// boolFlags and valueFlags are the flags of `go build` (go help build, Go
// 1.26), without -o, which belongs to Options.Output.
var (
	boolFlags = words("a n race msan asan cover v work x buildvcs linkshared modcacherw trimpath json")

	valueFlags = words(`C p covermode coverpkg asmflags buildmode compiler gccgoflags gcflags
		installsuffix ldflags mod modfile overlay pgo pkgdir tags toolexec`)
)

func words(s string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(s) {
		set[w] = true
	}
	return set
}

// GoFlag reports whether name, without dashes, is a flag of go build, and
// whether its value may be the next argument.
func GoFlag(name string) (known, takesValue bool) {
	return boolFlags[name] || valueFlags[name], valueFlags[name]
}

// GoFlags lists the flags of go build that an image can be built with, sorted, without
// dashes.
func GoFlags() []string {
	var names []string
	for _, set := range []map[string]bool{boolFlags, valueFlags} {
		for name := range set {
			// Those that choose a mode have one value that is fine, their default.
			if (goFlag{name: name}).check() == nil {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return names
}

// A FlagError says that a go build flag cannot be used for a unikernel.
type FlagError struct {
	Flag   string // with its dash, and its value where that matters
	Reason string
}

func (e *FlagError) Error() string { return fmt.Sprintf("flag %s: %s", e.Flag, e.Reason) }

// A goFlag is one flag of go build.
type goFlag struct {
	name     string // without dash
	value    string
	hasValue bool
}

func (f goFlag) String() string {
	if f.hasValue {
		return "-" + f.name + "=" + f.value
	}
	return "-" + f.name
}

// isSet reports whether f, a boolean flag, is on.
func (f goFlag) isSet() bool {
	return !f.hasValue || (f.value != "false" && f.value != "0")
}

// cutFlag splits a word into name and value, if one is attached.
func cutFlag(word string) (f goFlag) {
	word = strings.TrimPrefix(strings.TrimPrefix(word, "-"), "-")
	f.name, f.value, f.hasValue = strings.Cut(word, "=")
	return f
}

// parseGoFlags splits args, which hold nothing but flags of go build.
func parseGoFlags(args []string) ([]goFlag, error) {
	var flags []goFlag
	for i := 0; i < len(args); i++ {
		if !strings.HasPrefix(args[i], "-") {
			return nil, &FlagError{Flag: args[i], Reason: "not a flag"}
		}
		f := cutFlag(args[i])
		known, takesValue := GoFlag(f.name)
		if !known {
			return nil, &FlagError{Flag: "-" + f.name, Reason: "not a flag of go build"}
		}
		if takesValue && !f.hasValue {
			if i++; i == len(args) {
				return nil, &FlagError{Flag: "-" + f.name, Reason: "needs a value"}
			}
			f.value, f.hasValue = args[i], true
		}
		flags = append(flags, f)
	}
	return flags, nil
}

// A flagPlan is what becomes of the user's flags.
type flagPlan struct {
	pass    []string // for go build, relative paths made absolute
	list    []string // of these, the ones that choose packages and files
	overlay string   // path of the user's own overlay, absolute, or empty
}

// planFlags checks flags, and goflags, the toolchain's GOFLAGS, of which the
// go command itself applies all but an -overlay.
func planFlags(flags, goflags []goFlag, dir string) (flagPlan, error) {
	var p flagPlan
	for _, f := range goflags {
		if err := f.check(); err != nil {
			return p, fmt.Errorf("in GOFLAGS: %w", err)
		}
		if f.name == "overlay" {
			p.overlay = absolute(dir, f.value)
		}
	}
	for _, f := range flags {
		if err := f.check(); err != nil {
			return p, err
		}
		switch f.name {
		case "C":
			continue // applied by the caller
		case "overlay":
			p.overlay = absolute(dir, f.value)
			continue
		case "modfile", "pkgdir":
			f.value = absolute(dir, f.value)
		case "pgo":
			if f.value != "auto" && f.value != "off" {
				f.value = absolute(dir, f.value)
			}
		}
		p.pass = append(p.pass, f.String())
		switch f.name {
		case "tags", "mod", "modfile", "compiler", "installsuffix", "pgo", "modcacherw", "cover", "coverpkg", "covermode":
			p.list = append(p.list, f.String())
		}
	}
	return p, nil
}

// check refuses what an image cannot be built with.
func (f goFlag) check() error {
	switch f.name {
	case "race", "msan", "asan":
		if f.isSet() {
			return &FlagError{Flag: "-" + f.name, Reason: "sanitizers need cgo, which an image cannot hold: build without it"}
		}
	case "linkshared":
		if f.isSet() {
			return &FlagError{Flag: "-linkshared", Reason: "an image is one static executable: build without it"}
		}
	case "buildmode":
		if f.value != "exe" && f.value != "default" {
			return &FlagError{Flag: f.String(), Reason: "an image is a static executable: use -buildmode=exe or leave it out"}
		}
	case "compiler":
		if f.value != "gc" {
			return &FlagError{Flag: f.String(), Reason: "only the gc compiler can build an image: leave it out"}
		}
	}
	return nil
}

// absolute returns name as seen from dir.
func absolute(dir, name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// splitQuoted splits s at white space, as the go command splits GOFLAGS: a
// word may be within single or double quotes, which have no escapes.
func splitQuoted(s string) ([]string, error) {
	var out []string
	for s = strings.TrimLeft(s, " \t\n\r"); s != ""; s = strings.TrimLeft(s, " \t\n\r") {
		if quote := s[0]; quote == '"' || quote == '\'' {
			end := strings.IndexByte(s[1:], quote)
			if end < 0 {
				return nil, errors.New("quote without end")
			}
			out = append(out, s[1:1+end])
			s = s[end+2:]
			continue
		}
		end := strings.IndexAny(s, " \t\n\r")
		if end < 0 {
			end = len(s)
		}
		out = append(out, s[:end])
		s = s[end:]
	}
	return out, nil
}
