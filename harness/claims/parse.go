package claims

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
)

// Read reads the claims file at path.
func Read(path string) ([]Claim, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read claims: %w (name the file with -claims)", err)
	}
	c, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// Parse reads the content of a claims file.
func Parse(data []byte) ([]Claim, error) {
	p := parser{ids: make(map[string]bool)}
	for n, line := range strings.Split(string(data), "\n") {
		if err := p.line(strings.TrimSpace(line)); err != nil {
			return nil, fmt.Errorf("%w: line %d: %w", ErrInvalid, n+1, err)
		}
	}
	if err := p.finish(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if len(p.claims) == 0 {
		return nil, fmt.Errorf("%w: no claims", ErrInvalid)
	}
	return p.claims, nil
}

// parser is the state between two lines.
type parser struct {
	version int
	claims  []Claim // the last one is open
	table   string  // the one that assignments go to
	given   map[string]bool
	ids     map[string]bool
}

func (p *parser) line(s string) error {
	switch {
	case s == "" || s[0] == '#':
		return nil
	case s[0] == '[':
		return p.head(s)
	}
	key, text, ok := strings.Cut(s, "=")
	if !ok {
		return fmt.Errorf("%q is no table head and no assignment", s)
	}
	key = strings.TrimSpace(key)
	v, err := parseValue(strings.TrimSpace(text))
	if err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if p.given[key] {
		return fmt.Errorf("%s is given twice", key)
	}
	if p.given == nil {
		p.given = make(map[string]bool)
	}
	p.given[key] = true
	return p.assign(key, v)
}

// head opens a table.
func (p *parser) head(s string) error {
	if p.version == 0 {
		return fmt.Errorf("version is missing: the file begins with version = %d", Version)
	}
	table, ok := strings.CutPrefix(s, "[[")
	table, closed := strings.CutSuffix(table, "]]")
	if !ok || !closed || table != "claim" && table != "claim.query" && table != "claim.cannot" {
		return fmt.Errorf("table %s: choose one of [[claim]], [[claim.query]], [[claim.cannot]]", s)
	}
	if table != "claim" && len(p.claims) == 0 {
		return fmt.Errorf("%s comes before the first claim", s)
	}
	p.table, p.given = table, nil
	switch table {
	case "claim":
		if err := p.finish(); err != nil {
			return err
		}
		p.claims = append(p.claims, Claim{})
	case "claim.query":
		c := p.open()
		c.Queries = append(c.Queries, Query{AtLeast: math.Inf(-1), AtMost: math.Inf(1)})
	case "claim.cannot":
		c := p.open()
		c.Cannot = append(c.Cannot, Cannot{})
	}
	return nil
}

func (p *parser) open() *Claim { return &p.claims[len(p.claims)-1] }

// finish checks the open claim.
func (p *parser) finish() error {
	if p.version == 0 {
		return fmt.Errorf("version is missing: the file begins with version = %d", Version)
	}
	if len(p.claims) == 0 {
		return nil
	}
	c := p.open()
	if err := c.validate(); err != nil {
		return err
	}
	if p.ids[c.ID] {
		return fmt.Errorf("claim %s comes twice", c.ID)
	}
	p.ids[c.ID] = true
	return nil
}

// assign stores a value where the open table has it.
func (p *parser) assign(key string, v value) error {
	if p.table == "" {
		if key != "version" {
			return fmt.Errorf("%s stands outside a table: only version may", key)
		}
		if v.text != nil || v.number != Version {
			return fmt.Errorf("version is not %d, the one that this bench reads", Version)
		}
		p.version = Version
		return nil
	}
	texts, numbers := p.fields()
	if f, ok := texts[key]; ok {
		if v.text == nil {
			return fmt.Errorf("%s wants a string in double quotes", key)
		}
		*f = *v.text
		return nil
	}
	if f, ok := numbers[key]; ok {
		if v.text != nil {
			return fmt.Errorf("%s wants a number", key)
		}
		*f = v.number
		return nil
	}
	return fmt.Errorf("unknown key %q in [[%s]]", key, p.table)
}

// fields returns the places of the open table's values.
func (p *parser) fields() (texts map[string]*string, numbers map[string]*float64) {
	c := p.open()
	switch p.table {
	case "claim.query":
		q := &c.Queries[len(c.Queries)-1]
		return map[string]*string{
			"name": &q.Name, "suite": &q.Suite, "benchmark": &q.Benchmark, "target": &q.Target,
			"base": &q.Base, "unit": &q.Unit, "statistic": (*string)(&q.Statistic),
		}, map[string]*float64{"at_least": &q.AtLeast, "at_most": &q.AtMost, "tolerance": &q.Tolerance}
	case "claim.cannot":
		x := &c.Cannot[len(c.Cannot)-1]
		return map[string]*string{"host": &x.Host, "why": &x.Why}, nil
	}
	return map[string]*string{
		"id": &c.ID, "statement": &c.Statement, "published": &c.Published, "source": &c.Source,
		"needs": &c.Needs, "untested": &c.Untested, "note": &c.Note,
	}, nil
}

// value is a string or a number.
type value struct {
	text   *string
	number float64
}

var numberForm = regexp.MustCompile(`^[+-]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

func parseValue(s string) (value, error) {
	if !strings.HasPrefix(s, `"`) {
		if !numberForm.MatchString(s) {
			return value{}, fmt.Errorf("%q is no string in double quotes and no decimal number", s)
		}
		n, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return value{}, fmt.Errorf("number %s is out of range", s)
		}
		return value{number: n}, nil
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			if i != len(s)-1 {
				return value{}, fmt.Errorf("%q follows the string", s[i+1:])
			}
			text := b.String()
			return value{text: &text}, nil
		case c == '\\':
			i++
			if i == len(s) || s[i] != '"' && s[i] != '\\' {
				return value{}, fmt.Errorf(`escape that is not \" or \\`)
			}
			b.WriteByte(s[i])
		case c < ' ' || c == 0x7f:
			return value{}, fmt.Errorf("control character in a string")
		default:
			b.WriteByte(c)
		}
	}
	return value{}, fmt.Errorf("string without its closing quote")
}
