package main

import (
	"strings"

	"unibench/libos/build"
)

// jsonFlag is the flag of commands that inform.
const jsonFlag = "json"

// A commandLine is a command's arguments, sorted.
type commandLine struct {
	own     []ownFlag // flags of uni, in order
	goFlags []string  // flags of go build, in order, values attached
	rest    []string  // what follows the flags
	program []string  // what follows "--"
}

// An ownFlag is a flag of uni itself with its value.
type ownFlag struct{ name, value string }

// get returns the last value of an own flag, or "".
func (c commandLine) get(name string) string {
	value := ""
	for _, f := range c.own {
		if f.name == name {
			value = f.value
		}
	}
	return value
}

// has reports whether an own flag is set.
func (c commandLine) has(name string) bool {
	for _, f := range c.own {
		if f.name == name {
			return true
		}
	}
	return false
}

// parse sorts args. values and bools name the flags of uni itself; with
// goFlags, those of go build are also allowed. The flag package cannot do
// this: which flags there are is up to the go command.
func parse(args []string, values, bools string, goFlags bool) (commandLine, error) {
	var c commandLine
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			c.program = args[i+1:]
			break
		}
		if !strings.HasPrefix(arg, "-") || arg == "-" {
			c.rest = append(c.rest, arg)
			continue
		}
		if len(c.rest) > 0 {
			return c, usagef("%s comes after %s: put flags first, and arguments of the program behind --", arg, c.rest[0])
		}
		name, value, hasValue := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(arg, "-"), "-"), "=")
		own, takesValue := contains(values, name) || contains(bools, name), contains(values, name)
		known := own
		if !own && goFlags {
			known, takesValue = build.GoFlag(name)
		}
		if !known {
			return c, usagef("unknown flag -%s", name)
		}
		if takesValue && !hasValue {
			if i++; i == len(args) {
				return c, usagef("flag -%s needs a value", name)
			}
			value, hasValue = args[i], true
		}
		switch {
		case own && !takesValue && hasValue:
			return c, usagef("flag -%s takes no value", name)
		case own:
			c.own = append(c.own, ownFlag{name, value})
		case hasValue:
			c.goFlags = append(c.goFlags, "-"+name+"="+value)
		default:
			c.goFlags = append(c.goFlags, "-"+name)
		}
	}
	return c, nil
}

// contains reports whether name is one of the words of list.
func contains(list, name string) bool {
	for word := range strings.FieldsSeq(list) {
		if word == name {
			return true
		}
	}
	return false
}
