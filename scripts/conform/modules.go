package main

import (
	"bufio"
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// moduleFiles are the list of packages of other modules, and the module that
// requires them: go.mod pins their versions and those of what their tests import.
// To raise one, or to add a module, run go get -t MODULE/...@VERSION there, under
// the names go.mod and go.sum.
//
//go:embed modules.txt modules/go.mod.txt modules/go.sum.txt
var moduleFiles embed.FS

// settings are how a package is tested. Its tests run with the same on both
// sides, but for the memory.
type settings struct {
	run, skip string // regular expressions, as of go test
	long      bool   // without -short
	memory    string // of the unikernel, or ""
}

// flags are those of go test.
func (s settings) flags() (flags []string) {
	if !s.long {
		flags = append(flags, "-short")
	}
	if s.run != "" {
		flags = append(flags, "-run="+s.run)
	}
	return flags
}

// A moduleLine is one line of modules.txt.
type moduleLine struct {
	settings
	patterns []string // of packages, as of go list
	reason   string   // of the settings
}

// parseModules reads lines of this form; # begins a comment.
//
//	PATTERN... [-run=REGEXP] [-skip=REGEXP] [-mem=SIZE] [-short=false] [# REASON]
//
// A package belongs to the first line that covers it. Settings need a reason.
func parseModules(r io.Reader) (list []moduleLine, err error) {
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		var l moduleLine
		text := strings.TrimSpace(lines.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		text, l.reason, _ = strings.Cut(text, " # ")
		for _, word := range strings.Fields(text) {
			if err := l.word(word); err != nil {
				return nil, fmt.Errorf("list of modules, line %d: %s: %w", n, word, err)
			}
		}
		switch {
		case len(l.patterns) == 0:
			return nil, fmt.Errorf("list of modules, line %d: no packages", n)
		case l.settings != settings{} && strings.TrimSpace(l.reason) == "":
			return nil, fmt.Errorf("list of modules, line %d: settings need a reason: append # REASON", n)
		}
		list = append(list, l)
	}
	return list, lines.Err()
}

func (l *moduleLine) word(word string) error {
	if !strings.HasPrefix(word, "-") {
		l.patterns = append(l.patterns, word)
		return nil
	}
	name, value, _ := strings.Cut(word, "=")
	if value == "" {
		return errors.New("a flag is -NAME=VALUE")
	}
	switch name {
	case "-run", "-skip":
		if _, err := regexp.Compile(value); err != nil {
			return err
		}
		if name == "-run" {
			l.run = value
		} else {
			l.skip = value
		}
	case "-mem":
		l.memory = value
	case "-short":
		if value != "false" {
			return errors.New("-short is the default: -short=false turns it off")
		}
		l.long = true
	default:
		return errors.New("no such flag: there are -run, -skip, -mem and -short=false")
	}
	return nil
}

// makeModule makes the module that requires those of the list, below dir.
func makeModule(dir string) error {
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := moduleFiles.ReadFile("modules/" + name + ".txt")
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// listModules fills in the packages of the list that have tests, and returns the
// modules with their versions. If there are packages given already, these are
// patterns that select some of the list.
func (s *session) listModules(ctx context.Context) (versions []string, err error) {
	text, err := moduleFiles.ReadFile("modules.txt")
	if err != nil {
		return nil, err
	}
	lines, err := parseModules(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	selected := s.packages
	s.packages, s.settings = nil, map[string]settings{}
	for _, l := range lines {
		const format = "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.Module.Path}} {{.Module.Version}}{{end}}"
		cmd := exec.CommandContext(ctx, "go", append([]string{"list", "-f", format}, l.patterns...)...)
		cmd.Dir, cmd.Env = s.dir, s.env
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			return nil, fmt.Errorf("list %s: %w: the modules come from the module proxy\n%s", strings.Join(l.patterns, " "), err, &stderr)
		}
		for line := range strings.Lines(string(out)) {
			words := strings.Fields(line)
			if _, ok := s.settings[words[0]]; ok || !selects(selected, words[0]) {
				continue
			}
			s.packages, s.settings[words[0]] = append(s.packages, words[0]), l.settings
			if version := words[1] + " " + words[2]; !slices.Contains(versions, version) {
				versions = append(versions, version)
			}
		}
	}
	if len(s.packages) == 0 {
		return nil, &usageError{fmt.Errorf("no package of modules.txt is %s", strings.Join(selected, " "))}
	}
	return versions, nil
}

// selects reports whether one of the patterns covers a package; none cover all.
func selects(patterns []string, pkg string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(pattern string) bool {
		prefix, tree := strings.CutSuffix(pattern, "/...")
		return pkg == prefix || tree && strings.HasPrefix(pkg, prefix+"/")
	})
}
