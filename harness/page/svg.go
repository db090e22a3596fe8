package page

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"html/template"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"

	"unibench/harness/plot"
)

// Figure is one figure, ready to stand in a page twice: wide, and narrow for phones. The
// style shows one of them.
type Figure struct {
	Title, Subtitle string
	Footer          []string
	Wide, Narrow    template.HTML
}

// Draw makes f ready for a page.
func Draw(f *plot.Figure) (Figure, error) {
	out := Figure{Title: f.Title(), Subtitle: f.Subtitle()}
	for _, s := range f.Footer() {
		if !strings.HasPrefix(s, "Host: ") { // a page says it once
			out.Footer = append(out.Footer, s)
		}
	}
	for _, v := range []struct {
		to    *template.HTML
		class string
		width vg.Length
	}{{&out.Wide, "wide", plot.Wide}, {&out.Narrow, "narrow", plot.Narrow}} {
		var b bytes.Buffer
		if err := f.WriteInline(&b, v.width); err != nil {
			return out, err
		}
		svg, err := inline(b.Bytes(), v.class, out.Title+". "+out.Subtitle)
		if err != nil {
			return out, fmt.Errorf("figure %s: %w", f.Name, err)
		}
		*v.to = svg
	}
	return out, nil
}

// What a figure may consist of.
var (
	svgElements   = []string{"svg", "g", "path", "text", "tspan", "rect", "circle", "ellipse", "line", "polyline", "polygon"}
	svgAttributes = []string{"d", "x", "y", "dx", "dy", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "width", "height", "points", "transform", "viewBox"}
	svgStyles     = []string{"fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-dashoffset", "font-weight", "font-size"}
	svgPlain      = regexp.MustCompile(`^[#a-zA-Z0-9.,% +-]*$`)
)

var errSVG = errors.New("not a figure that can stand in a page")

// inline rebuilds an SVG document as an element of a page: only known elements,
// attributes and styles, and colours that follow the theme.
func inline(doc []byte, class, label string) (template.HTML, error) {
	dec := xml.NewDecoder(bytes.NewReader(doc))
	var b strings.Builder
	// The start of a text is written in full only with its content, by which it is
	// as wide as the layout has it.
	pending, font := false, ""
	closeStart := func() {
		if pending {
			b.WriteByte('>')
			pending = false
		}
	}
	depth := 0
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return "", fmt.Errorf("%w: %w", errSVG, err)
		}
		switch e := tok.(type) {
		case xml.StartElement:
			if !slices.Contains(svgElements, e.Name.Local) || (e.Name.Local == "svg") != (depth == 0) {
				return "", fmt.Errorf("%w: element %q", errSVG, e.Name.Local)
			}
			closeStart()
			b.WriteString("<" + e.Name.Local)
			if depth == 0 {
				fmt.Fprintf(&b, ` class="%s" role="img" aria-label="%s"`, class, template.HTMLEscapeString(label))
			}
			if err := attributes(&b, e, depth == 0); err != nil {
				return "", err
			}
			pending, font = true, attribute(e, "style")
			if e.Name.Local != "text" {
				closeStart()
			}
			depth++
		case xml.EndElement:
			closeStart()
			b.WriteString("</" + e.Name.Local + ">")
			depth--
		case xml.CharData:
			if text := string(e); strings.TrimSpace(text) != "" {
				if pending {
					fmt.Fprintf(&b, ` textLength="%.1f" lengthAdjust="spacingAndGlyphs"`, width(text, font))
					closeStart()
				}
				b.WriteString(template.HTMLEscapeString(text))
			}
		}
	}
	if b.Len() == 0 {
		return "", fmt.Errorf("%w: empty", errSVG)
	}
	return template.HTML(b.String()), nil
}

// width is the room that the layout of the figure reserved for a text.
func width(text, style string) vg.Length {
	size, bold := vg.Length(10), false
	for _, part := range strings.Split(style, ";") {
		name, value, _ := strings.Cut(part, ":")
		switch name {
		case "font-size":
			if v, err := strconv.ParseFloat(strings.TrimSuffix(value, "px"), 64); err == nil {
				size = vg.Length(v)
			}
		case "font-weight":
			bold = value == "bold"
		}
	}
	return plot.TextWidth(text, size, bold)
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func attributes(b *strings.Builder, e xml.StartElement, top bool) error {
	for _, a := range e.Attr {
		switch {
		case a.Name.Local == "style":
			s, err := themed(a.Value, e.Name.Local == "text")
			if err != nil {
				return err
			}
			fmt.Fprintf(b, ` style="%s"`, s)
		case top && a.Name.Local != "viewBox": // the style sizes it
		case slices.Contains(svgAttributes, a.Name.Local):
			fmt.Fprintf(b, ` %s="%s"`, a.Name.Local, template.HTMLEscapeString(a.Value))
		}
	}
	return nil
}

// themed keeps known styles and takes colours from the theme.
func themed(style string, text bool) (string, error) {
	var out []string
	filled := false
	for _, part := range strings.Split(style, ";") {
		name, value, ok := strings.Cut(part, ":")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || !slices.Contains(svgStyles, name) {
			continue
		}
		if !svgPlain.MatchString(value) {
			return "", fmt.Errorf("%w: style %q", errSVG, part)
		}
		if name == "fill" || name == "stroke" {
			filled = filled || name == "fill"
			value = color(value, text)
		}
		out = append(out, name+":"+value)
	}
	if text && !filled {
		out = append(out, "fill:#000")
	}
	return strings.Join(out, ";"), nil
}

// color maps a colour of package plot to one of the theme. Letters on bars, black or
// white by the bar, stay; so do all shapes, which stand out from light and dark alike.
func color(value string, text bool) string {
	hex := strings.ToLower(strings.TrimPrefix(value, "#"))
	switch hex {
	case "222222", "222":
		return "var(--ink)"
	case "5c5c5c":
		return "var(--faint)"
	case "dddddd", "ddd":
		return "var(--grid)"
	case "ffffff", "fff":
		if !text {
			return "var(--paper)"
		}
	case "0072b2", "d55e00", "009e73", "cc79a7", "e69f00", "56b4e9", "8c8c8c":
		if text {
			return "var(--t-" + hex + ")"
		}
	}
	return value
}
