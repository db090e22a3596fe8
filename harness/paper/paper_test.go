package paper_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"unibench/harness/claims"
	"unibench/harness/paper"
	"unibench/harness/record"
	"unibench/harness/record/recordtest"
)

// run is a made-up run in which a unikernel takes four times as long.
func run(class string, day int) *record.Data {
	d := recordtest.Spec{
		HostClass: class, Seed: uint64(day),
		Value: func(s record.Slot, unit string, rng *rand.Rand) (float64, bool) {
			v := 1e6 + 1e4*rng.Float64()
			if s.Target == "unikernel" {
				v *= 4
			}
			return math.Round(v), true
		},
	}.Data()
	d.Run.Start = d.Run.Start.AddDate(0, 0, day)
	return d
}

func list(t *testing.T) []claims.Claim {
	t.Helper()
	c, err := claims.Parse([]byte(`version = 1
[[claim]]
id = "slower"
statement = "100 % of it & more is slower"
published = "4 times"
source = "a_b"
needs = "bench run -suite boot"
[[claim.query]]
name = "start"
suite = "boot"
benchmark = "Hello"
target = "unikernel"
base = "process"
unit = "boot-first-ns"
statistic = "ratio"
at_least = 3
[[claim.query]]
name = "absolute"
suite = "boot"
benchmark = "Hello"
target = "unikernel"
unit = "boot-first-ns"
statistic = "median"
at_most = 1
[[claim]]
id = "other"
statement = "s"
published = "p"
source = "s"
untested = "no way"
`))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestMake(t *testing.T) {
	runs := []*record.Data{run("a-2c", 0), run("a-2c", 2), run("b-2c", 1)}
	reports := &claims.Reports{}
	for class, want := range map[string]*record.Data{"": runs[1], "a-2c": runs[1], "b-2c": runs[2]} {
		got, err := paper.Choose(list(t), runs, class, reports)
		if err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("Choose(%q) = %v, %v", class, got, err)
		}
	}
	text, err := paper.Make(list(t), runs[1:2], reports)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"\n% run " + runs[1].Run.Dir() + "\n",
		"\n% slower/start: ratio of Hello boot-first-ns unikernel/process, " + runs[1].Run.Dir() + "\n\\ubset{slower/start/value}{4.00$\\times$}\n",
		`\ubset{slower/absolute/value}{4.02\,ms}`,
		`\ubset{slower/verdict}{not confirmed}`,
		`\ubset{claims/not-tested-yet}{1}`,
		`100 \% of it \& more`, `a\_b`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	pins, err := paper.ParsePins(text)
	if err != nil || !slices.Equal(pins, paper.Pins{runs[1].Run.Dir()}) {
		t.Errorf("pins %v, %v", pins, err)
	}
	if got, err := pins.Select(runs); err != nil || len(got) != 1 || got[0] != runs[1] {
		t.Errorf("Select = %v, %v", got, err)
	}
	if _, err := pins.Select(runs[:1]); err == nil || !strings.Contains(err.Error(), "not among the valid stored runs") {
		t.Errorf("a run that is gone: %v", err)
	}
	if n := paper.Count(text); n != strings.Count(string(text), `\ubset`) {
		t.Errorf("Count = %d", n)
	}
	again, err := paper.Make(list(t), runs[1:2], &claims.Reports{})
	if err != nil || !bytes.Equal(text, again) {
		t.Errorf("made twice, it differs: %v", err)
	}
}

func FuzzParsePins(f *testing.F) {
	f.Add([]byte("% run a/b/c\n\\ubset{x}{y}\n"))
	f.Add([]byte("% run ../b/c\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		pins, err := paper.ParsePins(data)
		if (err == nil) != (len(pins) > 0) {
			t.Fatalf("%v, %v", pins, err)
		}
		for _, p := range pins {
			if strings.HasPrefix(p, "/") || strings.Contains(p, "\n") {
				t.Fatalf("pin %q", p)
			}
		}
	})
}

// TestTextHasNoNumbers: what the paper says in digits comes from values.tex.
func TestTextHasNoNumbers(t *testing.T) {
	data, err := os.ReadFile("../../paper/paper.tex")
	if err != nil {
		t.Fatal(err)
	}
	_, body, ok := strings.Cut(string(data), `\begin{document}`)
	if !ok {
		t.Fatal("paper.tex has no document")
	}
	body = regexp.MustCompile(`(?m)(^|[^\\])%.*$`).ReplaceAllString(body, "$1")
	// Keys, references, lengths and options of layout are not text.
	body = regexp.MustCompile(`\\(ub|ubif|ubplot|label|ref|begin|vspace|setlength)(\[[^]]*\])?\{[^}]*\}(\{[^}]*\})?`).ReplaceAllStringFunc(body, func(s string) string {
		if strings.HasPrefix(s, `\ubif{`) { // keeps the text of its first branch
			return s[strings.Index(s, "}")+1:]
		}
		return ""
	})
	for i, line := range strings.Split(body, "\n") {
		if regexp.MustCompile(`[0-9]`).MatchString(line) {
			t.Errorf("line %d after \\begin{document} has a number that is typed: %s", i+1, line)
		}
	}
}
