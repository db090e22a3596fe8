package repocheck

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A block is one fenced block of README.md.
type block struct {
	language string
	lines    []string
	before   string // the line above it
}

func readme(t *testing.T) (text string, blocks []block) {
	t.Helper()
	text = string(read(t, "README.md"))
	var open *block
	before := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		switch fence := strings.HasPrefix(line, "```"); {
		case fence && open == nil:
			open = &block{language: strings.TrimPrefix(line, "```"), before: before}
		case fence:
			blocks = append(blocks, *open)
			open = nil
		case open != nil:
			open.lines = append(open.lines, line)
		}
		before = line
	}
	if open != nil || len(blocks) == 0 {
		t.Fatal("README.md: no fenced blocks, or one without an end")
	}
	return text, blocks
}

// commands lists what the README asks the reader to type: the shell blocks, and
// commands of this repository within sentences.
func commands(t *testing.T) []string {
	text, blocks := readme(t)
	var list []string
	for _, b := range blocks {
		if b.language == "sh" {
			list = append(list, b.lines...)
		}
	}
	for _, m := range regexp.MustCompile("`((?:\\./scripts/|bin/)[a-z-]+(?: [^`]*)?)`").FindAllStringSubmatch(text, -1) {
		list = append(list, m[1])
	}
	return list
}

// TestReadmeCommands: each command exists, knows its subcommand and each flag, and
// the packages that it names are there.
func TestReadmeCommands(t *testing.T) {
	bin := t.TempDir()
	build := exec.Command("go", "build", "-o", bin+"/", "./libos/cmd/...", "./harness/cmd/...")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the commands: %v\n%s", err, out)
	}
	flags := regexp.MustCompile(`^--?([a-z]+)`)
	for _, line := range commands(t) {
		words := strings.Fields(line)
		program, args := words[0], words[1:]
		if script, ok := strings.CutPrefix(program, "./scripts/"); ok {
			info, err := os.Stat(local("scripts/" + script))
			if err != nil || info.Mode()&0o111 == 0 {
				t.Errorf("README.md: %s: %s is no executable file (%v)", line, program, err)
			}
			if script != "bench" {
				continue
			}
			program = "bin/bench"
		}
		if slices.Contains([]string{"curl", "ip", "unshare"}, program) {
			continue // the system's
		}
		name, ok := strings.CutPrefix(program, "bin/")
		if !ok {
			t.Errorf("README.md: %s: a command that this test does not know", line)
			continue
		}
		if _, err := os.Stat(filepath.Join(bin, name)); err != nil {
			t.Errorf("README.md: %s: there is no command %s", line, name)
			continue
		}
		if len(args) == 0 {
			continue
		}
		help, err := exec.Command(filepath.Join(bin, name), "help", args[0]).CombinedOutput()
		if err != nil {
			t.Errorf("README.md: %s: %s help %s: %v\n%s", line, name, args[0], err, help)
			continue
		}
		for _, word := range args[1:] {
			if word == "--" {
				break
			}
			if m := flags.FindStringSubmatch(word); m != nil && !regexp.MustCompile(`(^|[\s\[])-`+m[1]+`\b`).Match(help) {
				t.Errorf("README.md: %s: %s help %s does not know -%s", line, name, args[0], m[1])
			}
			if strings.HasPrefix(word, "./") && !strings.Contains(word, "...") {
				if _, err := os.Stat(local(word)); err != nil {
					t.Errorf("README.md: %s: %v", line, err)
				}
			}
		}
	}
}

// TestReadmeLinks: what the README points at within the repository is tracked.
func TestReadmeLinks(t *testing.T) {
	text, _ := readme(t)
	have := map[string]bool{}
	for _, name := range tracked(t) {
		have[name] = true
	}
	for _, m := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(text, -1) {
		if !strings.Contains(m[1], "://") && !have[m[1]] {
			t.Errorf("README.md: link to %s, which is not tracked", m[1])
		}
	}
}

// TestReadmeQuotes: a block below "<!-- lines of FILE -->" quotes that file; a line
// of dots stands for what is left out.
func TestReadmeQuotes(t *testing.T) {
	_, blocks := readme(t)
	quotes := 0
	for _, b := range blocks {
		m := regexp.MustCompile(`^<!-- lines of (\S+) -->$`).FindStringSubmatch(b.before)
		if m == nil {
			continue
		}
		quotes++
		rest := string(read(t, m[1]))
		for _, line := range b.lines {
			if line == "..." {
				continue
			}
			_, after, ok := strings.Cut("\n"+rest, "\n"+line+"\n")
			if !ok {
				t.Errorf("README.md: %s does not hold, in this place: %q", m[1], line)
				continue
			}
			rest = after
		}
	}
	if quotes == 0 {
		t.Error("README.md quotes no result")
	}
}
