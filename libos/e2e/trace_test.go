package e2e

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Parts of a traceback that say where things lie in memory, or how many
// goroutines and frames there are beside the program's own.
var (
	numbers   = regexp.MustCompile(`0x[0-9a-f]{4,}`)
	place     = regexp.MustCompile(`( \+0x[0-9a-f]+)?( fp=0x[0-9a-f]+ sp=0x[0-9a-f]+( pc=0x[0-9a-f]+)?)?$`)
	goroutine = regexp.MustCompile(`^goroutine \d+( gp=0x[0-9a-f]+ m=\w+( mp=0x[0-9a-f]+)?)? \[(.*)\]:$`)
	created   = regexp.MustCompile(`^created by (.*?)( in goroutine \d+)?$`)
	elided    = regexp.MustCompile(`^\.\.\.(\d+ frames elided|additional frames elided)\.\.\.$`)
	platform  = regexp.MustCompile(`^(runtime|internal|syscall|os|unibench/libos)[./]`)
	arguments = regexp.MustCompile(`\(([^()]|\(\.\.\.\))*\)$`)
)

// nowhere is the address that the programs use for one that is not mapped on
// any platform.
const nowhere = "0x123456789000"

// normalise makes what a Go program writes to standard error when it dies
// comparable between platforms. It keeps:
//
//   - Lines outside of tracebacks, with 0x? for hexadecimal numbers of more than
//     three digits, which are addresses, but for the one called nowhere.
//   - Of each goroutine its state and the frames of the program and of the
//     library above the operating system: function without argument words, file
//     and line, without offsets and addresses.
//
// It leaves out goroutine numbers, frames of packages runtime, internal/...,
// syscall, os and libos, goroutines that have no other frames (the runtime's
// own, and "runtime stack"), and the number of frames elided. Goroutines behind
// the first are sorted, since their order is that of their creation on several
// threads.
func normalise(stderr string) string {
	var out, later []string
	lines := strings.Split(stderr, "\n")
	for i := 0; i < len(lines); i++ {
		m := goroutine.FindStringSubmatch(lines[i])
		if m == nil && lines[i] != "runtime stack:" {
			out = append(out, message(lines[i]))
			continue
		}
		block := []string{"goroutine"}
		if m != nil {
			block[0] = "goroutine [" + m[3] + "]"
		}
		for i++; i < len(lines) && lines[i] != ""; i++ {
			i += frame(&block, lines, i)
		}
		if len(block) == 1 {
			continue
		}
		if text := strings.Join(block, "\n"); len(later) == 0 {
			later = append(later, text)
		} else {
			later = append(later, text)
			slices.Sort(later[1:])
		}
	}
	return strings.Trim(strings.Join(append(out, later...), "\n"), "\n")
}

// frame adds the frame at lines[i] to block if it is to be compared, and
// returns how many lines follow that belong to it.
func frame(block *[]string, lines []string, i int) int {
	line := lines[i]
	if elided.MatchString(line) {
		*block = append(*block, "...")
		return 0
	}
	if i+1 == len(lines) || !strings.HasPrefix(lines[i+1], "\t") {
		return 0 // "goroutine running on other thread" and the like
	}
	name := arguments.ReplaceAllString(line, "")
	if m := created.FindStringSubmatch(line); m != nil {
		name = m[1]
		line = "created by " + name
	} else {
		line = name + "(...)"
	}
	if !platform.MatchString(name) {
		*block = append(*block, line, place.ReplaceAllString(lines[i+1], ""))
	}
	return 1
}

// message normalises a line outside of tracebacks.
func message(line string) string {
	return numbers.ReplaceAllStringFunc(line, func(n string) string {
		if n == nowhere {
			return n
		}
		return "0x?"
	})
}

func TestNormalise(t *testing.T) {
	in := `unexpected fault address 0x123456789000
fatal error: fault
[signal SIGSEGV: segmentation violation code=0x1 addr=0x123456789000 pc=0x4c266a]

goroutine 1 gp=0x13aa1e0 m=0 mp=0x5d3160 [running]:
runtime.throw({0x4eed49?, 0x13eae20?})
	/go/src/runtime/panic.go:1229 +0x48 fp=0x13eade0 sp=0x13eadb0 pc=0x47a8c8
main.(*thing[...]).run.func1({0x13ba0b0?, 0x0?, 0x0?})
	/app/main.go:52 +0x1c5 fp=0x13eaef8 sp=0x13eae40 pc=0x4c2925
runtime.goexit({})
	/go/src/runtime/asm_amd64.s:1771 +0x1

goroutine 9 [chan receive]:
main.last(...)
	/app/main.go:9
created by main.main in goroutine 1
	/app/main.go:8 +0x9

goroutine 7 [chan receive]:
main.early()
	/app/main.go:5 +0x2
created by main.main in goroutine 1
	/app/main.go:4 +0x9

goroutine 2 [force gc (idle)]:
runtime.gopark(0x0?)
	/go/src/runtime/proc.go:463 +0xce
created by runtime.init.7 in goroutine 1
	/go/src/runtime/proc.go:364 +0x1a
`
	want := `unexpected fault address 0x123456789000
fatal error: fault
[signal SIGSEGV: segmentation violation code=0x1 addr=0x123456789000 pc=0x?]

goroutine [running]
main.(*thing[...]).run.func1(...)
	/app/main.go:52
goroutine [chan receive]
main.early(...)
	/app/main.go:5
created by main.main
	/app/main.go:4
goroutine [chan receive]
main.last(...)
	/app/main.go:9
created by main.main
	/app/main.go:8`
	if got := normalise(in); got != want {
		t.Errorf("normalise = %q\nwant        %q", got, want)
	}
}
