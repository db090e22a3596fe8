package posix_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestDependencies: package syscall imports this package in the image, so
// nothing that imports syscall may be imported here, and little else should
// be: it is linked into every program that imports os.
func TestDependencies(t *testing.T) {
	list := func(pkg string) []string {
		t.Helper()
		out, err := exec.Command("go", "list", "-deps", pkg).Output()
		if err != nil {
			t.Fatalf("go list -deps %s: %v", pkg, err)
		}
		return strings.Fields(string(out))
	}
	allowed := map[string]bool{"internal/unsafeheader": true}
	for _, pkg := range list("syscall") {
		allowed[pkg] = pkg != "syscall"
	}
	for _, pkg := range list("unibench/libos/guest/posix") {
		if !allowed[pkg] && !strings.HasPrefix(pkg, "unibench/libos/guest/") {
			t.Errorf("imports %s, which syscall does not", pkg)
		}
	}
}
