package table

import (
	"fmt"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// noteWidth is the width at which notes are wrapped in text.
const noteWidth = 100

// text renders the tables without frames, for a terminal, and the notes.
func (d *Document) text(w io.Writer) error {
	fmt.Fprintf(w, "%s\n", d.Headline)
	for _, g := range d.Grids {
		fmt.Fprintf(w, "\n%s\n", g.Title)
		var b strings.Builder
		t := tablewriter.NewTable(&b, tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone,
			Symbols: tw.NewSymbols(tw.StyleASCII),
			Settings: tw.Settings{
				Lines:      tw.Lines{ShowTop: tw.Off, ShowBottom: tw.Off, ShowHeaderLine: tw.On, ShowFooterLine: tw.Off},
				Separators: tw.Separators{ShowHeader: tw.Off, ShowFooter: tw.Off, BetweenRows: tw.Off, BetweenColumns: tw.Off},
			},
		})), plainCells())
		if err := fill(t, g); err != nil {
			return err
		}
		for _, line := range strings.Split(strings.TrimRight(b.String(), "\n"), "\n") {
			fmt.Fprintln(w, strings.TrimRight(line, " "))
		}
	}
	fmt.Fprintln(w)
	for _, n := range d.Notes {
		wrap(w, n.Label, n.Text)
	}
	return nil
}

// markdown renders the tables as GitHub tables and the notes as a list.
func (d *Document) markdown(w io.Writer) error {
	fmt.Fprintf(w, "%s\n", d.Headline)
	for _, g := range d.Grids {
		fmt.Fprintf(w, "\n**%s**\n\n", g.Title)
		escaped := Grid{Title: g.Title, Head: g.Head}
		for _, row := range g.Rows {
			line := make([]string, len(row))
			for j, c := range row {
				c = strings.NewReplacer("|", `\|`, "\n", "<br>").Replace(c)
				if strings.HasSuffix(c, " *") {
					c = strings.TrimSuffix(c, " *") + ` \*`
				}
				line[j] = c
			}
			escaped.Rows = append(escaped.Rows, line)
		}
		t := tablewriter.NewTable(w, tablewriter.WithRenderer(renderer.NewMarkdown()), plainCells())
		if err := fill(t, escaped); err != nil {
			return err
		}
	}
	fmt.Fprintln(w)
	for _, n := range d.Notes {
		text := n.Text
		if rest, ok := strings.CutPrefix(text, "* "); ok {
			text = `\* ` + rest
		}
		fmt.Fprintf(w, "- %s: %s\n", n.Label, text)
	}
	return nil
}

// plainCells keeps text as it is: no upper case, no wrapping, left aligned.
func plainCells() tablewriter.Option {
	return tablewriter.WithConfig(tablewriter.Config{
		Header: tw.CellConfig{
			Formatting: tw.CellFormatting{AutoFormat: tw.Off, AutoWrap: tw.WrapNone},
			Alignment:  tw.CellAlignment{Global: tw.AlignLeft},
		},
		Row: tw.CellConfig{
			Formatting: tw.CellFormatting{AutoFormat: tw.Off, AutoWrap: tw.WrapNone},
			Alignment:  tw.CellAlignment{Global: tw.AlignLeft},
		},
	})
}

func fill(t *tablewriter.Table, g Grid) error {
	t.Header(g.Head)
	if err := t.Bulk(g.Rows); err != nil {
		return fmt.Errorf("table %q: %w", g.Title, err)
	}
	if err := t.Render(); err != nil {
		return fmt.Errorf("table %q: %w", g.Title, err)
	}
	return nil
}

// wrap prints text with its label, further lines indented.
func wrap(w io.Writer, label, text string) {
	line := fmt.Sprintf("%-9s", label+":")
	indent := strings.Repeat(" ", len(line))
	empty := true
	for _, word := range strings.Fields(text) {
		if !empty && len(line)+1+len(word) > noteWidth {
			fmt.Fprintln(w, line)
			line, empty = indent, true
		}
		line += " " + word
		empty = false
	}
	fmt.Fprintln(w, line)
}
