package table

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
)

// Format is an output format of Write.
type Format string

// The formats.
const (
	Text     Format = "text"
	Markdown Format = "md"
	CSV      Format = "csv"
	JSON     Format = "json"
	TeX      Format = "tex"
)

// Formats lists every format.
func Formats() []Format { return []Format{Text, Markdown, CSV, JSON, TeX} }

// Document is what one command says.
type Document struct {
	Headline string
	Grids    []Grid
	Notes    []Note
	Records  [][]string // for CSV: the head, then a line each
	Value    any        // for JSON
}

// Grid is one table of strings. A cell may have several lines.
type Grid struct {
	Title string
	Head  []string
	Rows  [][]string
}

// Blank empties the cells of the first columns that say what the row above says,
// from the left, as far as they do.
func (g *Grid) Blank(columns int) {
	for i := len(g.Rows) - 1; i > 0; i-- {
		for k := range columns {
			if g.Rows[i][k] != g.Rows[i-1][k] {
				break
			}
			g.Rows[i][k] = ""
		}
	}
}

// Note is one line below the tables.
type Note struct {
	Label string
	Text  string
}

// Write renders d to w. An unknown format is an error that names the known ones.
func (d *Document) Write(w io.Writer, f Format) error {
	var buf bytes.Buffer
	var err error
	switch f {
	case Text:
		err = d.text(&buf)
	case Markdown:
		err = d.markdown(&buf)
	case CSV:
		err = csv.NewWriter(&buf).WriteAll(d.Records)
	case JSON:
		enc := json.NewEncoder(&buf)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		err = enc.Encode(d.Value)
	case TeX:
		d.tex(&buf)
	default:
		return fmt.Errorf("table: format %q is not known: choose one of %v", string(f), Formats())
	}
	if err != nil {
		return fmt.Errorf("table: %w", err)
	}
	if _, err := w.Write(buf.Bytes()); err != nil {
		return fmt.Errorf("table: write %s: %w", f, err)
	}
	return nil
}
