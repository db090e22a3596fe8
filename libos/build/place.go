package build

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"strings"
)

// place adds one file. mustTag demands guestTag in its constraint, without
// which the file would also be compiled into ordinary builds of this module.
func (o overlay) place(to string, text []byte, mustTag bool) error {
	switch path.Ext(to) {
	case ".go", ".s":
		out, keep, tagged, err := resolveTag(text)
		if err != nil {
			return err
		}
		if mustTag && !tagged {
			return fmt.Errorf("missing //go:build %s line", guestTag)
		}
		if !keep {
			return nil
		}
		text = out
	}
	if path.Ext(to) == ".go" {
		out, _, err := rewriteGo(path.Base(to), text, imageImport)
		if err != nil {
			return err
		}
		text = out
	}
	if _, ok := o[to]; ok {
		return fmt.Errorf("%s is placed twice", to)
	}
	if text == nil {
		text = []byte{}
	}
	o[to] = text
	return nil
}

// delete marks the files that list names, one a line, in folder dir of
// GOROOT/src. Blank lines and lines that begin with # are skipped.
func (o overlay) delete(dir string, list []byte, tc toolchain) error {
	for line := range bytes.Lines(list) {
		name := strings.TrimSpace(string(line))
		if name == "" || strings.HasPrefix(name, "#") {
			continue
		}
		to := path.Join(dir, name)
		if _, err := os.Stat(tc.file(to)); err != nil {
			return fmt.Errorf("delete from %s: %w", tc.version, err)
		}
		if _, ok := o[to]; ok {
			return fmt.Errorf("%s is both placed and deleted", to)
		}
		o[to] = nil
	}
	return nil
}
