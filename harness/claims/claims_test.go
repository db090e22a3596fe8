package claims_test

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"unibench/harness/claims"
	"unibench/harness/record"
	"unibench/harness/record/recordtest"
	"unibench/harness/report"
	"unibench/harness/table"
)

// good is a claim with everything that one may have.
const good = `# comment
version = 1

[[claim]]
id = "boot"
statement = "It \"boots\" \\ fast."
published = "1 ms"
source = "paper, table 1"
needs = "bench run -suite boot -run '^Hello World$'"
note = "n"
  [[claim.query]]
  name = "start"
  suite = "boot"
  benchmark = "Hello"
  target = "unikernel"
  base = "process"
  unit = "boot-first-ns"
  statistic = "ratio"
  at_least = -1.5e1
  at_most = 40
  tolerance = 0.1
[[claim.cannot]]
host = "pvm-*"
why = "w"
[[claim]]
id = "later"
statement = "s"
published = "p"
source = "s"
untested = "u"
`

func TestParse(t *testing.T) {
	list, err := claims.Parse([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 || list[0].Statement != `It "boots" \ fast.` || list[1].Untested != "u" || len(list[0].Queries) != 1 || len(list[0].Cannot) != 1 {
		t.Fatalf("got %+v", list)
	}
	if q := list[0].Queries[0]; q.AtLeast != -15 || q.AtMost != 40 || q.Tolerance != 0.1 || q.Statistic != claims.Ratio || q.Wanted() != "-15.0x to 40.0x +-10%" {
		t.Errorf("query %+v, %s", q, q.Wanted())
	}
	if got, want := list[0].Args(), []string{"bench", "run", "-suite", "boot", "-run", "^Hello World$"}; !slices.Equal(got, want) {
		t.Errorf("Args() = %q, want %q", got, want)
	}
}

// TestParseErrors changes one thing of a good file each.
func TestParseErrors(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"no version", "version = 1", "", "version is missing"},
		{"other version", "version = 1", "version = 2", "line 2: version is not 1"},
		{"version as text", "version = 1", `version = "1"`, "version is not 1"},
		{"key outside", "version = 1", "version = 1\nid = \"x\"", "line 3: id stands outside a table"},
		{"unknown key", `note = "n"`, `notes = "n"`, `line 10: unknown key "notes" in [[claim]]`},
		{"unknown key of a query", `suite = "boot"`, `sweet = "boot"`, `unknown key "sweet" in [[claim.query]]`},
		{"unknown table", "[[claim.cannot]]", "[[claim.can]]", "choose one of [[claim]]"},
		{"plain table", "[[claim.cannot]]", "[claim.cannot]", "choose one of [[claim]]"},
		{"query first", "version = 1", "version = 1\n[[claim.query]]", "comes before the first claim"},
		{"twice", `note = "n"`, `id = "again"`, "id is given twice"},
		{"no assignment", `note = "n"`, "note", "no assignment"},
		{"number for text", `note = "n"`, "note = 1", "note wants a string"},
		{"text for a number", "at_most = 40", `at_most = "40"`, "at_most wants a number"},
		{"bare word", `note = "n"`, "note = n", "no string in double quotes"},
		{"hexadecimal", "at_most = 40", "at_most = 0x28", "no decimal number"},
		{"infinite", "at_most = 40", "at_most = 1e999", "out of range"},
		{"open string", `note = "n"`, `note = "n`, "without its closing quote"},
		{"after a string", `note = "n"`, `note = "n" # why`, "follows the string"},
		{"escape", `note = "n"`, `note = "\n"`, "escape"},
		{"control character", `note = "n"`, "note = \"a\tb\"", "control character"},
		{"id", `id = "boot"`, `id = "Boot"`, "want lower-case letters"},
		{"same id", `id = "later"`, `id = "boot"`, "claim boot comes twice"},
		{"no source", `source = "paper, table 1"`, "", "claim boot has no source"},
		{"no query", `untested = "u"`, "", "claim later has no query"},
		{"tested and not", `note = "n"`, `untested = "n"`, "is untested and has a query"},
		{"command", `needs = "bench run`, `needs = "rm`, "want a command line of bench run"},
		{"statistic", `statistic = "ratio"`, `statistic = "mean"`, "choose median or ratio"},
		{"no base", `base = "process"`, "", "a ratio wants another target"},
		{"median with base", `statistic = "ratio"`, `statistic = "median"`, "a median has no base"},
		{"range", "at_most = 40", "at_most = -40", "is more than"},
		{"no range", "at_least = -1.5e1\n  at_most = 40", "", "both missing"},
		{"tolerance", "tolerance = 0.1", "tolerance = 1", "want a share"},
		{"query's name", `name = "start"`, "", "name: want"},
		{"benchmark", `benchmark = "Hello"`, `benchmark = "a b"`, "want a name"},
		{"pattern", `host = "pvm-*"`, `host = "[" `, "pattern of host classes"},
		{"no reason", `why = "w"`, "", "and why"},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		if text == good {
			t.Errorf("%s: changes nothing", c.name)
		}
		_, err := claims.Parse([]byte(text))
		if !errors.Is(err, claims.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

// FuzzParse: whatever is accepted has claims that can be evaluated and shown.
func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	if data, err := os.ReadFile("../../paper/claims.toml"); err == nil {
		f.Add(data)
	}
	f.Add([]byte("version = 1\n[[claim]]\nid=\"a\"\nat_most=1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := claims.Parse(data)
		if err != nil {
			if !errors.Is(err, claims.ErrInvalid) {
				t.Fatalf("error of another kind: %v", err)
			}
			return
		}
		verdicts, err := claims.Evaluate(list, nil, &claims.Reports{})
		if err != nil || len(verdicts) != len(list) {
			t.Fatalf("%d verdicts for %d claims, %v", len(verdicts), len(list), err)
		}
		for _, format := range table.Formats() {
			if err := claims.Write(&bytes.Buffer{}, verdicts, format); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// made is a run in which the unikernel takes times as long as the process.
func made(class string, day int, times, spread float64) *record.Data {
	s := recordtest.Spec{
		HostClass: class, Seed: uint64(day), Count: 20,
		Units: []record.Unit{{Name: "boot-first-ns", Better: "lower", Primary: true}, {Name: "image-B", Exact: true}},
		Value: func(s record.Slot, unit string, rng *rand.Rand) (float64, bool) {
			v := 1e6
			if unit != "image-B" {
				v *= math.Exp(spread * rng.NormFloat64())
			}
			if s.Target == "unikernel" {
				v *= times
			}
			return math.Round(v), true
		},
	}
	d := s.Data()
	d.Run.Start = d.Run.Start.AddDate(0, 0, day)
	return d
}

// claim is one with a query for the ratio of unikernel to process.
func claim(unit string, least, most, tolerance float64) claims.Claim {
	return claims.Claim{ID: "c", Queries: []claims.Query{{Name: "q", Suite: "boot", Benchmark: "Hello", Target: "unikernel", Base: "process",
		Unit: unit, Statistic: claims.Ratio, AtLeast: least, AtMost: most, Tolerance: tolerance}}}
}

func TestEvaluate(t *testing.T) {
	inf := math.Inf(1)
	median := claim("boot-first-ns", 0, inf, 0)
	median.Queries[0].Statistic, median.Queries[0].Base = claims.Median, ""
	cannot := claim("boot-first-ns", 3, inf, 0)
	cannot.Cannot = []claims.Cannot{{Host: "pvm-*", Why: "for a reason"}}
	second := claim("boot-first-ns", 1, 3, 0)
	second.Queries = append(second.Queries, claim("boot-first-ns", 3, inf, 0).Queries...)
	part := claim("boot-first-ns", 1, 3, 0)
	part.Queries = append(part.Queries, claim("req/s", 3, inf, 0).Queries...)
	planted, confirms := made("pvm-2c", 7, 4, 0.01), made("pvm-2c", 8, 4, 0.01)
	planted.Run.Planted, confirms.Run.Confirms = &record.Planted{}, "boot/x/y"
	two := []*record.Data{made("pvm-2c", 0, 2, 0.01)}
	for _, c := range []struct {
		name  string
		claim claims.Claim
		runs  []*record.Data
		want  claims.Outcome
		why   string
	}{
		{"within", claim("boot-first-ns", 1.5, 2.5, 0), two, claims.Confirmed, ""},
		{"above", claim("boot-first-ns", -inf, 1.5, 0), two, claims.NotConfirmed, "wanted is <= 1.50x"},
		{"below", claim("boot-first-ns", 3, inf, 0), two, claims.NotConfirmed, "wanted is >= 3.00x"},
		{"tolerance below", claim("boot-first-ns", 2.2, inf, 0.2), two, claims.Confirmed, ""},
		{"tolerance above", claim("boot-first-ns", -inf, 1.8, 0.2), two, claims.Confirmed, ""},
		{"over the bound", claim("boot-first-ns", 1.9, inf, 0), []*record.Data{made("pvm-2c", 0, 2, 0.5)}, claims.NotConfirmed, "reaches over the bound"},
		{"exact", claim("image-B", 2, 2, 0), two, claims.Confirmed, ""},
		{"median", median, two, claims.Confirmed, ""},
		{"cannot", cannot, two, claims.CannotTest, "for a reason"},
		{"cannot elsewhere", cannot, []*record.Data{made("amd-4c", 0, 4, 0.01)}, claims.Confirmed, ""},
		{"one of two", second, two, claims.NotConfirmed, "wanted is >= 3.00x"},
		{"data for one of two", part, two, claims.NoRun, "no run of suite boot has Hello req/s"},
		{"no unit", claim("req/s", 1, inf, 0), two, claims.NoRun, "no run of suite boot has Hello req/s unikernel/process"},
		{"no runs", claim("boot-first-ns", 1, inf, 0), nil, claims.NoRun, "no run of suite boot"},
		{"newest", claim("boot-first-ns", 3, inf, 0), []*record.Data{made("pvm-2c", 0, 2, 0.01), made("pvm-2c", 5, 4, 0.01), made("pvm-2c", 1, 2, 0.01)}, claims.Confirmed, ""},
		{"no results", claim("boot-first-ns", 3, inf, 0), append([]*record.Data{planted, confirms}, two...), claims.NotConfirmed, "wanted is >= 3.00x"},
		{"untested", claims.Claim{ID: "u", Untested: "nothing measures it"}, two, claims.NoBenchmark, "nothing measures it"},
	} {
		got, err := claims.Evaluate([]claims.Claim{c.claim}, c.runs, &claims.Reports{})
		if err != nil || len(got) != 1 || got[0].Outcome != c.want || !strings.Contains(got[0].Why, c.why) || c.why == "" && got[0].Why != "" {
			t.Errorf("%s: %+v, %v; want %s: %s", c.name, got, err, c.want, c.why)
		}
	}
}

// TestClasses: each host class has a verdict of its own, from its own runs.
func TestClasses(t *testing.T) {
	runs := []*record.Data{made("pvm-2c", 3, 2, 0.01), made("amd-4c", 0, 4, 0.01)}
	got, err := claims.Evaluate([]claims.Claim{claim("boot-first-ns", 3, 5, 0)}, runs, &claims.Reports{})
	if err != nil || len(got) != 2 || got[0].HostClass != "amd-4c" || got[0].Outcome != claims.Confirmed ||
		got[1].HostClass != "pvm-2c" || got[1].Outcome != claims.NotConfirmed {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestNumbersAreThoseOfTables compares a finding with the report of its run.
func TestNumbersAreThoseOfTables(t *testing.T) {
	d := made("pvm-2c", 0, 2, 0.1)
	got, err := claims.Evaluate([]claims.Claim{claim("boot-first-ns", 0, 9, 0)}, []*record.Data{d}, &claims.Reports{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := report.New(d, report.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := r.Rows[0].Cells[1].Versus
	if f := got[0].Findings[0]; f.Value != want.Ratio || f.Lo != want.Lo || f.Hi != want.Hi || f.N != 20 || f.Run != d.Run.Dir() {
		t.Errorf("got %+v, want %+v", f, want)
	}
}
