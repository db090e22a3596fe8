package build_test

import (
	"debug/elf"
	"slices"
	"strings"
	"testing"

	"unibench/libos/build"
)

// networkParts begin the names of symbols that only the network needs.
var networkParts = []string{
	"internal/libos/netstack.", "internal/libos/netstack/", "internal/libos/virtio.", "internal/libos/vendored/",
	"internal/libos/gvisor/", "internal/libos/posix.(*network)", "syscall.libosEnableSockets",
}

// networkSymbols returns which of networkParts are in an image.
func networkSymbols(t *testing.T, image string) (parts []string) {
	t.Helper()
	f, err := elf.Open(image)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	syms, err := f.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range syms {
		for _, part := range networkParts {
			if strings.HasPrefix(s.Name, part) && !slices.Contains(parts, part) {
				parts = append(parts, part)
			}
		}
	}
	return parts
}

// TestNetworkLinked: the network is in the image of a program that imports net,
// which shows that networkSymbols finds it, and nothing of it is in others.
func TestNetworkLinked(t *testing.T) {
	dir := write(t, map[string]string{
		"go.mod":        "module example.org/app\n\ngo 1.26\n",
		"hello/main.go": "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"hello\") }\n",
		"net/main.go":   "package main\n\nimport \"net\"\n\nfunc main() { net.Listen(\"tcp\", \":80\") }\n",
	})
	tests := map[string]int{"./hello": 0, "./net": len(networkParts)}
	for pkg, want := range tests {
		res, err := build.Build(t.Context(), options(t, dir, pkg))
		if err != nil {
			t.Errorf("%s: %v", pkg, err)
			continue
		}
		if got := networkSymbols(t, res.Image); len(got) != want {
			t.Errorf("%s has symbols of %q, want %d of %q", pkg, got, want, networkParts)
		}
	}
}
