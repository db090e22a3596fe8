package main

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"unibench/harness/compare"
	"unibench/harness/host"
	"unibench/harness/record"
	"unibench/harness/suite"
	"unibench/harness/target"
	"unibench/harness/trial"
)

// resultsDir is where stored runs are if no other folder is named.
const resultsDir = "results"

// values returns the choices for the value of a flag, each with prefix before it.
func (a *app) values(c command, fs *flag.FlagSet, l line, name, value, prefix string) choices {
	out, list := a.flagValues(c, fs, l, name, value)
	if list {
		out = extend(out, value)
	}
	for i := range out.words {
		out.words[i].word = prefix + out.words[i].word
	}
	return out
}

// flagValues knows the flags whose values come from a set. list says that several may
// be named, with commas between them.
func (a *app) flagValues(c command, fs *flag.FlagSet, l line, name, value string) (out choices, list bool) {
	switch name {
	case "suite":
		for _, s := range suite.All() {
			out.words = append(out.words, choice{s.Name, s.Doc})
		}
		return out, c.name == "selftest"
	case "run":
		if s, ok := suite.Find(l.given["suite"]); ok && takesValue(fs, name) {
			for _, b := range s.Benchmarks {
				out.words = append(out.words, choice{b.Name, b.Doc})
			}
		}
		return out, false
	case "targets":
		return plain(target.Names()...), true
	case "base":
		return plain(target.Names()...), false
	case "format":
		return plain(strings.Split(formats(), ", ")...), false
	case "order":
		return plain(trial.Random, trial.ABBA), false
	case "runtime":
		return plain(target.Runtimes()...), false
	case "correct":
		return plain(compare.Holm, compare.None), false
	case "allow":
		if c.name == "compare" {
			return plain(compare.Rules()...), true
		}
		return plain(host.Rules()...), true
	case "class":
		return plain(storedClasses()...), false
	case "resume":
		if c.name == "selftest" { // a folder of several runs
			return files(), false
		}
		return storedRuns(value, func(dir string) bool { return !exists(filepath.Join(dir, record.SumsFile)) }), false
	case "baseline":
		if c.name == "export" {
			return storedRuns(value, nil), false
		}
		return files(), false
	}
	if f := fs.Lookup(name); f != nil {
		if kind, _ := flag.UnquoteUsage(f); kind == "file" || kind == "folder" {
			return files(), false
		}
	}
	return choices{}, false
}

// extend makes choices for the last part of a list out of those for one word; what
// the list has already is left out.
func extend(c choices, value string) choices {
	at := strings.LastIndexByte(value, ',') + 1
	had := strings.Split(value[:at], ",")
	var out choices
	for _, w := range c.words {
		if !slices.Contains(had, w.word) {
			out.words = append(out.words, choice{value[:at] + w.word, w.means})
		}
	}
	return out
}

// arguments returns the choices for a word that is no flag.
func (a *app) arguments(c command, l line, value string) choices {
	switch c.name {
	case "help":
		out := commandChoices()
		out.words = append(out.words, choice{jsonTopic, "the fields of what -json prints"})
		return out
	case "completion":
		return plain(shells()...)
	case "stat", "report", "compare", "export":
		return storedRuns(value, func(dir string) bool { return !slices.Contains(l.words, dir) })
	case "trend", "verify", "serve", "paper":
		return files()
	case "reproduce":
		results := resultsDir
		if named := l.given["results"]; named != "" {
			results = named
		}
		out := choices{words: []choice{{"all", "every claim"}}}
		list, err := readClaims(l.given["claims"], results)
		if err != nil { // there is nothing to say it to
			return out
		}
		for _, claim := range list {
			if !slices.Contains(l.words, claim.ID) {
				out.words = append(out.words, choice{claim.ID, strings.Join(strings.Fields(claim.Statement), " ")})
			}
		}
		return out
	}
	return choices{}
}

// storedClasses are the host classes of the runs where they usually are.
func storedClasses() []string {
	var out []string
	dirs, err := record.Find(resultsDir)
	if err != nil { // no results, no classes
		return nil
	}
	for _, dir := range dirs {
		out = append(out, filepath.Base(filepath.Dir(dir)))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// storedLevels is how far below what is typed runs are looked for: suite, class, run.
const storedLevels = 3

// storedRuns are the runs whose folders begin with what is typed, those where runs
// usually are if that is nothing, newest first; if there are none, names of files, by
// which a folder with some can be found.
func storedRuns(typed string, keep func(dir string) bool) choices {
	prefix := typed
	if prefix == "" {
		prefix = resultsDir + string(filepath.Separator)
	}
	// Not from the root: its levels below hold everything.
	var found []string
	for level := range storedLevels {
		if filepath.Dir(prefix) == "/" {
			break
		}
		names, err := filepath.Glob(quoteGlob(prefix) + "*" + strings.Repeat("/*", level) + "/" + record.RunFile)
		if err != nil {
			return files()
		}
		found = append(found, names...)
	}
	slices.SortFunc(found, func(a, b string) int {
		return strings.Compare(filepath.Base(filepath.Dir(b)), filepath.Base(filepath.Dir(a)))
	})
	var out choices
	for _, name := range found {
		dir := filepath.Dir(name)
		// Others have such a file, too; a run also has one of trials.
		if _, err := os.Stat(filepath.Join(dir, record.TrialsFile)); err == nil && (keep == nil || keep(dir)) && strings.HasPrefix(dir, typed) {
			out.words = append(out.words, choice{word: dir})
		}
	}
	if len(out.words) == 0 {
		return files()
	}
	return out
}

// quoteGlob makes a pattern that matches s alone; see filepath.Match.
func quoteGlob(s string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(s)
}
