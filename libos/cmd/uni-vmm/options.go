package main

import (
	"errors"
	"strconv"
	"strings"

	"unibench/libos/monitor/netspec"
)

// options are the command line.
type options struct {
	memory int64
	cpus   int
	root   string
	initrd string
	dir    string
	outs   []shared
	files  []shared
	mkdirs []string
	env    []string
	stats  string
	core   string
	trace  string
	asked  int // -stats-fd
	net    *netspec.Spec
	arg0   string
	image  string
	args   []string
}

// A shared is a file of the program that is one of the host.
type shared struct{ guest, host string }

const defaultMemory = 64 << 20

const usage = "usage: uni-vmm [-mem 64M] [-cpus N] [-root DIR] [-initrd FILE] [-dir PATH] [-out PATH=FILE]... [-file PATH=FILE]... [-mkdir PATH]... [-env K=V]... [-stats F] [-stats-fd N] [-core F] [-trace F] [-net SPEC] [-arg0 NAME] IMAGE [-- ARGS...]"

// parse reads flags as package flag does: -name value, -name=value, --name.
func parse(args []string) (options, error) {
	o := options{memory: defaultMemory, cpus: 1}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if !strings.HasPrefix(arg, "-") || arg == "-" {
			o.image = arg
			break
		}
		name, value, given := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
		switch name {
		case "mem", "cpus", "root", "initrd", "dir", "out", "file", "mkdir", "env", "stats", "stats-fd", "core", "trace", "net", "arg0":
		default:
			return o, errors.New("unknown flag " + arg + "\n" + usage)
		}
		if !given {
			if len(args) == 0 {
				return o, errors.New("flag -" + name + " needs a value\n" + usage)
			}
			value, args = args[0], args[1:]
		}
		if err := o.set(name, value); err != nil {
			return o, err
		}
	}
	if o.image == "" {
		return o, errors.New("no image given\n" + usage)
	}
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	o.args = args
	if o.arg0 == "" {
		o.arg0 = o.image
	}
	return o, nil
}

func (o *options) set(name, value string) (err error) {
	switch name {
	case "mem":
		if o.memory, err = parseSize(value); err != nil {
			return errors.New("-mem: " + err.Error())
		}
	case "cpus":
		if o.cpus, err = strconv.Atoi(value); err != nil || o.cpus < 1 || o.cpus > 31 {
			return errors.New("-cpus: " + strconv.Quote(value) + " is not a number from 1 to 31")
		}
	case "root":
		o.root = value
	case "initrd":
		o.initrd = value
	case "dir":
		o.dir = value
	case "out", "file":
		guest, host, ok := strings.Cut(value, "=")
		if !ok || guest == "" || host == "" {
			return errors.New("-" + name + ": " + strconv.Quote(value) + " is not of the form PATH=FILE")
		}
		if name == "out" {
			o.outs = append(o.outs, shared{guest, host})
		} else {
			o.files = append(o.files, shared{guest, host})
		}
	case "mkdir":
		o.mkdirs = append(o.mkdirs, value)
	case "env":
		if i := strings.IndexByte(value, '='); i < 1 {
			return errors.New("-env: " + strconv.Quote(value) + " is not of the form NAME=VALUE")
		}
		o.env = append(o.env, value)
	case "stats":
		o.stats = value
	case "stats-fd":
		if o.asked, err = strconv.Atoi(value); err != nil || o.asked < 3 {
			return errors.New("-stats-fd: " + strconv.Quote(value) + " is not a descriptor from 3 up")
		}
	case "core":
		o.core = value
	case "trace":
		o.trace = value
	case "net":
		if o.net, err = netspec.Parse(value); err != nil {
			return errors.New("-net: " + err.Error())
		}
	case "arg0":
		o.arg0 = value
	}
	return nil
}

// parseSize reads a number of bytes with an optional suffix K, M or G.
func parseSize(s string) (int64, error) {
	digits, shift := s, 0
	if n := len(s); n > 0 {
		switch s[n-1] {
		case 'k', 'K':
			shift = 10
		case 'm', 'M':
			shift = 20
		case 'g', 'G':
			shift = 30
		}
		if shift > 0 {
			digits = s[:n-1]
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 || n > 1<<40>>shift {
		return 0, errors.New(strconv.Quote(s) + " is not a size such as 64M or 1G")
	}
	return n << shift, nil
}
