package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"unibench/harness/claims"
	"unibench/harness/noise"
	"unibench/harness/paper"
	"unibench/harness/record"
	"unibench/harness/verify"
)

// verification is what bench verify -json prints.
type verification struct {
	Runs     []verify.Result  `json:"runs"`  // and other folders with digests
	Noise    []string         `json:"noise"` // floors that were read
	Verdicts []claims.Verdict `json:"verdicts"`
	Values   int              `json:"values"` // of the paper, computed again
	Errors   []string         `json:"errors"` // empty where everything is as it was
}

// verifyAll computes everything that is stored or printed again.
func (a *app) verifyAll(_ context.Context, args []string) error {
	fs := flag.NewFlagSet("verify", flag.ContinueOnError)
	claimsFile := fs.String("claims", "", "claims `file` (default: paper/claims.toml beside the results, if there is one)")
	valuesFile := fs.String("values", "", "`file` with the numbers of the paper (default: values.tex beside the claims, if there is one)")
	asJSON := fs.Bool("json", false, "print JSON")
	words, err := a.parseMixed(fs, args)
	if err != nil {
		return helpIsFine(err)
	}
	root, err := resultsRoot(words, "verify")
	if err != nil {
		return err
	}
	var v verification
	reports := &claims.Reports{}
	v.Runs, err = verify.Tree(root, ownBase(reports))
	damaged := err != nil
	errs := []error{err}
	var runs []*record.Data
	for i := range v.Runs {
		if d := v.Runs[i].Data; d != nil {
			runs = append(runs, d)
		}
		v.Runs[i].Dir = shown(v.Runs[i].Dir)
	}
	floors, err := filepath.Glob(filepath.Join(filepath.Dir(noise.Path(root, "x")), "*.json"))
	errs = append(errs, err)
	for _, path := range floors {
		_, err := noise.Read(path)
		errs = append(errs, err)
		v.Noise = append(v.Noise, shown(path))
	}
	path := *claimsFile
	if path == "" {
		path = besideResults(root, claimsName)
	}
	// Without a run that is damaged, the numbers that came from it must differ, too.
	if !damaged && (*claimsFile != "" || exists(path)) {
		errs = append(errs, v.paper(path, *valuesFile, runs, reports))
	}
	err = errors.Join(errs...)
	switch {
	case *asJSON:
		v.Errors = []string{}
		if err != nil {
			v.Errors = strings.Split(message(err), "\n")
		}
		return errors.Join(err, writeJSON(a.stdout, v))
	case err == nil:
		v.print(a)
	}
	return err
}

// paper evaluates the claims and computes the numbers of the paper again.
func (v *verification) paper(claimsFile, valuesFile string, runs []*record.Data, reports *claims.Reports) error {
	list, err := claims.Read(claimsFile)
	if err != nil {
		return err
	}
	if v.Verdicts, err = claims.Evaluate(list, runs, reports); err != nil {
		return err
	}
	path := valuesFile
	if path == "" {
		path = filepath.Join(filepath.Dir(claimsFile), valuesName)
	}
	if valuesFile == "" && !exists(path) {
		return nil
	}
	stored, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read the numbers of the paper: %w (write them with bench paper -o FILE)", err)
	}
	pins, err := paper.ParsePins(stored)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", errPaper, shown(path), err)
	}
	pinned, err := pins.Select(runs)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", errPaper, shown(path), err)
	}
	made, err := paper.Make(list, pinned, reports)
	if err != nil {
		return err
	}
	was, now := bytes.Split(stored, []byte("\n")), bytes.Split(made, []byte("\n"))
	for i := range max(len(was), len(now)) {
		var x, y []byte
		if i < len(was) {
			x = was[i]
		}
		if i < len(now) {
			y = now[i]
		}
		if !bytes.Equal(x, y) {
			return fmt.Errorf("%w: %s:%d: %q is %q from the runs that the file names and %s (restore what was changed; "+
				"after a change of the claims, make the file anew with bench paper -o)", errPaper, shown(path), i+1, x, y, shown(claimsFile))
		}
	}
	v.Values = paper.Count(stored)
	return nil
}

func (v *verification) print(a *app) {
	for _, r := range v.Runs {
		if r.Data == nil {
			fmt.Fprintf(a.stdout, "ok  %s: %d files\n", r.Dir, r.Files)
			continue
		}
		failed := ""
		if r.Failed > 0 {
			failed = fmt.Sprintf(" (%d not complete, as recorded)", r.Failed)
		}
		fmt.Fprintf(a.stdout, "ok  %s: %d trials%s, %d files, %d tables computed again\n", r.Dir, r.Trials, failed, r.Files, r.Tables)
	}
	for _, path := range v.Noise {
		fmt.Fprintf(a.stdout, "ok  %s: a noise floor\n", path)
	}
	if v.Verdicts == nil {
		fmt.Fprintln(a.stdout, "no claims file: no number of a paper was looked at")
		return
	}
	fmt.Fprintf(a.stdout, "ok  %s\n", claims.Summary(v.Verdicts))
	if v.Values > 0 {
		fmt.Fprintf(a.stdout, "ok  paper: %d values computed again\n", v.Values)
	}
}
