// Package inspect explains an image file: its segments, the Go release and
// build settings it was made with, which parts of the library OS the linker
// kept and how large they are, and which functions hold a raw SYSCALL
// instruction, which the library OS must trap (design.md section 2.2).
//
// It reads the ELF sections and the symbol tables that the Go linker writes.
// Functions come from Go's own table (.gopclntab), which survives -ldflags=-s
// and strip, so their sizes are always known; data symbols do not survive. The
// code of a function that was inlined counts for its caller. The package runs
// on the host, for people: images that are to be booted are checked by
// libos/image, which this package asks first.
package inspect

import (
	"cmp"
	"debug/buildinfo"
	"debug/elf"
	"debug/gosym"
	"errors"
	"fmt"
	"math"
	"os"
	"path"
	"slices"
	"strings"

	"unibench/libos/abi"
	"unibench/libos/image"
)

// A Report is what File found. Sizes are in bytes.
type Report struct {
	File     string    `json:"file"`
	Size     int64     `json:"size"`
	Version  uint32    `json:"image_version"`
	Entry    uint64    `json:"entry"`
	EntrySym string    `json:"entry_symbol,omitempty"`
	Segments []Segment `json:"segments"`

	GoVersion string    `json:"go_version,omitempty"`
	Path      string    `json:"path,omitempty"`   // import path of the program
	Module    string    `json:"module,omitempty"` // its module, with version
	Settings  []Setting `json:"settings,omitempty"`

	// Stripped says that there is no symbol table, so that Data of Parts is
	// unknown and 0.
	Stripped bool   `json:"stripped"`
	Parts    []Part `json:"parts"`
	// Other sums up all that is not in Parts: the program, and the standard
	// library as Go ships it.
	Other Part `json:"other"`

	Syscalls []Syscall `json:"syscalls"`
}

// A Segment is a loadable part of the file.
type Segment struct {
	VAddr  uint64 `json:"vaddr"`
	Offset uint64 `json:"offset"`
	FileSz uint64 `json:"filesz"`
	MemSz  uint64 `json:"memsz"`
	Rights string `json:"rights"` // as "r-x"
}

// A Setting is one of Go's build settings, such as -tags or vcs.revision.
type Setting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// A Part is a package of the library OS, or the functions of a package of the
// standard library that come from files of the library OS (Replaced).
type Part struct {
	Package   string `json:"package"`
	Replaced  bool   `json:"replaced,omitempty"`
	Functions int    `json:"functions"`
	Text      uint64 `json:"text"` // bytes of its functions
	Data      uint64 `json:"data"` // bytes of its data symbols
}

// File reads the image at name. replaced lists the files, as paths below
// GOROOT/src, that the library OS places into packages of the standard library
// (build.Placed). An error for which errors.Is finds image.ErrNotELF and the
// like says that the file is no image.
func File(name string, replaced []string) (*Report, error) {
	file, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read image: %w", err)
	}
	img, err := image.Read(file, image.Limits{Low: abi.ImageGPA, High: math.MaxInt64})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	r := &Report{
		File: name, Size: int64(len(file)), Version: abi.ImageVersion, Entry: img.Entry,
		Parts: []Part{}, Syscalls: []Syscall{},
	}
	for _, s := range img.Segments {
		r.Segments = append(r.Segments, Segment{s.VAddr, s.Offset, s.FileSz, s.MemSz, s.Flags.String()})
	}
	r.readBuildInfo(name)

	f, err := elf.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read sections of %s: %w", name, err)
	}
	defer f.Close()
	table, err := functionTable(f)
	if err != nil {
		return nil, fmt.Errorf("read functions of %s: %w", name, err)
	}
	syms, err := f.Symbols()
	r.Stripped = err != nil // the only reason is that there are none, or not readable
	r.measure(f, table, syms, replaced)
	code := func(from, to uint64) []byte { return bytesAt(file, img, from, to) }
	r.Syscalls = append(r.Syscalls, findSyscalls(table, code)...)
	return r, nil
}

// readBuildInfo fills in what the Go linker recorded; a program may lack it.
func (r *Report) readBuildInfo(name string) {
	info, err := buildinfo.ReadFile(name)
	if err != nil {
		return
	}
	r.GoVersion, r.Path = info.GoVersion, info.Path
	if info.Main.Path != "" {
		r.Module = strings.TrimSpace(info.Main.Path + " " + info.Main.Version)
	}
	for _, s := range info.Settings {
		r.Settings = append(r.Settings, Setting{s.Key, s.Value})
	}
}

// functionTable reads Go's table of functions.
func functionTable(f *elf.File) (*gosym.Table, error) {
	lines, text := f.Section(".gopclntab"), f.Section(".text")
	if lines == nil || text == nil {
		return nil, errors.New("no section headers: use the image as the linker wrote it")
	}
	data, err := lines.Data()
	if err != nil {
		return nil, fmt.Errorf("section .gopclntab: %w", err)
	}
	return gosym.NewTable(nil, gosym.NewLineTable(data, text.Addr))
}

// bytesAt returns the file's bytes for the addresses from up to to, or nil.
func bytesAt(file []byte, img image.Image, from, to uint64) []byte {
	for _, s := range img.Segments {
		if from >= s.VAddr && from <= to && to-s.VAddr <= s.FileSz {
			return file[s.Offset+(from-s.VAddr) : s.Offset+(to-s.VAddr)]
		}
	}
	return nil
}

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
		p := part(pkg, !isGuest(pkg) && isReplaced(file, replaced))
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

// isReplaced reports whether file, a source file as the linker records it,
// is one of the paths in replaced. With -trimpath, the recorded path is that
// below GOROOT/src; without, all of it.
func isReplaced(file string, replaced []string) bool {
	for _, name := range replaced {
		if rest, ok := strings.CutSuffix(file, name); ok && (rest == "" || strings.HasSuffix(rest, "/src/")) {
			return true
		}
	}
	return false
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
