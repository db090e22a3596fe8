package inspect

import (
	"cmp"
	"debug/elf"
	"debug/gosym"
	"path"
	"slices"
	"strings"
)

// measure fills in Parts, Other and EntrySym.
func (r *Report) measure(f *elf.File, table *gosym.Table, syms []elf.Symbol, replaced []string) {
	type key struct {
		pkg      string
		replaced bool
	}
	parts := map[key]*Part{}
	part := func(pkg string, isReplaced bool) *Part {
		if !isReplaced && !isGuest(pkg) {
			return &r.Other
		}
		k := key{pkg, isReplaced}
		if parts[k] == nil {
			parts[k] = &Part{Package: pkg, Replaced: isReplaced}
		}
		return parts[k]
	}
	for i := range table.Funcs {
		fn := &table.Funcs[i]
		pkg := packageOf(fn.Name)
		file, _, _ := table.PCToLine(fn.Entry)
		from, isReplaced := placedFile(file, replaced)
		if pkg == "" {
			pkg = path.Dir(from) // assembly functions may have no package in their names
		}
		p := part(pkg, isReplaced && !isGuest(pkg))
		p.Functions++
		p.Text += fn.End - fn.Entry
		if r.Entry >= fn.Entry && r.Entry < fn.End {
			r.EntrySym = fn.Name
		}
	}
	for _, s := range syms {
		if elf.ST_TYPE(s.Info) == elf.STT_OBJECT && int(s.Section) < len(f.Sections) {
			part(packageOf(s.Name), false).Data += s.Size
		}
	}
	for _, p := range parts {
		r.Parts = append(r.Parts, *p)
	}
	slices.SortFunc(r.Parts, func(a, b Part) int {
		return cmp.Or(cmp.Compare(a.Package, b.Package), cmp.Compare(b2i(a.Replaced), b2i(b.Replaced)))
	})
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// isGuest reports whether pkg is a package of the library OS.
func isGuest(pkg string) bool { return strings.HasPrefix(pkg, "internal/libos/") }

// placedFile returns which of the paths in replaced the source file is, as the
// linker records it: with -trimpath, that is the path below GOROOT/src;
// without, all of it.
func placedFile(file string, replaced []string) (string, bool) {
	for _, name := range replaced {
		if rest, ok := strings.CutSuffix(file, name); ok && (rest == "" || strings.HasSuffix(rest, "/src/")) {
			return name, true
		}
	}
	return "", false
}

// packageOf returns the import path at the start of a symbol's name, or "".
// Type arguments, in brackets, may hold paths of their own.
func packageOf(symbol string) string {
	for _, prefix := range []string{"type:", "go:", "type..", "go.", "$"} {
		if strings.HasPrefix(symbol, prefix) {
			return ""
		}
	}
	name, _, _ := strings.Cut(symbol, "[")
	dir, elem := path.Split(name)
	pkg, _, ok := strings.Cut(elem, ".")
	if !ok {
		return ""
	}
	return dir + pkg
}
