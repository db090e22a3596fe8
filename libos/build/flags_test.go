package build

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlanFlags(t *testing.T) {
	tests := []struct {
		name    string
		args    []string
		goflags string
		want    flagPlan
		bad     string // flag of the FlagError
	}{
		{name: "none"},
		{
			name: "forms",
			args: []string{"-tags", "a,b", "--trimpath", "-ldflags=-s -w", "-v", "-mod=vendor"},
			want: flagPlan{
				pass: []string{"-tags=a,b", "-trimpath", "-ldflags=-s -w", "-v", "-mod=vendor"},
				list: []string{"-tags=a,b", "-mod=vendor"},
			},
		},
		{
			name: "paths",
			args: []string{"-C", "sub", "-modfile=x.mod", "-pgo", "p.prof", "-overlay", "/o.json"},
			want: flagPlan{
				pass:    []string{"-modfile=/dir/x.mod", "-pgo=/dir/p.prof"},
				list:    []string{"-modfile=/dir/x.mod", "-pgo=/dir/p.prof"},
				overlay: "/o.json",
			},
		},
		{name: "pgo off", args: []string{"-pgo=off"}, want: flagPlan{pass: []string{"-pgo=off"}, list: []string{"-pgo=off"}}},
		{name: "overlay of GOFLAGS", goflags: "-overlay=o.json -count=1", want: flagPlan{overlay: "/dir/o.json"}},
		{name: "overlay of both", goflags: "-overlay=o.json", args: []string{"-overlay=p.json"}, want: flagPlan{overlay: "/dir/p.json"}},
		{name: "race off", args: []string{"-race=false"}, want: flagPlan{pass: []string{"-race=false"}}},
		{name: "exe", args: []string{"-buildmode", "exe"}, want: flagPlan{pass: []string{"-buildmode=exe"}}},
		{name: "race", args: []string{"-race"}, bad: "-race"},
		{name: "race of GOFLAGS", goflags: "'-race'", bad: "-race"},
		{name: "msan", args: []string{"-msan=true"}, bad: "-msan"},
		{name: "asan", args: []string{"-asan"}, bad: "-asan"},
		{name: "pie", args: []string{"-buildmode=pie"}, bad: "-buildmode=pie"},
		{name: "shared", args: []string{"-linkshared"}, bad: "-linkshared"},
		{name: "gccgo", args: []string{"-compiler", "gccgo"}, bad: "-compiler=gccgo"},
		{name: "unknown", args: []string{"-nonsense"}, bad: "-nonsense"},
		{name: "no value", args: []string{"-tags"}, bad: "-tags"},
		{name: "package", args: []string{"./app"}, bad: "./app"},
		{name: "output", args: []string{"-o", "x"}, bad: "-o"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var goflags []goFlag
			words, err := splitQuoted(tt.goflags)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range words {
				goflags = append(goflags, cutFlag(w))
			}
			flags, err := parseGoFlags(tt.args)
			var got flagPlan
			if err == nil {
				got, err = planFlags(flags, goflags, "/dir")
			}
			var bad *FlagError
			if errors.As(err, &bad); (bad != nil) != (tt.bad != "") || bad != nil && bad.Flag != tt.bad {
				t.Fatalf("flags %q: %v, want an error for %q", tt.args, err, tt.bad)
			}
			if err == nil && !cmp.Equal(tt.want, got, cmp.AllowUnexported(flagPlan{})) {
				t.Errorf("flags %q: got %+v, want %+v", tt.args, got, tt.want)
			}
		})
	}
}

func TestSplitQuoted(t *testing.T) {
	tests := []struct {
		in   string
		want []string
		ok   bool
	}{
		{"", nil, true},
		{" \t ", nil, true},
		{"-a -b=c", []string{"-a", "-b=c"}, true},
		{`'-ldflags=-s -w' "-tags=it's"`, []string{"-ldflags=-s -w", "-tags=it's"}, true},
		{"'-x", nil, false},
	}
	for _, tt := range tests {
		got, err := splitQuoted(tt.in)
		if (err == nil) != tt.ok || !cmp.Equal(got, tt.want) {
			t.Errorf("splitQuoted(%q) = %q, %v, want %q", tt.in, got, err, tt.want)
		}
	}
}

func TestFlagLists(t *testing.T) {
	for name, want := range map[string]bool{"mod": true, "trimpath": true, "race": false, "linkshared": false, "buildmode": false, "bench": false} {
		if got := slices.Contains(GoFlags(), name); got != want {
			t.Errorf("GoFlags() has %s: %v, want %v", name, got, want)
		}
	}
	for name, want := range map[string]bool{"mod": true, "bench": true, "fuzz": false, "exec": false, "race": false} {
		if got := slices.Contains(TestFlags(), name); got != want {
			t.Errorf("TestFlags() has %s: %v, want %v", name, got, want)
		}
	}
}
