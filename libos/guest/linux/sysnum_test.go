package linux_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// constants returns the constants of a file whose names begin with prefix and
// whose values are literals; names in lower case, without prefix and underscores.
func constants(t *testing.T, file, prefix string) map[string]string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	ast.Inspect(f, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
			lit, isLit := v.Values[0].(*ast.BasicLit)
			if name, is := strings.CutPrefix(v.Names[0].Name, prefix); is && isLit {
				found[strings.ToLower(strings.ReplaceAll(name, "_", ""))] = lit.Value
			}
		}
		return true
	})
	return found
}

// TestCallNumbers compares all numbers of calls with those of x/sys.
func TestCallNumbers(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "golang.org/x/sys/unix").Output()
	if err != nil {
		t.Fatalf("find x/sys: %v", err)
	}
	theirs := constants(t, filepath.Join(strings.TrimSpace(string(out)), "zsysnum_linux_amd64.go"), "SYS_")
	ours := constants(t, "sysnum.go", "Sys")
	if len(ours) < 100 {
		t.Fatalf("sysnum.go has %d numbers", len(ours))
	}
	for name, value := range ours {
		if theirs[name] != value {
			t.Errorf("%s = %s, want %s", name, value, theirs[name])
		}
	}
}
