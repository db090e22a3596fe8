package repocheck

import (
	"path"
	"slices"
	"strings"
	"testing"
)

// A layer is a folder with all below it that no longer entry covers.
type layer struct {
	folder string
	// may lists the folders of this module that it may import, with all below
	// them; its own are always allowed.
	may []string
	// modules lists the other modules that it may use.
	modules []string
}

// Every test may use these, and more of its own product than the package does, to
// make what it looks at.
var (
	testModules = []string{"github.com/google/go-cmp", "golang.org/x/sys/unix", "golang.org/x/net/html", "golang.org/x/tools/txtar", "golang.org/x/arch/x86/x86asm"}
	testMay     = map[string][]string{
		"libos":     {"libos"},
		"harness":   {"harness", "baselines", "libos/monitor"},
		"baselines": {"baselines"},
	}
)

// layers is the order of the repository: what is higher may import what is
// lower. A folder that is not covered is an error, so that it gets its place.
var layers = []layer{
	{folder: "libos"},
	{folder: "libos/abi"},
	{folder: "libos/guest", may: []string{"libos/abi"}},
	{folder: "libos/guest/netstack", may: []string{"libos/abi", "libos/guest"}, modules: []string{"gvisor.dev/gvisor"}},
	{folder: "libos/image", may: []string{"libos/abi"}},
	{folder: "libos/initrd", may: []string{"libos/guest/cpio"}, modules: []string{"golang.org/x/sys"}},
	{folder: "libos/vmm", may: []string{"libos/abi", "libos/image"}, modules: []string{"golang.org/x/sys"}},
	{folder: "libos/monitor", may: []string{"libos/abi", "libos/image", "libos/vmm"}, modules: []string{"golang.org/x/sys"}},
	{folder: "libos/build", may: []string{"libos"}, modules: []string{"golang.org/x/mod", "golang.org/x/tools"}},
	{folder: "libos/inspect", may: []string{"libos/abi", "libos/image"}, modules: []string{"golang.org/x/arch"}},
	{folder: "libos/doctor", may: []string{"libos/build"}, modules: []string{"golang.org/x/sys"}},
	{folder: "libos/e2e", may: []string{"libos"}, modules: []string{"golang.org/x/net"}},
	{folder: "libos/cmd", may: []string{"libos"}, modules: []string{"golang.org/x/sys"}},

	// What a program may use wherever it runs.
	{folder: "libos/zerocopy", modules: []string{"golang.org/x/net"}},

	{folder: "workloads"},
	{folder: "workloads/zc", may: []string{"libos/zerocopy", "workloads/internal"}},
	{folder: "baselines", modules: []string{"golang.org/x/sys", "github.com/opencontainers/runtime-spec"}},

	{folder: "harness/record", modules: []string{"golang.org/x/perf"}},
	{folder: "harness/stats", modules: []string{"golang.org/x/perf"}},
	{folder: "harness/hist", modules: []string{"github.com/HdrHistogram/hdrhistogram-go"}},
	{folder: "harness/host", modules: []string{"golang.org/x/sys", "github.com/shirou/gopsutil/v3"}},
	{folder: "harness/table", modules: []string{"github.com/olekukonko/tablewriter"}},
	{folder: "harness/table/tabletest", modules: []string{"github.com/google/go-cmp"}},
	{folder: "harness/report", may: []string{"harness/record", "harness/stats", "harness/table"}, modules: []string{"golang.org/x/perf"}},
	{folder: "harness/claims", may: []string{"harness/record", "harness/stats", "harness/table", "harness/report"}},
	{folder: "harness/verify", may: []string{"harness/record", "harness/table", "harness/report"}},
	{folder: "harness/paper", may: []string{"harness/record", "harness/stats", "harness/report", "harness/claims"}},
	{folder: "harness/noise"},
	{folder: "harness/compare", may: []string{"harness/record", "harness/stats", "harness/table", "harness/report", "harness/noise"}, modules: []string{"golang.org/x/perf"}},
	{folder: "harness/export", may: []string{"harness/record", "harness/compare"}, modules: []string{"golang.org/x/perf"}},
	{folder: "harness/changepoint"},
	{
		folder: "harness/trend",
		may:    []string{"harness/record", "harness/stats", "harness/table", "harness/report", "harness/noise", "harness/changepoint"},
	},
	{
		folder: "harness/plot", may: []string{"harness/record", "harness/hist", "harness/stats", "harness/report", "harness/compare", "harness/trend"},
		modules: []string{"golang.org/x/perf", "golang.org/x/image", "gonum.org/v1/plot"},
	},
	{
		folder: "harness/page",
		may:    []string{"harness/record", "harness/stats", "harness/table", "harness/report", "harness/plot", "harness/host", "harness/compare", "harness/trend", "harness/noise"},
		// Widths of texts in figures.
		modules: []string{"gonum.org/v1/plot/vg"},
	},
	{
		folder: "harness/serve",
		may:    []string{"harness/page", "harness/record", "harness/report", "harness/plot", "harness/compare", "harness/trend", "harness/noise"},
	},
	{folder: "harness/loadgen", may: []string{"harness/record", "harness/stats", "harness/host"}, modules: []string{"golang.org/x/sys", "github.com/HdrHistogram/hdrhistogram-go"}},
	{folder: "harness/netlab", may: []string{"baselines/launch"}, modules: []string{"golang.org/x/sys", "github.com/vishvananda"}},
	{folder: "harness/trial", may: []string{"harness/record", "harness/stats", "harness/host"}, modules: []string{"golang.org/x/sys"}},
	{
		folder: "harness/target", modules: []string{"golang.org/x/sys"},
		may: []string{"harness/trial", "harness/loadgen", "harness/netlab", "harness/record", "harness/stats", "harness/host", "baselines", "libos/monitor"},
	},
	{
		folder: "harness/suite", modules: []string{"golang.org/x/sys"},
		may: []string{"harness/target", "harness/trial", "harness/loadgen", "harness/netlab", "harness/record", "harness/hist", "harness/stats", "harness/host", "baselines", "libos/monitor"},
	},
	{folder: "harness/baseline", may: []string{"harness/record", "harness/target", "harness/trial"}},
	{
		folder: "harness/selftest",
		may:    []string{"harness/record", "harness/stats", "harness/table", "harness/report", "harness/noise", "harness/compare"},
	},
	{folder: "harness/cmd", may: []string{"harness", "baselines"}, modules: []string{"golang.org/x/sys", "golang.org/x/mod"}},

	{folder: "scripts"},
}

// layerOf returns the entry with the longest folder that covers dir.
func layerOf(dir string) (best layer, ok bool) {
	for _, l := range layers {
		if in(dir, l.folder) && len(l.folder) >= len(best.folder) {
			best, ok = l, true
		}
	}
	// libos itself holds the sources and nothing else.
	if best.folder == "libos" && dir != "libos" {
		return layer{}, false
	}
	return best, ok
}

// allowed reports whether a package in dir may import target.
func allowed(dir, target string, test bool) bool {
	l, ok := layerOf(dir)
	if !ok {
		return false
	}
	covers := func(folder string) bool { return in(target, folder) }
	own, inModule := strings.CutPrefix(target, module+"/")
	switch {
	case inModule:
		target = own
		product, _, _ := strings.Cut(dir, "/")
		return covers(l.folder) || slices.ContainsFunc(l.may, covers) || test && slices.ContainsFunc(testMay[product], covers)
	case !strings.Contains(strings.SplitN(target, "/", 2)[0], "."):
		return true // the standard library
	}
	return slices.ContainsFunc(l.modules, covers) || test && slices.ContainsFunc(testModules, covers)
}

// TestLayers checks every import of every file, whatever its build constraints.
func TestLayers(t *testing.T) {
	for _, s := range sources(t) {
		if _, ok := layerOf(s.dir()); !ok {
			t.Errorf("%s: %s has no place in the layers of this test: give it one", s.name, s.dir())
			continue
		}
		if strings.Contains(s.name, "testdata/") {
			continue // programs for tests are modules of their own mind
		}
		for target, spec := range s.imports() {
			if !allowed(s.dir(), target, s.test()) {
				t.Errorf("%s: %s may not import %s", s.at(spec), s.dir(), target)
			}
		}
	}
}

// TestAllowed has the rules of the design that matter most, as examples.
func TestAllowed(t *testing.T) {
	tests := []struct {
		dir, target string
		test        bool
		want        bool
	}{
		{"libos/build", "unibench/harness/record", false, false},
		{"libos/build", "unibench/harness/record", true, false},
		{"libos/guest/posix", "unibench/libos/abi", false, true},
		{"libos/guest/posix", "unibench/libos/guest/vfs", false, true},
		{"libos/guest/posix", "unibench/libos/vmm", false, false},
		{"libos/guest/posix", "golang.org/x/sys/unix", false, false},
		{"workloads/hello", "unibench/libos/abi", false, false},
		{"workloads/hello", "fmt", false, true},
		{"workloads/kv", "unibench/workloads/internal/server", false, true},
		{"workloads/zc/echo", "unibench/workloads/internal/server", false, true},
		{"workloads/internal/server", "unibench/libos/zerocopy", false, false},
		{"harness/record", "unibench/harness/stats", false, false},
		{"harness/target", "unibench/libos/monitor", false, true},
		{"harness/target", "unibench/libos/vmm", false, false},
		{"harness/target", "github.com/google/go-cmp/cmp", false, false},
		{"harness/target", "github.com/google/go-cmp/cmp", true, true},
		{"libos/new", "fmt", false, false},
	}
	for _, test := range tests {
		if got := allowed(test.dir, test.target, test.test); got != test.want {
			t.Errorf("allowed(%s, %s, test %v) = %v, want %v", test.dir, test.target, test.test, got, test.want)
		}
	}
}

// TestTopFolders: the folders at the top are fixed, and each holds something.
func TestTopFolders(t *testing.T) {
	want := []string{".ci", "baselines", "harness", "libos", "paper", "results", "scripts", "workloads"}
	var got []string
	for _, name := range tracked(t) {
		if top, _, below := strings.Cut(name, "/"); below && !slices.Contains(got, top) {
			got = append(got, top)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("top folders are %v, want %v", got, want)
	}
	for _, name := range []string{"README.md", "LICENSE", "go.mod", path.Join(".ci", "run")} {
		if !slices.Contains(tracked(t), name) {
			t.Errorf("%s is missing", name)
		}
	}
}
