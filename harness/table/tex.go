package table

import (
	"fmt"
	"io"
	"strings"
)

// tex writes one tabular per table and the notes as comments.
func (d *Document) tex(w io.Writer) {
	fmt.Fprintf(w, "%% %s\n", d.Headline)
	for _, g := range d.Grids {
		fmt.Fprintf(w, "%% %s\n\\begin{tabular}{%s}\n\\toprule\n", g.Title, strings.Repeat("l", len(g.Head)))
		fmt.Fprintf(w, "%s \\\\\n\\midrule\n", texLine(g.Head))
		for _, row := range g.Rows {
			fmt.Fprintf(w, "%s \\\\\n", texLine(row))
		}
		fmt.Fprint(w, "\\bottomrule\n\\end{tabular}\n\n")
	}
	for _, n := range d.Notes {
		fmt.Fprintf(w, "%% %s: %s\n", n.Label, strings.Join(strings.Fields(n.Text), " "))
	}
}

func texLine(cells []string) string {
	esc := strings.NewReplacer(`\`, `\textbackslash{}`, "&", `\&`, "%", `\%`, "#", `\#`, "_", `\_`, "$", `\$`,
		"{", `\{`, "}", `\}`, "~", `\textasciitilde{}`, "^", `\textasciicircum{}`, "+-", `$\pm$`, "<", "$<$", ">", "$>$", "\n", "; ")
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = esc.Replace(c)
	}
	return strings.Join(out, " & ")
}
