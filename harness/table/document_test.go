package table_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"unibench/harness/table"
)

func document() *table.Document {
	return &table.Document{
		Headline: "boot on x, 5 % & more",
		Grids: []table.Grid{{
			Title: "Times", Head: []string{"benchmark", "unit", "process"},
			Rows: [][]string{{"Hello", "boot-ns *", "1.00ms +-3%\n1.02x"}, {"", "a|b_c", "-"}},
		}},
		Notes:   []table.Note{{Label: "method", Text: strings.Repeat("long words wrap ", 12)}, {Label: "warning", Text: "* is\nprimary"}},
		Records: [][]string{{"benchmark", "value"}, {"Hello, world", "1"}},
		Value:   map[string]string{"a": "<b>"},
	}
}

// TestWrite renders twice, because no renderer may change the document.
func TestWrite(t *testing.T) {
	want := map[table.Format][]string{
		table.Text:     {"boot on x, 5 % & more\n\nTimes\n", " Hello      boot-ns *  1.00ms +-3%\n                       1.02x\n", "\nmethod:   long words wrap", "\n          wrap long"},
		table.Markdown: {"**Times**", `boot-ns \* |`, "3%<br>1.02x", `a\|b_c`, `- warning: \* is`},
		table.CSV:      {"benchmark,value\n\"Hello, world\",1\n"},
		table.JSON:     {"{\n  \"a\": \"<b>\"\n}\n"},
		table.TeX:      {`\begin{tabular}{lll}`, `a|b\_c`, `1.00ms $\pm$3\%; 1.02x \\`, "% warning: * is primary\n"},
	}
	d := document()
	for _, f := range table.Formats() {
		var first, second bytes.Buffer
		if err := d.Write(&first, f); err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		for _, s := range want[f] {
			if !strings.Contains(first.String(), s) {
				t.Errorf("%s has no %q:\n%s", f, s, first.String())
			}
		}
		if err := d.Write(&second, f); err != nil || first.String() != second.String() {
			t.Errorf("%s: the second time differs (%v):\n%s", f, err, second.String())
		}
	}
}

type broken struct{}

var errBroken = errors.New("broken pipe")

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestWriteErrors(t *testing.T) {
	if err := document().Write(new(bytes.Buffer), "xml"); err == nil || !strings.Contains(err.Error(), "text md csv json tex") {
		t.Errorf("unknown format: %v, want the known ones", err)
	}
	if err := document().Write(broken{}, table.Text); !errors.Is(err, errBroken) {
		t.Errorf("broken writer: %v", err)
	}
	d := document()
	d.Value = func() {}
	var b bytes.Buffer
	if err := d.Write(&b, table.JSON); err == nil || b.Len() > 0 {
		t.Errorf("a value without JSON: %v, wrote %q", err, b.String())
	}
}

func TestBlank(t *testing.T) {
	g := table.Grid{Rows: [][]string{{"a", "x", "1"}, {"a", "x", "1"}, {"a", "y", "1"}, {"b", "y", "1"}}}
	g.Blank(2)
	want := [][]string{{"a", "x", "1"}, {"", "", "1"}, {"", "y", "1"}, {"b", "y", "1"}}
	if diff := cmp.Diff(want, g.Rows); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
