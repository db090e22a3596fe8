package page_test

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"unibench/harness/page/pagetest"
)

var keep = flag.String("keep", "", "also write every screenshot into this folder, for a look")

// TestBrowser looks at the report of every published run in a real browser, wide and on
// a phone, light and dark: nothing but the page is fetched, nothing scrolls sideways,
// nothing is complained about, the theme is followed, and numbers lead to samples.
func TestBrowser(t *testing.T) {
	pages := publishedPages(t)
	b := pagetest.Start(t)
	for name, file := range pages {
		for _, v := range pagetest.Views() {
			url := "file://" + file
			tab := b.Open(url, v)
			if got := tab.Requests(); len(got) != 1 || got[0] != url {
				t.Errorf("%s %s: requests %q, want the page alone", name, v.Name, got)
			}
			if s := tab.Overflow(); s != "" {
				t.Errorf("%s %s is wider than %d pixels: %s", name, v.Name, v.Width, s)
			}
			if c := tab.Complaints(); len(c) > 0 {
				t.Errorf("%s %s: %q", name, v.Name, c)
			}
			img, err := png.Decode(bytes.NewReader(tab.Shot(false)))
			if err != nil {
				t.Fatal(err)
			}
			r, g, bl, _ := img.At(2, 2).RGBA()
			if dark := (r+g+bl)/3 < 0x8000; dark != v.Dark {
				t.Errorf("%s %s: the corner is %x %x %x", name, v.Name, r, g, bl)
			}
			if *keep != "" {
				if err := os.WriteFile(filepath.Join(*keep, name+"-"+v.Name+".png"), tab.Shot(true), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			var open bool
			tab.Eval(`new Promise(done => {
				const a = document.querySelector("#result ~ .scroll td a");
				a.click();
				setTimeout(() => {
					const row = document.querySelector(a.getAttribute("href")), box = row.getBoundingClientRect();
					done(row.closest("details").open && box.top >= 0 && box.bottom <= innerHeight && row.textContent.length > 0);
				}, 200);
			})`, &open)
			if !open {
				t.Errorf("%s %s: the first number does not lead to its samples", name, v.Name)
			}
			if *keep != "" {
				if err := os.WriteFile(filepath.Join(*keep, name+"-"+v.Name+"-samples.png"), tab.Shot(false), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			tab.Close()
		}
	}
}
