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
	"debug/buildinfo"
	"debug/elf"
	"debug/gosym"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"

	"unibench/libos/abi"
	"unibench/libos/image"
)

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
