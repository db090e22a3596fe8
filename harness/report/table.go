package report

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
func (r *Report) text(w io.Writer) error {
	fmt.Fprintf(w, "%s\n", r.headline())
	for _, g := range r.grids() {
		fmt.Fprintf(w, "\n%s\n", g.title)
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
	for _, n := range r.Notes {
		wrap(w, string(n.Kind), n.Text)
	}
	return nil
}

// markdown renders the tables as GitHub tables and the notes as a list.
func (r *Report) markdown(w io.Writer) error {
	fmt.Fprintf(w, "%s\n", r.headline())
	for _, g := range r.grids() {
		fmt.Fprintf(w, "\n**%s**\n\n", g.title)
		for i, row := range g.rows {
			for j, c := range row {
				c = strings.NewReplacer("|", `\|`, "\n", "<br>").Replace(c)
				if strings.HasSuffix(c, " *") {
					c = strings.TrimSuffix(c, " *") + ` \*`
				}
				g.rows[i][j] = c
			}
		}
		t := tablewriter.NewTable(w, tablewriter.WithRenderer(renderer.NewMarkdown()), plainCells())
		if err := fill(t, g); err != nil {
			return err
		}
	}
	fmt.Fprintln(w)
	for _, n := range r.Notes {
		text := n.Text
		if rest, ok := strings.CutPrefix(text, "* "); ok {
			text = `\* ` + rest
		}
		fmt.Fprintf(w, "- %s: %s\n", n.Kind, text)
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

func fill(t *tablewriter.Table, g grid) error {
	t.Header(g.head)
	if err := t.Bulk(g.rows); err != nil {
		return fmt.Errorf("table %q: %w", g.title, err)
	}
	if err := t.Render(); err != nil {
		return fmt.Errorf("table %q: %w", g.title, err)
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
