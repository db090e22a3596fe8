package page

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// TestInline: a figure is rebuilt from what is known; anything else is refused.
func TestInline(t *testing.T) {
	good := `<?xml version="1.0"?><!-- c --><svg width="1pt" viewBox="0 0 1 1" onload="x()"><g transform="scale(1, -1)">` +
		`<path d="M0,0Z" style="fill:#FFFFFF;behavior:url(x)" onclick="x()"/>` +
		`<text x="1" style="font-family:Liberation Sans;font-size:10.5px;font-weight:bold;fill:#0072B2">a &lt;b&gt; &amp; c</text>` +
		`<text style="font-size:10px">t</text><text style="font-size:10px"></text></g></svg>`
	got, err := inline([]byte(good), "wide", `t "<x>"`)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`<svg class="wide" role="img" aria-label="t &#34;&lt;x&gt;&#34;" viewBox="0 0 1 1">`,
		`<path d="M0,0Z" style="fill:var(--paper)"></path>`,
		`style="font-size:10.5px;font-weight:bold;fill:var(--t-0072b2)" textLength="`, `>a &lt;b&gt; &amp; c</text>`,
		`style="font-size:10px;fill:#000" textLength="`, `></text>`,
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	for _, bad := range []string{"onload", "onclick", "behavior", "Liberation", "width=\"1pt\""} {
		if strings.Contains(string(got), bad) {
			t.Errorf("%s is in\n%s", bad, got)
		}
	}
	for name, doc := range map[string]string{
		"script": `<svg><script>x</script></svg>`, "outside": `<path/>`, "foreign": `<svg><foreignObject/></svg>`,
		"nested": `<svg><svg/></svg>`, "empty": ``, "cut": `<svg><g>`, "style": `<svg><path style="fill:url(x)"/></svg>`,
	} {
		if got, err := inline([]byte(doc), "wide", ""); !errors.Is(err, errSVG) {
			t.Errorf("%s: %q, %v; want it refused", name, got, err)
		}
	}
}

// FuzzInline: whatever a drawing is, nothing but known elements comes of it.
func FuzzInline(f *testing.F) {
	f.Add(`<svg viewBox="0 0 1 1"><g><path d="M0" style="fill:#FFF"/><text style="font-size:9px">a&lt;</text></g></svg>`)
	f.Add(`<svg><script>x</script></svg>`)
	f.Add(`<svg x="&quot;><script>"><text style="fill:red">]]></text></svg>`)
	f.Fuzz(func(t *testing.T, doc string) {
		got, err := inline([]byte(doc), "wide", "label")
		if err != nil {
			return
		}
		z := html.NewTokenizer(strings.NewReader(string(got)))
		for z.Next() != html.ErrorToken {
			tok := z.Token()
			if tok.Type == html.TextToken || tok.Type == html.EndTagToken {
				continue
			}
			if !slices.ContainsFunc(svgElements, func(s string) bool { return strings.EqualFold(s, tok.Data) }) {
				t.Fatalf("element %q of %q in %q", tok.Data, doc, got)
			}
			for _, a := range tok.Attr {
				if strings.HasPrefix(a.Key, "on") || strings.Contains(a.Val, "url(") {
					t.Fatalf("attribute %q of %q in %q", a.Key, doc, got)
				}
			}
		}
	})
}
