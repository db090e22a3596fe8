package main

import (
	"context"
	"flag"
	"fmt"
	"os"

	"unibench/harness/claims"
	"unibench/harness/paper"
)

// paper writes the numbers, tables and figures of the paper as definitions for TeX.
func (a *app) paper(_ context.Context, args []string) error {
	fs := flag.NewFlagSet("paper", flag.ContinueOnError)
	claimsFile := fs.String("claims", "", "claims `file` (default: paper/claims.toml beside the results)")
	class := fs.String("class", "", "host class whose runs are used (default: that of the newest run)")
	out := fs.String("o", "", "`file` to write (default: standard output)")
	words, err := a.parseMixed(fs, args)
	if err != nil {
		return helpIsFine(err)
	}
	root, err := resultsRoot(words, "paper")
	if err != nil {
		return err
	}
	list, err := readClaims(*claimsFile, root)
	if err != nil {
		return err
	}
	runs, err := loadAll([]string{root})
	if err != nil {
		return err
	}
	reports := &claims.Reports{}
	pinned, err := paper.Choose(list, runs, *class, reports)
	if err != nil {
		return err
	}
	if len(pinned) == 0 {
		return fmt.Errorf("%w: no stored run answers a claim: bench reproduce all says what they need", errInsufficient)
	}
	text, err := paper.Make(list, pinned, reports)
	if err != nil {
		return err
	}
	if *out == "" {
		_, err = a.stdout.Write(text)
	} else {
		err = os.WriteFile(*out, text, 0o644)
	}
	if err != nil {
		return fmt.Errorf("write the numbers of the paper: %w", err)
	}
	return nil
}
