package tabletest_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"unibench/harness/table/tabletest"
)

// recorder is a test whose errors are looked at, not reported.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func TestGolden(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	r := &recorder{TB: t}
	left := filepath.Join("testdata", ".got-name")

	tabletest.Golden(r, true, "name", []byte("one\n"))
	tabletest.Golden(r, false, "name", []byte("one\n"))
	if _, err := os.Stat(left); len(r.errors) > 0 || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the same text: %q, .got-name: %v", r.errors, err)
	}

	tabletest.Golden(r, false, "name", []byte("two\n"))
	if len(r.errors) != 1 || !strings.HasPrefix(r.errors[0], "name (-want +got):\n") {
		t.Errorf("another text: errors %q", r.errors)
	}
	if got, err := os.ReadFile(left); err != nil || string(got) != "two\n" {
		t.Errorf(".got-name is %q, %v", got, err)
	}
	if got, err := os.ReadFile(filepath.Join("testdata", "name")); err != nil || string(got) != "one\n" {
		t.Errorf("without update, the file is %q, %v", got, err)
	}
}
