package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"unibench/harness/claims"
	"unibench/harness/record"
	"unibench/harness/report"
)

// Names of the files of the paper, in a folder beside that of the results.
const (
	paperDir   = "paper"
	claimsName = "claims.toml"
	valuesName = "values.tex"
)

// errPaper means that the numbers of the paper are not those of stored runs.
var errPaper = errors.New("the paper is not what stored runs say")

// besideResults returns the file of the paper that belongs to a results root.
func besideResults(results, name string) string {
	return filepath.Join(results, "..", paperDir, name)
}

// exists reports whether there is a file at path; other errors come up when it is read.
func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// readClaims reads the claims file at path, or beside results if path is empty.
func readClaims(path, results string) ([]claims.Claim, error) {
	if path == "" {
		path = besideResults(results, claimsName)
	}
	return claims.Read(path)
}

// choose returns the claims with the ids, all of them for none or "all".
func choose(list []claims.Claim, ids []string) ([]claims.Claim, error) {
	if len(ids) == 0 || slices.Equal(ids, []string{"all"}) {
		return list, nil
	}
	var known []string
	for _, c := range list {
		known = append(known, c.ID)
	}
	var out []claims.Claim
	for _, id := range ids {
		i := slices.Index(known, id)
		if i < 0 {
			return nil, usagef("unknown claim %q: choose all, or of %s", id, strings.Join(known, ", "))
		}
		out = append(out, list[i])
	}
	return out, nil
}

// ownBase is the verify.Reporter of a cache.
func ownBase(r *claims.Reports) func(*record.Data) (*report.Report, error) {
	return func(d *record.Data) (*report.Report, error) { return r.Of(d, "") }
}

// resultsRoot returns the folder that a command was given, or the usual one.
func resultsRoot(words []string, command string) (string, error) {
	switch len(words) {
	case 0:
		return "results", nil
	case 1:
		return words[0], nil
	}
	return "", usagef("%s takes one folder of results, got %q", command, strings.Join(words, " "))
}
