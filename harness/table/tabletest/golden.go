// Package tabletest holds what a package prints against files in its testdata, for
// the tests of packages that print tables. Only tests import it.
package tabletest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Golden compares got with testdata/name, below the folder of the test; a mismatch
// leaves testdata/.got-name beside it. With update it writes the file anew instead:
// each test that has golden files has a flag for it.
func Golden(t testing.TB, update bool, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
		if err := os.WriteFile(filepath.Join("testdata", ".got-"+name), got, 0o644); err != nil {
			t.Error(err)
		}
	}
}
