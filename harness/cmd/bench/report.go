package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"unibench/harness/page"
	"unibench/harness/plot"
	"unibench/harness/record"
	"unibench/harness/report"
)

// toStdout is the file name that stands for standard output.
const toStdout = "-"

// report writes one stored run as a page, and as Markdown beside it.
func (a *app) report(_ context.Context, args []string) error {
	fs := flag.NewFlagSet("report", flag.ContinueOnError)
	out := fs.String("o", "report.html", "HTML `file` to write; the Markdown file stands beside it, and "+toStdout+" is the HTML on standard output alone")
	base := fs.String("base", "", "target to compare with (default: that of the run)")
	dirs, err := a.parseMixed(fs, args)
	if err != nil {
		return helpIsFine(err)
	}
	if len(dirs) != 1 {
		return usagef("report needs the folder of one run, such as results/boot/CLASS/TIME-COMMIT, got %d", len(dirs))
	}
	markdown := strings.TrimSuffix(*out, filepath.Ext(*out)) + ".md"
	if *out == markdown {
		return usagef("-o %s: name the HTML file, such as report.html; the Markdown file stands beside it", *out)
	}
	dir := dirs[0]
	for _, name := range []string{*out, markdown} {
		if *out != toStdout && stored(dir, name) {
			return usagef("-o %s: stored runs are not changed: name a file outside of %s", *out, dir)
		}
	}
	d, r, err := loadReport(dir, *base)
	if err != nil {
		return err
	}
	curves, err := latencies(d, r)
	if err != nil {
		return err
	}
	from := "."
	if *out != toStdout {
		from = filepath.Dir(*out)
	}
	var html bytes.Buffer
	if err := page.Report(&html, d, r, page.Options{Latencies: curves, File: relativeTo(from, dir)}); err != nil {
		return err
	}
	if *out == toStdout {
		_, err := a.stdout.Write(html.Bytes())
		return err
	}
	md, err := r.Page(d, storedPlots(from, dir))
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{*out, html.Bytes()}, {markdown, md}} {
		if err := os.WriteFile(f.name, f.data, 0o644); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
		fmt.Fprintln(a.stdout, shown(f.name))
	}
	return nil
}

// loadReport reads a run that has something to report, verifies it, and computes the
// report.
func loadReport(dir, base string) (*record.Data, *report.Report, error) {
	d, _, err := record.Read(dir)
	if err != nil {
		return nil, nil, err
	}
	if err := checkBase(d, base, dir); err != nil {
		return nil, nil, err
	}
	if !anyMeasured(d) {
		return nil, nil, fmt.Errorf("%w: %s has no complete trial: continue it with bench run -resume", errInsufficient, dir)
	}
	r, err := report.New(d, report.Options{Base: base})
	return d, r, err
}

// stored reports whether name is in the folder of a run.
func stored(dir, name string) bool {
	rel, ok := relative(dir, name)
	return ok && filepath.IsLocal(rel)
}

// relative returns how to get from a folder to a file.
func relative(from, to string) (string, bool) {
	a, err := filepath.Abs(from)
	if err != nil {
		return "", false
	}
	b, err := filepath.Abs(to)
	if err != nil {
		return "", false
	}
	rel, err := filepath.Rel(a, b)
	return rel, err == nil
}

// relativeTo returns the links from a page in folder from to files of a run.
func relativeTo(from, dir string) func(string) string {
	return func(name string) string {
		path := filepath.Join(dir, name)
		if _, err := os.Stat(path); err != nil {
			return ""
		}
		rel, ok := relative(from, path)
		if !ok {
			return ""
		}
		return "./" + filepath.ToSlash(rel)
	}
}

// storedPlots are the figures of a run, for a page in folder from.
func storedPlots(from, dir string) []string {
	names, err := filepath.Glob(filepath.Join(dir, record.PlotsDir, "*."+string(plot.SVG)))
	if err != nil {
		return nil // the folder's name is a pattern that is none: then there are no links
	}
	var out []string
	for _, name := range names {
		if rel, ok := relative(from, name); ok {
			out = append(out, filepath.ToSlash(rel))
		}
	}
	return out
}
