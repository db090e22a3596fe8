package inspect

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// vendored begins the names of packages of other modules in the library OS. They
// are written by their own names, which differ from all others.
const vendored = "internal/libos/vendored/"

// WriteText writes the report for people to read.
func (r *Report) WriteText(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintf(tw, "image\t%s\n", r.File)
	fmt.Fprintf(tw, "size\t%d bytes\n", r.Size)
	fmt.Fprintf(tw, "version\t%d\n", r.Version)
	fmt.Fprintf(tw, "entry\t%#x %s\n", r.Entry, r.EntrySym)
	fmt.Fprintf(tw, "go\t%s\n", r.GoVersion)
	fmt.Fprintf(tw, "package\t%s\n", r.Path)
	fmt.Fprintf(tw, "module\t%s\n", r.Module)
	for _, s := range r.Settings {
		fmt.Fprintf(tw, "build\t%s=%s\n", s.Key, s.Value)
	}
	if err := tw.Flush(); err != nil {
		return err
	}

	fmt.Fprintf(tw, "\nsegments\naddress\tfile offset\tin file\tin memory\trights\n")
	for _, s := range r.Segments {
		fmt.Fprintf(tw, "%#x\t%#x\t%d\t%d\t%s\n", s.VAddr, s.Offset, s.FileSz, s.MemSz, s.Rights)
	}
	if err := tw.Flush(); err != nil {
		return err
	}

	fmt.Fprintf(tw, "\nlinked parts of the library OS (bytes)\npackage\tfunctions\ttext\tdata\n")
	for _, p := range append(r.Parts, Part{Package: "everything else", Functions: r.Other.Functions, Text: r.Other.Text, Data: r.Other.Data}) {
		data := strconv.FormatUint(p.Data, 10)
		if r.Stripped || p.Replaced {
			data = "-"
		}
		name := strings.TrimPrefix(p.Package, vendored)
		if p.Replaced {
			name += " (replaced files)"
		}
		fmt.Fprintf(tw, "%s\t%d\t%d\t%s\n", name, p.Functions, p.Text, data)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	if r.Stripped {
		fmt.Fprintf(w, "the image has no symbol table (-ldflags=-s): sizes of data are not known\n")
	}

	fmt.Fprintf(tw, "\nSYSCALL instructions: %d\n", len(r.Syscalls))
	for _, s := range r.Syscalls {
		note := ""
		if s.Uncertain {
			note = "uncertain: after an instruction that was not understood"
		}
		fmt.Fprintf(tw, "%#x\t%s\t%s\n", s.Address, s.Function, note)
	}
	return tw.Flush()
}
