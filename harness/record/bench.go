package record

import (
	"bytes"
	"fmt"
	"slices"
	"sort"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// benchFile is the name of the benchfmt file of a suite.
func benchFile(suite string) string { return suite + ".bench" }

// FileKeys returns the file keys of the .bench file in order, empty ones
// left out.
func (r *Run) FileKeys() [][2]string {
	all := [][2]string{
		{"format", fmt.Sprint("unibench-", SchemaVersion)},
		{"suite", r.Suite},
		{"goos", r.Keys.GOOS},
		{"goarch", r.Keys.GOARCH},
		{"cpu", r.Keys.CPU},
		{"host-class", r.HostClass},
		{"vmm", r.Keys.VMM},
		{"go", r.Keys.Go},
	}
	var out [][2]string
	for _, kv := range all {
		if kv[1] != "" {
			out = append(out, kv)
		}
	}
	return out
}

// benchHeader returns everything of the .bench file that comes before the first
// result: comments with the volatile facts, Unit lines, then file keys.
func (r *Run) benchHeader() ([]byte, error) {
	var buf bytes.Buffer
	commit := r.Commit
	if commit == "" {
		commit = "none"
	}
	fmt.Fprintf(&buf, "# unibench suite %s: one result line is one trial, a fresh start of the target.\n", r.Suite)
	fmt.Fprintf(&buf, "# start %s commit %s dirty %v seed %d order %s count %d\n",
		r.Start.UTC().Format("2006-01-02T15:04:05Z"), commit, r.Dirty, r.Seed, comment(r.Order), r.Count)
	w := benchfmt.NewWriter(&buf)
	for _, u := range r.Units {
		if u.Better != "" {
			if err := writeUnit(w, u.Name, "better", u.Better); err != nil {
				return nil, err
			}
		}
		if u.Exact {
			if err := writeUnit(w, u.Name, "assume", "exact"); err != nil {
				return nil, err
			}
		}
	}
	buf.WriteByte('\n')
	for _, kv := range r.FileKeys() {
		fmt.Fprintf(&buf, "%s: %s\n", kv[0], kv[1])
	}
	buf.WriteByte('\n')
	return buf.Bytes(), nil
}

func writeUnit(w *benchfmt.Writer, unit, key, value string) error {
	return w.Write(&benchfmt.UnitMetadata{
		UnitMetadataKey: benchfmt.UnitMetadataKey{Key: key},
		OrigUnit:        unit,
		Value:           value,
	})
}

// Line returns the name of b on target as it stands in a .bench file, without
// the leading "Benchmark": Hello/target=process-2. more are further parameters.
func (b *Benchmark) Line(target string, more ...Param) string {
	var s strings.Builder
	s.WriteString(b.Name + "/target=" + target)
	for _, p := range slices.Concat(b.Params, more) {
		s.WriteString("/" + p.Key + "=" + p.Value)
	}
	fmt.Fprintf(&s, "-%d", b.Procs)
	return s.String()
}

// benchLine returns what t adds to the .bench file: a result line for a
// complete trial and each of its points, a comment for a failed one, nothing for
// a warm-up.
func (r *Run) benchLine(t *Trial) ([]byte, error) {
	if t.WarmUp {
		return nil, nil
	}
	b, ok := r.Benchmark(t.Benchmark)
	if !ok {
		return nil, fmt.Errorf("benchmark %q is not one of the run", t.Benchmark)
	}
	if t.Status != Complete {
		return fmt.Appendf(nil, "# block %d: %s: %s\n", t.Block, b.Line(t.Target), t.Status), nil
	}
	var buf bytes.Buffer
	w := benchfmt.NewWriter(&buf)
	if err := r.writeResult(w, b.Line(t.Target), t.Iters, t.Values); err != nil {
		return nil, err
	}
	for _, p := range t.Points {
		if err := r.writeResult(w, b.Line(t.Target, p.Params...), p.Iters, p.Values); err != nil {
			return nil, err
		}
	}
	return buf.Bytes(), nil
}

// writeResult writes one result line, values in the order of the units.
func (r *Run) writeResult(w *benchfmt.Writer, name string, iters int, values map[string]float64) error {
	res := benchfmt.Result{Name: benchfmt.Name(name), Iters: iters}
	for _, u := range r.Units {
		if v, ok := values[u.Name]; ok {
			res.Values = append(res.Values, benchfmt.Value{Value: v, Unit: u.Name})
		}
	}
	return w.Write(&res)
}

// benchBytes returns the whole .bench file that trials lead to.
func (r *Run) benchBytes(trials []Trial) ([]byte, error) {
	out, err := r.benchHeader()
	if err != nil {
		return nil, err
	}
	for i := range trials {
		line, err := r.benchLine(&trials[i])
		if err != nil {
			return nil, err
		}
		out = append(out, line...)
	}
	return out, nil
}

// Bench returns the whole .bench file that the trials lead to.
func (d *Data) Bench() ([]byte, error) { return d.Run.benchBytes(d.Trials) }

// comment makes s safe to stand in a comment line.
func comment(s string) string {
	return strings.Join(strings.Fields(s), " ")
}

// sortedKeys returns the keys of m in order.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
