package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"

	"unibench/harness/table"
)

//go:embed assets
var assets embed.FS

// Policy is the content security policy of every page: nothing is fetched, nothing runs,
// forms go to where the page came from.
const Policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'"

// Link is one place to go to.
type Link struct {
	Text, URL string
	Here      bool // it is this page
}

// Frame is what surrounds the content of a page.
type Frame struct {
	Title string
	Nav   []Link // empty: a page on its own
}

// view is what templates get.
type view struct {
	Frame
	Style  template.CSS
	Policy string
	Body   any
}

// render executes the template name.html. Nothing is written if that fails.
func render(w io.Writer, name string, f Frame, body any) error {
	style, err := assets.ReadFile("assets/style.css")
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	t, err := template.New(name+".html").Funcs(template.FuncMap{"head": headClass, "dict": dict}).
		ParseFS(assets, "assets/frame.html", "assets/"+name+".html")
	if err != nil {
		return fmt.Errorf("page: %w", err)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "frame", view{Frame: f, Style: template.CSS(style), Policy: Policy, Body: body}); err != nil {
		return fmt.Errorf("page: make %s: %w", name, err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("page: write %s: %w", name, err)
	}
	return nil
}

// headClass marks columns whose values are names, which may wrap.
func headClass(name string) string {
	switch name {
	case "reason", "noted", "error":
		return "long"
	}
	return ""
}

// dict makes the argument of a template with several parts.
func dict(pairs ...any) (map[string]any, error) {
	out := make(map[string]any)
	for i := 0; i+1 < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("name %v of a part is no string", pairs[i])
		}
		out[name] = pairs[i+1]
	}
	return out, nil
}

// Tables is a table.Document for a page: its grids, and its notes by label.
type Tables struct {
	Headline string
	Grids    []table.Grid
	Notes    []Notes
}

// Notes are those of one label.
type Notes struct {
	Label string
	Texts []string
}

// TablesOf turns a document around.
func TablesOf(d *table.Document) Tables {
	t := Tables{Headline: d.Headline, Grids: d.Grids}
	for _, n := range d.Notes {
		t.Notes = group(t.Notes, n.Label, n.Text)
	}
	return t
}

// group adds a text to the notes of its label.
func group(list []Notes, label, text string) []Notes {
	for i := range list {
		if list[i].Label == label {
			list[i].Texts = append(list[i].Texts, text)
			return list
		}
	}
	return append(list, Notes{Label: label, Texts: []string{text}})
}
