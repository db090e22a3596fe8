package report

import (
	"bytes"
	"fmt"
	"path"
	"strings"

	"unibench/harness/record"
	"unibench/harness/table"
)

// Page renders REPORT.md, the page that stands in a results folder: what was
// measured, the tables, the plots (paths relative to the folder), how to
// reproduce, limits.
func (r *Report) Page(d *record.Data, plots []string) ([]byte, error) {
	run := &d.Run
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Suite %s on %s, %s\n\n## What was measured\n\n", run.Suite, run.HostClass, r.Start)
	fmt.Fprintf(&b, "%d benchmarks on %s, %d measured trials each planned; one trial is one fresh start.\n\n",
		len(run.Benchmarks), strings.Join(r.Targets, ", "), run.Count)
	for _, u := range byWeight(run.Units) {
		doc := u.Doc
		if doc == "" {
			doc = "no description"
		}
		mark := ""
		if u.Primary {
			mark = " (primary)"
		}
		fmt.Fprintf(&b, "- `%s`%s: %s\n", u.Name, mark, doc)
	}
	writeSummary(&b, r.Summary())
	b.WriteString("\n## Result\n\n")
	if err := r.Write(&b, table.Markdown); err != nil {
		return nil, err
	}
	for _, p := range plots {
		fmt.Fprintf(&b, "\n![%s](%s)\n", strings.TrimSuffix(path.Base(p), path.Ext(p)), p)
	}
	b.WriteString("\n## How to reproduce\n\nAt the commit named above, on a host of the same class:\n\n")
	fmt.Fprintf(&b, "    %s\n\n", Command(run))
	fmt.Fprintf(&b, "The order of the trials follows from seed %d and is kept in `%s`. The same comparison with the\n"+
		"stock tool: `benchstat -col /target %s.bench`. The numbers above again: `bench stat` and this folder.\n",
		run.Seed, record.ScheduleFile, run.Suite)
	if len(run.Artefacts) > 0 {
		b.WriteString("\nArtefacts:\n\n")
		for _, a := range run.Artefacts {
			name := a.Name
			if a.Target != "" {
				name += " (" + a.Target + ")"
			}
			fmt.Fprintf(&b, "- %s: %d bytes, sha256 %s\n", name, a.Bytes, a.SHA256)
		}
	}
	b.WriteString("\n## Limits\n\n")
	fmt.Fprint(&b, "The numbers hold for this host class, these workloads and this configuration (`run.json`,\n"+
		"`host.json`), within the fairness and host notes below the tables. They say nothing about other\n"+
		"hosts, other programs or another load.\n")
	if r.Estimate != "" {
		fmt.Fprintf(&b, "They are estimates: %s.\n", r.Estimate)
	}
	return b.Bytes(), nil
}

// writeSummary writes the sentences as a paragraph and a list.
func writeSummary(b *bytes.Buffer, s Summary) {
	fmt.Fprintf(b, "\n## Summary\n\n%s\n", strings.Join(s.Lead, " "))
	for i, f := range s.Findings {
		if i == 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(b, "- %s\n", f.Text)
	}
}

// Command returns the command line of the run with its seed, shell-quoted where
// needed.
func Command(run *record.Run) string {
	args := run.Argv
	if len(args) == 0 {
		args = []string{"bench", "run", "--suite", run.Suite}
	}
	var out []string
	seeded := false
	for i := 0; i < len(args); i++ {
		a := args[i]
		if i == 0 {
			out = append(out, "./scripts/"+path.Base(a))
			continue
		}
		name, _, joined := strings.Cut(strings.TrimLeft(a, "-"), "=")
		flag := strings.HasPrefix(a, "-")
		if flag && name == "out" { // where the folder was put does not matter
			if !joined {
				i++
			}
			continue
		}
		seeded = seeded || flag && name == "seed"
		out = append(out, quote(a))
	}
	if !seeded {
		out = append(out, fmt.Sprintf("-seed %d", run.Seed))
	}
	return strings.Join(out, " ")
}

func quote(s string) string {
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=,:@%+", r))
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
