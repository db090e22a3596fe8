package build

import (
	"bytes"
	gobuild "go/build"
	"go/build/constraint"
	"go/version"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A closure places packages of other modules, and those that they import, as
// packages of the standard library.
type closure struct {
	modules []module
	rules   []moduleRule
	dirs    map[string]string // folder of each module, by path
	ctx     gobuild.Context   // chooses files
	out     overlay
	used    map[int]bool // rules that had an effect, by index
}

// noArch is a GOARCH that no file is for. An overlay cannot add assembly to a
// package of its own (checkAssembly), so files are chosen as for a processor
// that the module has none for.
const noArch = "none"

func newClosure(modules []module, rules []moduleRule, dirs map[string]string, goversion string) *closure {
	c := &closure{modules: modules, rules: rules, dirs: dirs, out: overlay{}, used: map[int]bool{}}
	c.ctx = gobuild.Context{GOOS: "linux", GOARCH: noArch, Compiler: "gc", ReleaseTags: releaseTags(goversion)}
	return c
}

// releaseTags returns the build tags go1.1, go1.2, ... that hold in goversion,
// as `go env GOVERSION` prints it.
func releaseTags(goversion string) (tags []string) {
	v, _, _ := strings.Cut(goversion, " ")
	minor, _ := strconv.Atoi(strings.TrimPrefix(version.Lang(v), "go1."))
	for i := 1; i <= minor; i++ {
		tags = append(tags, "go1."+strconv.Itoa(i))
	}
	return tags
}

// moduleOf returns the module that has package pkg.
func moduleOf(modules []module, pkg string) (best module, ok bool) {
	for _, m := range modules {
		if (pkg == m.path || strings.HasPrefix(pkg, m.path+"/")) && len(m.path) > len(best.path) {
			best, ok = m, true
		}
	}
	return best, ok
}

// add places the packages with the import paths pkgs and what they import.
func (c *closure) add(pkgs ...string) error {
	seen := map[string]bool{}
	for len(pkgs) > 0 {
		pkg := pkgs[0]
		pkgs = pkgs[1:]
		if seen[pkg] {
			continue
		}
		seen[pkg] = true
		imports, err := c.addPackage(pkg)
		if err != nil {
			return err
		}
		pkgs = append(pkgs, imports...)
	}
	return nil
}

// addPackage places the files of one package and returns which packages of
// modules they import.
func (c *closure) addPackage(pkg string) (imports []string, err error) {
	mod, ok := moduleOf(c.modules, pkg)
	if !ok {
		return nil, &ModuleError{File: pkg, Err: ErrUnpinnedModule}
	}
	fail := func(file string, err error) error {
		return &ModuleError{Module: mod.String(), File: path.Join(pkg, file), Err: err}
	}
	dir := filepath.Join(c.dirs[mod.path], filepath.FromSlash(strings.TrimPrefix(pkg, mod.path)))
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fail("", err)
	}
	found := false
	for _, entry := range entries {
		name := entry.Name()
		if entry.IsDir() || strings.HasSuffix(name, "_test.go") || c.dropped(pkg, name) {
			continue
		}
		ext := strings.ToLower(path.Ext(name))
		if ext != ".go" && ext != ".s" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, fail(name, err)
		}
		if match, err := c.matches(dir, name, text); err != nil {
			return nil, fail(name, err)
		} else if !match {
			continue
		}
		switch {
		case ext == ".s":
			return nil, fail(name, ErrAssembly)
		case bytes.Contains(text, []byte("\n//go:embed ")):
			return nil, fail(name, ErrEmbed)
		}
		text, err = c.edit(mod, path.Join(pkg, name), text)
		if err != nil {
			return nil, err
		}
		text, of, err := rewriteGo(name, dropConstraints(text), c.rename)
		if err != nil {
			return nil, fail(name, err)
		}
		if slices.Contains(of, "C") {
			return nil, fail(name, ErrCgo)
		}
		found = true
		c.out[path.Join(vendoredPath+pkg, name)] = text
		for _, p := range of {
			if outside, ok := strings.CutPrefix(p, vendoredPath); ok {
				imports = append(imports, outside)
			}
		}
	}
	if !found {
		return nil, fail("", ErrNoGoFiles)
	}
	return imports, nil
}

func (c *closure) dropped(pkg, file string) bool {
	for i, r := range c.rules {
		if r.Drop != "" && r.drops(pkg, file) {
			c.used[i] = true
			return true
		}
	}
	return false
}

// matches reports whether the name of a file and its constraints hold.
func (c *closure) matches(dir, name string, text []byte) (bool, error) {
	ctx := c.ctx
	ctx.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }
	return ctx.MatchFile(dir, name)
}

// edit applies the edits of a file.
func (c *closure) edit(mod module, file string, text []byte) ([]byte, error) {
	for i, r := range c.rules {
		if r.Edit.File != file {
			continue
		}
		var err error
		if text, err = applyEdit(text, r.Edit); err != nil {
			return nil, &ModuleError{Module: mod.String(), File: file, Rule: r.name(), Err: err}
		}
		c.used[i] = true
	}
	return text, nil
}

// rename is imageImport with the rules for imports before it.
func (c *closure) rename(path string) (string, bool) {
	for i, r := range c.rules {
		if r.Import == "" || r.Import != path {
			continue
		}
		c.used[i] = true
		if inside, ok := imageImport(r.With); ok {
			return inside, true
		}
		return r.With, true
	}
	return imageImport(path)
}

// dropConstraints empties the lines with build constraints, which hold: go
// build would judge them again, for the real processor. Line numbers stay.
func dropConstraints(text []byte) []byte {
	var out []byte
	rest := text
	for len(rest) > 0 {
		line, after, found := bytes.Cut(rest, []byte("\n"))
		trimmed := string(bytes.TrimSpace(line))
		if trimmed != "" && !strings.HasPrefix(trimmed, "//") {
			break
		}
		if !constraint.IsGoBuild(trimmed) && !constraint.IsPlusBuild(trimmed) {
			out = append(out, line...)
		}
		if found {
			out = append(out, '\n')
		}
		rest = after
	}
	return append(out, rest...)
}
