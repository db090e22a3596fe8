package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"unibench/harness/compare"
	"unibench/harness/plot"
	"unibench/harness/record"
	"unibench/harness/report"
	"unibench/harness/table"
)

// publish derives tables, figures and the page from what is stored, and those of its two
// builds, if it has two, with o. It prints the table and names the files, on standard
// error where the table is JSON. A run without a complete trial has only a table of what
// is missing.
func (a *app) publish(w *record.Writer, o compare.Options, asJSON bool) error {
	d := w.Data()
	r, err := report.New(d, report.Options{})
	if err != nil {
		return err
	}
	written := []string{benchName(d), record.RunFile, record.HostFile, record.ScheduleFile, record.TrialsFile}
	put := func(name string, data []byte) error {
		written = append(written, name)
		return w.WriteFile(name, data)
	}
	for _, f := range table.Formats() {
		var b bytes.Buffer
		if err := r.Write(&b, f); err != nil {
			return fmt.Errorf("make table: %w", err)
		}
		if err := put(path.Join(record.TablesDir, d.Run.Suite+"."+tableSuffix(f)), b.Bytes()); err != nil {
			return err
		}
	}
	var plots []string
	if anyMeasured(d) {
		curves, err := latencies(d, r)
		if err != nil {
			return err
		}
		figures, err := plot.All(d, r, curves)
		if err != nil {
			return fmt.Errorf("make figures: %w", err)
		}
		for _, f := range figures {
			for _, format := range plot.Formats() {
				var b bytes.Buffer
				if err := f.Write(&b, format); err != nil {
					return fmt.Errorf("draw %s: %w", f.Name, err)
				}
				name := path.Join(record.PlotsDir, f.Name+"."+string(format))
				if err := put(name, b.Bytes()); err != nil {
					return err
				}
				if format == plot.SVG {
					plots = append(plots, name)
				}
			}
		}
	}
	builds, err := armsTables(d, o)
	if err != nil {
		return fmt.Errorf("make table of builds: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(builds)) {
		if err := put(name, builds[name]); err != nil {
			return err
		}
	}
	page, err := r.Page(d, plots)
	if err != nil {
		return fmt.Errorf("make page: %w", err)
	}
	if err := put(record.ReportFile, page); err != nil {
		return err
	}
	if err := w.Seal(); err != nil {
		return err
	}
	names := a.stdout
	if asJSON {
		names = a.stderr
		err = r.Write(a.stdout, table.JSON)
	} else {
		err = r.Brief().Write(a.stdout, table.Text)
		fmt.Fprintln(a.stdout)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(names, "results in %s:\n", shown(w.Dir()))
	for _, name := range append(written, record.SumsFile, record.RawDir+"/") {
		fmt.Fprintf(names, "  %s\n", name)
	}
	return nil
}

func benchName(d *record.Data) string { return d.Run.Suite + ".bench" }

func tableSuffix(f table.Format) string {
	switch f {
	case table.Text:
		return "txt"
	case table.TeX:
		return "tex"
	}
	return string(f)
}

// shown returns a path as the user would type it from the working folder.
func shown(dir string) string {
	wd, err := os.Getwd()
	if err != nil {
		return dir
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return dir
	}
	if rel, err := filepath.Rel(wd, abs); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return dir
}
