package claims

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path"
	"regexp"
	"strings"

	"unibench/harness/report"
)

// Version is the version of the claims file.
const Version = 1

// ErrInvalid means that a file is not a claims file.
var ErrInvalid = errors.New("invalid claims file")

// Claim is one statement that stored results may contradict.
type Claim struct {
	ID        string   `json:"id"`
	Statement string   `json:"statement"`
	Published string   `json:"published"`
	Source    string   `json:"source"`
	Needs     string   `json:"needs,omitempty"`    // command line that produces the data
	Untested  string   `json:"untested,omitempty"` // why there is no query
	Note      string   `json:"note,omitempty"`
	Queries   []Query  `json:"queries,omitempty"`
	Cannot    []Cannot `json:"cannot,omitempty"`
}

// Statistic is what a query computes.
type Statistic string

// The statistics.
const (
	Median Statistic = "median"
	Ratio  Statistic = "ratio" // of medians, target by base, over blocks
)

// Query asks stored results for one number and says where it must lie. An open side of
// the range is infinite.
type Query struct {
	Name      string    `json:"name"`
	Suite     string    `json:"suite"`
	Benchmark string    `json:"benchmark"`
	Target    string    `json:"target"`
	Base      string    `json:"base,omitempty"` // empty for a median
	Unit      string    `json:"unit"`
	Statistic Statistic `json:"statistic"`
	AtLeast   float64   `json:"at_least"`
	AtMost    float64   `json:"at_most"`
	Tolerance float64   `json:"tolerance,omitempty"` // share
}

// Cannot says that a claim cannot be tested on hosts of some classes.
type Cannot struct {
	Host string `json:"host"` // pattern of path.Match
	Why  string `json:"why"`
}

// MarshalJSON writes open sides as null.
func (q Query) MarshalJSON() ([]byte, error) {
	type plain Query // without this method
	return json.Marshal(struct {
		plain
		AtLeast report.Number `json:"at_least"`
		AtMost  report.Number `json:"at_most"`
	}{plain(q), report.Number(q.AtLeast), report.Number(q.AtMost)})
}

// String returns what is asked for: HTTPKeepAlive req/s unikernel/process.
func (q *Query) String() string {
	s := q.Benchmark + " " + q.Unit + " " + q.Target
	if q.Statistic == Ratio {
		s += "/" + q.Base
	}
	return s
}

// Show writes a value of the statistic for a reader.
func (q *Query) Show(v float64) string {
	if q.Statistic == Ratio {
		return report.FormatRatio(v)
	}
	return report.FormatValue(v, q.Unit)
}

// Wanted writes the range for a reader.
func (q *Query) Wanted() string {
	var s string
	switch {
	case math.IsInf(q.AtLeast, -1):
		s = "<= " + q.Show(q.AtMost)
	case math.IsInf(q.AtMost, 1):
		s = ">= " + q.Show(q.AtLeast)
	default:
		s = q.Show(q.AtLeast) + " to " + q.Show(q.AtMost)
	}
	if q.Tolerance > 0 {
		s += fmt.Sprintf(" +-%.3g%%", 100*q.Tolerance)
	}
	return s
}

// bounds returns the range, widened by the tolerance.
func (q *Query) bounds() (lo, hi float64) {
	lo, hi = q.AtLeast, q.AtMost
	if q.Tolerance > 0 {
		lo, hi = lo-q.Tolerance*math.Abs(lo), hi+q.Tolerance*math.Abs(hi)
	}
	return lo, hi
}

var (
	idForm   = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9/_.*+-]*$`)
)

// validate reports the first thing that is missing or contradicts itself.
func (c *Claim) validate() error {
	if !idForm.MatchString(c.ID) {
		return fmt.Errorf("id %q: want lower-case letters, digits and dashes", c.ID)
	}
	for _, f := range [][2]string{{"statement", c.Statement}, {"published", c.Published}, {"source", c.Source}} {
		if strings.TrimSpace(f[1]) == "" {
			return fmt.Errorf("claim %s has no %s", c.ID, f[0])
		}
	}
	switch {
	case c.Untested == "" && len(c.Queries) == 0:
		return fmt.Errorf("claim %s has no query: say in untested why it cannot have one", c.ID)
	case c.Untested != "" && (len(c.Queries) > 0 || c.Needs != "" || len(c.Cannot) > 0):
		return fmt.Errorf("claim %s is untested and has a query, a command or a host as well", c.ID)
	case c.Untested == "" && !strings.HasPrefix(c.Needs, "bench run "):
		return fmt.Errorf("claim %s: needs %q: want a command line of bench run", c.ID, c.Needs)
	}
	seen := make(map[string]bool)
	for i := range c.Queries {
		q := &c.Queries[i]
		if err := q.validate(); err != nil {
			return fmt.Errorf("claim %s: query %q: %w", c.ID, q.Name, err)
		}
		if seen[q.Name] {
			return fmt.Errorf("claim %s: query %q: comes twice", c.ID, q.Name)
		}
		seen[q.Name] = true
	}
	for _, x := range c.Cannot {
		if _, err := path.Match(x.Host, ""); err != nil || x.Host == "" || x.Why == "" {
			return fmt.Errorf("claim %s: cannot: want host, a pattern of host classes, and why", c.ID)
		}
	}
	return nil
}

func (q *Query) validate() error {
	if !idForm.MatchString(q.Name) {
		return fmt.Errorf("name: want lower-case letters, digits and dashes")
	}
	for _, f := range [][2]string{{"suite", q.Suite}, {"benchmark", q.Benchmark}, {"target", q.Target}, {"unit", q.Unit}} {
		if !nameForm.MatchString(f[1]) {
			return fmt.Errorf("%s %q: want a name", f[0], f[1])
		}
	}
	switch q.Statistic {
	case Median:
		if q.Base != "" {
			return fmt.Errorf("a median has no base")
		}
	case Ratio:
		if !nameForm.MatchString(q.Base) || q.Base == q.Target {
			return fmt.Errorf("base %q: a ratio wants another target", q.Base)
		}
	default:
		return fmt.Errorf("statistic %q: choose median or ratio", q.Statistic)
	}
	switch {
	case math.IsInf(q.AtLeast, -1) && math.IsInf(q.AtMost, 1):
		return fmt.Errorf("at_least and at_most are both missing")
	case q.AtLeast > q.AtMost:
		return fmt.Errorf("at_least %v is more than at_most %v", q.AtLeast, q.AtMost)
	case !(q.Tolerance >= 0 && q.Tolerance < 1):
		return fmt.Errorf("tolerance %v: want a share from 0 to 1", q.Tolerance)
	}
	return nil
}

// cannot returns why the claim cannot be tested on a host class; empty if it can.
func (c *Claim) cannot(class string) string {
	for _, x := range c.Cannot {
		if ok, err := path.Match(x.Host, class); ok && err == nil {
			return x.Why
		}
	}
	return ""
}

// Args returns the words of Needs; words in single quotes are taken as they are.
func (c *Claim) Args() []string {
	var out []string
	for i, part := range strings.Split(c.Needs, "'") {
		if i%2 == 1 {
			out = append(out, part)
			continue
		}
		out = append(out, strings.Fields(part)...)
	}
	return out
}
