package main

import (
	"bytes"
	"debug/elf"
	"errors"
	"os"
	"strings"
	"testing"
)

// entryOffset returns where in an executable the code at its entry point is.
func entryOffset(file []byte) (uint64, error) {
	f, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		return 0, err
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && f.Entry >= p.Vaddr && f.Entry < p.Vaddr+p.Filesz {
			return p.Off + f.Entry - p.Vaddr, nil
		}
	}
	return 0, errors.New("entry point not in the file")
}

// TestHelp holds the help texts, the command's doc and the table of commands
// together.
func TestHelp(t *testing.T) {
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range commands() {
		synopsis, _, _ := strings.Cut(strings.TrimPrefix(c.usage, "usage: "), "\n")
		if !strings.HasPrefix(synopsis, "uni "+c.name) {
			t.Errorf("help of %s begins with %q", c.name, synopsis)
		}
		if !strings.Contains(string(source), "//\tuni "+c.name) {
			t.Errorf("the command's doc lacks %s", c.name)
		}
		var stdout, stderr bytes.Buffer
		if got := run(&stdout, &stderr, []string{"help", c.name}); got != exitOK || stdout.String() != c.usage || stderr.Len() > 0 {
			t.Errorf("uni help %s = %d, %q, %q", c.name, got, &stdout, &stderr)
		}
		for _, flag := range []string{"-h", "--help"} {
			stdout.Reset()
			if got := run(&stdout, &stderr, []string{c.name, flag}); c.name != "help" && (got != exitOK || stdout.String() != c.usage) {
				t.Errorf("uni %s %s = %d, %q", c.name, flag, got, &stdout)
			}
		}
	}
}
