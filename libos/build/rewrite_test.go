package build

import (
	"strings"
	"testing"
)

func TestRewriteGo(t *testing.T) {
	tests := []struct {
		name, in, want string
		fails          bool
	}{
		{name: "none", in: "package p\n\nimport \"fmt\"\n", want: "package p\n\nimport \"fmt\"\n"},
		{
			name: "block, names, order",
			in: "package p\n\nimport (\n\tx \"unibench/libos/guest/kern\"\n\t_ \"unsafe\"\n\t. \"unibench/libos/guest/net/tcp\" // c\n" +
				"\t`unibench/libos/abi`\n)\n",
			want: "package p\n\nimport (\n\tx \"internal/libos/kern\"\n\t_ \"unsafe\"\n\t. \"internal/libos/net/tcp\" // c\n" +
				"\t\"internal/libos/abi\"\n)\n",
		},
		{
			name: "strings and comments stay",
			in:   "// unibench/libos/abi\npackage p\n\nimport \"unibench/libos/abi\"\n\nvar s = \"unibench/libos/abi\"\n",
			want: "// unibench/libos/abi\npackage p\n\nimport \"internal/libos/abi\"\n\nvar s = \"unibench/libos/abi\"\n",
		},
		{
			name: "only whole paths",
			in:   "package p\n\nimport (\n\t\"unibench/libos/abix\"\n\t\"unibench/libos/guest\"\n)\n",
			want: "package p\n\nimport (\n\t\"unibench/libos/abix\"\n\t\"unibench/libos/guest\"\n)\n",
		},
		{
			name: "linkname",
			in: "package p\n\n//go:linkname a unibench/libos/guest/kern.b\nfunc a()\n\n//go:linkname c runtime.c\nfunc c()\n\n" +
				"//go:linkname d\nfunc d()\n",
			want: "package p\n\n//go:linkname a internal/libos/kern.b\nfunc a()\n\n//go:linkname c runtime.c\nfunc c()\n\n" +
				"//go:linkname d\nfunc d()\n",
		},
		{name: "syntax", in: "package p\n\nimport \"unibench\n", fails: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := rewriteGo("x.go", []byte(tt.in), imageImport)
			if (err != nil) != tt.fails {
				t.Fatalf("rewriteGo = %v, want failure %v", err, tt.fails)
			}
			if err == nil && string(got) != tt.want {
				t.Errorf("rewriteGo =\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestResolveTag(t *testing.T) {
	tests := []struct {
		constraint   string
		want         string // the line that is left
		keep, tagged bool
	}{
		{"//go:build linux", "//go:build linux", true, false},
		{"//go:build unibench_guest", "", true, true},
		{"//go:build !unibench_guest", "", false, true},
		{"//go:build unibench_guest && amd64", "//go:build amd64", true, true},
		{"//go:build linux && !unibench_guest", "", false, true},
		{"//go:build !(linux && unibench_guest)", "//go:build !linux", true, true},
		{"//go:build linux || unibench_guest", "", true, true},
		{"//go:build !unibench_guest || (linux && !race)", "//go:build linux && !race", true, true},
		{"//go:build !unibench_guest || !unibench_guest", "", false, true},
		{"//go:build (unibench_guest && a) || b", "//go:build a || b", true, true},
	}
	for _, tt := range tests {
		in := "// Copyright\n\n" + tt.constraint + "\n\npackage p\n"
		got, keep, tagged, err := resolveTag([]byte(in))
		if err != nil || keep != tt.keep || tagged != tt.tagged {
			t.Errorf("resolveTag(%q) = %v, %v, %v, want %v, %v, nil", tt.constraint, keep, tagged, err, tt.keep, tt.tagged)
			continue
		}
		if keep {
			if want := strings.Replace(in, tt.constraint, tt.want, 1); string(got) != want {
				t.Errorf("resolveTag(%q) = %q, want %q", tt.constraint, got, want)
			}
		}
	}
	if _, _, _, err := resolveTag([]byte("//go:build unibench_guest &&\n")); err == nil {
		t.Error("resolveTag of a broken constraint = nil, want an error")
	}
	// Below the package clause it is an ordinary comment.
	in := "package p\n\n//go:build unibench_guest\n"
	if got, keep, tagged, err := resolveTag([]byte(in)); string(got) != in || !keep || tagged || err != nil {
		t.Errorf("resolveTag(%q) = %q, %v, %v, %v", in, got, keep, tagged, err)
	}
}
