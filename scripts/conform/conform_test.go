package main

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const events = `# some text of the build
{"ImportPath":"p","Action":"build-output","Output":"x\n"}
{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:1: why\n"}
{"Action":"fail","Package":"p","Test":"TestA","Elapsed":0.1}
{"Action":"run","Package":"p","Test":"TestB"}
{"Action":"pass","Package":"p","Test":"TestB"}
{"Action":"run","Package":"p","Test":"TestC"}
{"Action":"output","Package":"p","Test":"TestC","Output":"fatal error: it died\n"}
{"Action":"fail","Package":"p","Elapsed":1.5}
{"Action":"start","Package":"q"}
{"Action":"fail","Package":"q","Elapsed":0,"FailedBuild":"q"}
`

func TestReadEvents(t *testing.T) {
	var got []packageOutcome
	if err := readEvents(strings.NewReader(events), func(p packageOutcome) error { got = append(got, p); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 {
		t.Fatalf("%d outcomes, want 2: %+v", len(got), got)
	}
	p := got[0]
	if want := map[string]string{"TestA": fail, "TestB": pass}; p.Action != fail || p.Seconds != 1.5 || !reflect.DeepEqual(p.Tests, want) {
		t.Errorf("p = %+v, want tests %v", p, want)
	}
	if p.Reasons["TestA"] != "    a_test.go:1: why\n" || p.Reasons["TestC"] != "fatal error: it died\n" {
		t.Errorf("reasons %q", p.Reasons)
	}
	if got[1].Action != noBuild {
		t.Errorf("q: %s, want %s", got[1].Action, noBuild)
	}
	// The names of two subtests differ in addresses only, and one of them fails.
	const pointers = `{"Package":"r","Test":"TestP/[](0xc000012345)","Action":"pass","Elapsed":2}
{"Package":"r","Test":"TestP/[](0xc000054321)","Action":"fail","Elapsed":1}
{"Package":"r","Test":"TestP/[](0xc000054399)","Action":"pass"}
{"Package":"r","Test":"TestP/(0x1f)","Action":"pass"}
{"Package":"r","Test":"TestP/As(x,_0x370200d4028)","Action":"pass"}
{"Package":"r","Action":"fail"}
`
	if err := readEvents(strings.NewReader(pointers), func(p packageOutcome) error { got = append(got, p); return nil }); err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"TestP/[](0x*)": fail, "TestP/(0x1f)": pass, "TestP/As(x,_0x*)": pass}; !reflect.DeepEqual(got[2].Tests, want) || got[2].Took["TestP/[](0x*)"] != 2 {
		t.Errorf("r = %+v, want tests %v", got[2], want)
	}
	if err := readEvents(strings.NewReader("{broken"), nil); err == nil {
		t.Error("no error for what is not JSON")
	}
}

func TestExpected(t *testing.T) {
	x, err := parseExpected(strings.NewReader("# comment\nreason exec no fork\noutput exec fork of .* failed$\nexec os TestExec* TestStat/child !TestBad\nexec net !TestX/y\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		pkg, test, want string
	}{
		{"os", "TestExecutable", "exec"}, {"os", "TestExecutable/deep/er", "exec"}, {"os", "TestStat/child", "exec"},
		{"os", "TestStat/child/below", "exec"}, {"os", "TestStat", "exec"}, {"os", "TestStat/other", ""},
		{"os", "TestBad", "exec"}, {"os", "TestBadly", ""}, {"io", "TestExecutable", ""}, {"os", "Test", ""},
	} {
		if got := x.reason(c.pkg, c.test, "says something"); got != c.want {
			t.Errorf("reason(%s, %s) = %q, want %q", c.pkg, c.test, got, c.want)
		}
	}
	if got := x.reason("any", "TestAny", "fork of it failed"); got != "exec" {
		t.Errorf("reason by output = %q", got)
	}
	if got, want := x.leaves("os"), "^TestBad$"; got != want {
		t.Errorf("leaves(os) = %q, want %q", got, want)
	}
	if got, want := x.leaves("net"), "^TestX$/^y$"; got != want {
		t.Errorf("leaves(net) = %q, want %q", got, want)
	}
	if got, want := x.unused(func(string) bool { return true }), []string{"exec net TestX/y"}; !slices.Equal(got, want) {
		t.Errorf("unused = %q, want %q", got, want)
	}
	again, err := parseExpected(bytes.NewReader(x.text()))
	if err != nil || len(again.rules) != len(x.rules) || again.reasons["exec"] != "no fork" {
		t.Errorf("what text writes reads as %+v, %v", again, err)
	}
	for _, bad := range []string{"exec os TestX", "reason exec", "output exec x", "reason a b\noutput a (", "reason a b\nreason a c", "reason a b\na os [", "reason a b\na os !T*"} {
		if _, err := parseExpected(strings.NewReader(bad)); err == nil {
			t.Errorf("parseExpected(%q) succeeds", bad)
		}
	}
}

// TestBuiltin: the lists of the repository are readable.
func TestBuiltin(t *testing.T) {
	if _, err := parseExpected(strings.NewReader(builtinExpected)); err != nil {
		t.Error(err)
	}
	if len(strings.Fields(shortList)) < 10 {
		t.Errorf("the short list is %q", shortList)
	}
}

func outcomes(list ...packageOutcome) map[string]packageOutcome {
	m := map[string]packageOutcome{}
	for _, p := range list {
		m[p.Package] = p
	}
	return m
}

func TestCompare(t *testing.T) {
	x, err := parseExpected(strings.NewReader("reason exec no fork\nexec p TestFork TestGone\n"))
	if err != nil {
		t.Fatal(err)
	}
	process := outcomes(packageOutcome{Package: "p", Tests: map[string]string{
		"TestOK": pass, "TestFork": pass, "TestBroken": pass, "TestLost": pass, "TestSkip": skip, "TestFail": fail,
	}})
	unikernel := outcomes(packageOutcome{
		Package: "p", Reasons: map[string]string{"TestBroken": "because", "": "died"},
		Tests: map[string]string{"TestOK": pass, "TestFork": fail, "TestBroken": fail, "TestSkip": pass, "TestMore": pass, "TestFail": pass},
	})
	c := compare(process, unikernel, x)
	r := c.Rows[0]
	if want := (counts{Pass: 4, Fail: 1, Skip: 1}); r.Process != want {
		t.Errorf("process %+v, want %+v", r.Process, want)
	}
	if want := (counts{Pass: 3, Fail: 2, Missing: 1}); r.Unikernel != want || r.Both != 1 || r.share() != 0.25 {
		t.Errorf("unikernel %+v, both %d, share %v", r.Unikernel, r.Both, r.share())
	}
	if c.unexpected() != 2 || !slices.Equal(c.Stale, []string{"exec p TestGone"}) {
		t.Errorf("%d unexpected, stale %q", c.unexpected(), c.Stale)
	}
	var text bytes.Buffer
	c.print(&text)
	for _, want := range []string{"differs: p TestBroken: passes as a process, as a unikernel: fail\n\tbecause\n", "TestLost: passes as a process, as a unikernel: did not end\n\tdied", "1 packages: 1 of the 4 tests"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("output lacks %q:\n%s", want, &text)
		}
	}
	for name, text := range map[string]string{"table": string(c.markdown(info{})), "csv": string(c.csv()), "differences": string(c.differences(x))} {
		if !strings.Contains(text, "p") || strings.Contains(text, "%!") {
			t.Errorf("%s:\n%s", name, text)
		}
	}
	if d := string(c.differences(x)); !strings.Contains(d, "## no fork: 1") || !strings.Contains(d, "## Not expected: 2") {
		t.Errorf("differences:\n%s", d)
	}
}

// TestInherit: a test fails with its subtests.
func TestInherit(t *testing.T) {
	list := []difference{
		{Test: "TestA", Outcome: fail}, {Test: "TestA/x", Outcome: fail, Expected: "exec"}, {Test: "TestA/y", Outcome: fail, Expected: "exec"},
		{Test: "TestB", Outcome: fail}, {Test: "TestB/x", Outcome: fail, Expected: "exec"}, {Test: "TestB/y", Outcome: fail},
		{Test: "TestC", Outcome: fail}, {Test: "TestD", Outcome: ""}, {Test: "TestD/x", Outcome: fail, Expected: "exec"},
		{Test: "TestE", Outcome: fail}, {Test: "TestE/x", Outcome: fail}, {Test: "TestE/x/y", Outcome: fail, Expected: "exec"},
		{Test: "TestAF", Outcome: fail, Expected: "exec"}, {Test: "TestAF/x"}, {Test: "TestAF/x/y"}, {Test: "TestG/x"},
	}
	inherit(list)
	for _, d := range list {
		want := ""
		if strings.HasPrefix(d.Test, "TestA") || d.Test == "TestB/x" || d.Test == "TestD/x" || strings.HasPrefix(d.Test, "TestE") {
			want = "exec"
		}
		if d.Expected != want {
			t.Errorf("%s: reason %q, want %q", d.Test, d.Expected, want)
		}
	}
}

// TestStore interrupts a run and goes on with it.
func TestStore(t *testing.T) {
	c := config{out: t.TempDir(), memory: "1G"}
	s, err := openStore(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := packageOutcome{Package: "a/b", Action: pass, Tests: map[string]string{"TestA": pass}, Took: map[string]float64{"TestA": 0.25}}
	if err := s.put(processSide, p); err != nil {
		t.Fatal(err)
	}
	again, err := openStore(t.Context(), config{resume: s.dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !again.has(processSide, "a/b") || again.has(unikernelSide, "a/b") || len(again.info.Resumed) != 1 {
		t.Errorf("after resuming: %+v", again)
	}
	if err := again.put(unikernelSide, p); err != nil {
		t.Fatal(err)
	}
	x, err := parseExpected(strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	report := compare(again.outcomes(processSide), again.outcomes(unikernelSide), x)
	if err := again.finish(report, x); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(s.dir, "tests.csv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(z).ReadAll()
	want := [][]string{{"package", "test", "process", "unikernel", "process-s", "unikernel-s"}, {"a/b", "TestA", pass, pass, "0.25", "0.25"}}
	if err != nil || !reflect.DeepEqual(lines, want) {
		t.Errorf("tests.csv.gz = %q, %v, want %q", lines, err, want)
	}
	if _, err := os.Stat(filepath.Join(s.dir, "state")); err == nil {
		t.Error("the state of a complete run is still there")
	}
	if _, err := openStore(t.Context(), config{resume: t.TempDir()}, nil); err == nil {
		t.Error("resuming what is no run succeeds")
	}
}

func TestUsage(t *testing.T) {
	var stdout, stderr bytes.Buffer
	for args, want := range map[string]int{"-nonsense": 2, "-out x -resume y": 2, "-short -modules": 2, "-h": 0, "-uni none": 1, "-times 0": 2} {
		if got := status(&stderr, run(t.Context(), &stdout, &stderr, strings.Fields(args))); got != want {
			t.Errorf("conform %s: status %d, want %d\n%s", args, got, want, &stderr)
		}
	}
}
