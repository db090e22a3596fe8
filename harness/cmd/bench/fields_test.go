package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"unibench/harness/claims"
	"unibench/harness/compare"
	"unibench/harness/report"
	"unibench/harness/selftest"
	"unibench/harness/trend"
)

var update = flag.Bool("update", false, "write the golden files anew")

// printed are the values behind -json.
func printed() []struct {
	command string
	value   any
} {
	return []struct {
		command string
		value   any
	}{
		{"bench list", []listing{}},
		{"bench doctor", diagnosis{}},
		{"bench doctor -tune", tuning{}},
		{"bench stat", report.Report{}},
		{"bench compare", compare.Result{}},
		{"bench selftest", selftest.Summary{}},
		{"bench trend", trend.History{}},
		{"bench verify", verification{}},
		{"bench reproduce", []claims.Verdict{}},
		{"bench version", build{}},
	}
}

const fieldsHead = `With -json a command prints what follows. A field keeps its name, its type and its
meaning; new ones may come. One whose name ends with ? is left out when it is
empty, zero or false. [] stands for each value of a list, {} for each of a map. Of
several runs, bench stat prints one value after the other. bench run prints the value
of bench stat, and with -baseline those of bench compare behind it.
`

// field is one line of fields.txt.
type field struct {
	path     string // as jq would say it
	kind     string
	meaning  string
	optional bool
}

// fields describes a type as encoding/json writes it.
type fields struct {
	t        *testing.T
	comments map[string]string // by package, type and field
	out      []field
}

func (f *fields) walk(typ reflect.Type, at field, nullable bool) {
	marshals := typ.Implements(reflect.TypeFor[json.Marshaler]())
	or := func(kind string) string {
		if nullable {
			return kind + " or null"
		}
		return kind
	}
	switch {
	case typ == reflect.TypeFor[time.Time]():
		at.kind = "time, RFC 3339"
	case typ.Kind() == reflect.Pointer:
		f.walk(typ.Elem(), at, !at.optional)
		return
	case typ.Kind() == reflect.Slice:
		f.walk(typ.Elem(), field{at.path + "[]", "", at.meaning, at.optional}, false)
		return
	case typ.Kind() == reflect.Map:
		f.walk(typ.Elem(), field{at.path + "{}", "", at.meaning, at.optional}, false)
		return
	case typ.Kind() == reflect.Struct:
		if at.path != "" {
			at.kind = or("object")
			f.out = append(f.out, at)
		}
		f.structure(typ, at, marshals)
		return
	case typ.Kind() == reflect.Float64:
		nullable = nullable || marshals
		at.kind = or("number")
	case typ.Kind() == reflect.Bool:
		at.kind = or("boolean")
	case typ.Kind() == reflect.String:
		at.kind = or("string")
	case typ.ConvertibleTo(reflect.TypeFor[int64]()):
		at.kind = or("integer")
	default:
		f.t.Fatalf("%s: no word for a %v", at.path, typ)
	}
	f.out = append(f.out, at)
}

// structure walks fields. A struct that writes itself does so because of numbers that
// JSON does not have.
func (f *fields) structure(typ reflect.Type, at field, marshals bool) {
	for i := range typ.NumField() {
		g := typ.Field(i)
		name, options, _ := strings.Cut(g.Tag.Get("json"), ",")
		if name == "-" || !g.IsExported() {
			continue
		}
		if name == "" {
			name = g.Name
		}
		sub := field{path: at.path + "." + name, meaning: f.comments[typ.PkgPath()+"."+typ.Name()+"."+g.Name], optional: strings.Contains(options, "omitempty")}
		f.walk(g.Type, sub, marshals && g.Type.Kind() == reflect.Float64)
	}
}

// comments reads what the sources say about the fields of their types.
func comments(t *testing.T, root string) map[string]string {
	t.Helper()
	out := make(map[string]string)
	files, err := filepath.Glob(filepath.Join(root, "harness", "*", "*.go"))
	more, err2 := filepath.Glob(filepath.Join(root, "harness", "*", "*", "*.go"))
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	for _, name := range append(files, more...) {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		dir, err := filepath.Rel(root, filepath.Dir(name))
		if err != nil {
			t.Fatal(err)
		}
		pkg := "unibench/" + filepath.ToSlash(dir)
		if f.Name.Name == "main" { // as reflection calls it in a test of it
			pkg = reflect.TypeFor[build]().PkgPath()
		}
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok {
				return true
			}
			s, ok := spec.Type.(*ast.StructType)
			if !ok {
				return true
			}
			for _, g := range s.Fields.List {
				text := g.Comment.Text()
				if text == "" {
					text = g.Doc.Text()
				}
				for _, id := range g.Names {
					text, _ := strings.CutPrefix(strings.Join(strings.Fields(text), " "), id.Name+" says that ")
					out[pkg+"."+spec.Name.Name+"."+id.Name] = text
				}
			}
			return true
		})
	}
	return out
}

func fieldsOf(t *testing.T, value any, comments map[string]string) []field {
	t.Helper()
	f := &fields{t: t, comments: comments}
	f.walk(reflect.TypeOf(value), field{}, false)
	return f.out
}

// TestFields: fields.txt, which bench help json prints, is what the types say. Who
// changes a type sees here what a script will miss.
func TestFields(t *testing.T) {
	p := newPlace(t)
	said := comments(t, p.sourceRoot)
	var b strings.Builder
	b.WriteString(fieldsHead)
	for _, c := range printed() {
		fmt.Fprintf(&b, "\n%s -json\n", c.command)
		for _, f := range fieldsOf(t, c.value, said) {
			name := f.path
			if !strings.HasPrefix(name, ".") {
				name = "." + name
			}
			if f.optional {
				name += "?"
			}
			fmt.Fprintln(&b, strings.TrimRight(fmt.Sprintf("  %-44s %-16s %s", name, f.kind, f.meaning), " "))
		}
	}
	if *update {
		if err := os.WriteFile("fields.txt", []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if d := cmp.Diff(jsonFields, b.String()); d != "" {
		t.Errorf("fields.txt is not what the types say (go test -run TestFields -update writes it):\n%s", d)
	}
	if status, out, _ := p.ask("help", "json"); status != exitOK || out != jsonFields {
		t.Errorf("bench help json: status %d, %d bytes, want fields.txt", status, len(out))
	}
}

// TestJSON runs each command and holds what it prints against its fields.
func TestJSON(t *testing.T) {
	p := newPlace(t)
	p.compute()
	p.tunable(map[string]string{"sys/kernel/mm/ksm/run": "1"})
	results := filepath.Join(p.out, "results")
	for n := range 6 {
		history(n, 1, 0.005).Store(t, results, -1)
	}
	old, slow := history(7, 1, 0.005).Store(t, results, -1), history(8, 1.1, 0.005).Store(t, results, -1)
	copyClaims(t, p, results)
	outputs := map[string]string{}
	for _, c := range []struct {
		command string
		args    []string
		status  int
	}{
		{"bench list", []string{"list"}, exitOK},
		{"bench run", []string{"run", "-suite", "boot", "-targets", "process", "-run", "^Hello$", "-count", "3", "-force", "-out", filepath.Join(p.out, "measured")}, exitOK},
		{"bench doctor", []string{"doctor"}, -1}, // as the host is
		{"bench doctor -tune", []string{"doctor", "-tune", "-state", filepath.Join(p.out, "tune.json")}, exitOK},
		{"bench stat", []string{"stat", published(t, p, "net")}, exitOK},
		{"bench compare", []string{"compare", old, slow}, exitRegressed},
		{"bench trend", []string{"trend", results}, exitOK},
		{"bench verify", []string{"verify", filepath.Join(p.sourceRoot, "results")}, exitOK},
		{"bench reproduce", []string{"reproduce", "-results", results}, exitOK},
		{"bench version", []string{"version"}, exitOK},
	} {
		answer := p.do
		if c.args[0] == "doctor" {
			answer = p.ask // on the machine of files
		}
		status, out, stderr := answer(append(c.args, "-json")...)
		if c.status >= 0 && status != c.status {
			t.Errorf("%s -json: status %d, want %d\n%s", c.command, status, c.status, stderr)
		}
		outputs[c.command] = out
	}
	// A run prints what is stored of it.
	dirs, err := filepath.Glob(filepath.Join(p.out, "measured", "boot", "*", "*"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("runs %q, %v", dirs, err)
	}
	if _, out, stderr := p.do("stat", "-json", dirs[0]); out != outputs["bench run"] {
		t.Errorf("bench run -json printed\n%s\nand bench stat -json of its folder\n%s%s", outputs["bench run"], out, stderr)
	}
	delete(outputs, "bench run")
	// A self-test takes long: its summary is of made-up sessions.
	var b bytes.Buffer
	format := formatFlags{json: true}
	if err := made(t, 1, nil).Write(&b, format.chosen(), false); err != nil {
		t.Fatal(err)
	}
	outputs["bench selftest"] = b.String()
	for _, c := range printed() {
		known := make(map[string]field)
		for _, f := range fieldsOf(t, c.value, nil) {
			known[f.path] = f
		}
		var v any
		if err := json.Unmarshal([]byte(outputs[c.command]), &v); err != nil {
			t.Errorf("%s -json: %v\n%s", c.command, err, outputs[c.command])
			continue
		}
		seen := make(map[string]bool)
		look(t, c.command, v, "", known, seen)
		if len(seen) == 0 {
			t.Errorf("%s -json prints no field", c.command)
		}
	}
	if status, _, stderr := p.ask("compare", "-json", "-format", "csv", old, slow); status != exitUsage || !strings.Contains(stderr, "two formats") {
		t.Errorf("-json -format csv: status %d, %s", status, stderr)
	}
	if status, out, _ := p.ask("compare", "-format", "json", old, slow); status != exitRegressed || out != outputs["bench compare"] {
		t.Errorf("-format json is not -json: status %d\n%s", status, out)
	}
}

// look walks a value that was printed: each field is known and has its kind, and those
// that must be there are.
func look(t *testing.T, command string, v any, path string, known map[string]field, seen map[string]bool) {
	t.Helper()
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			look(t, command, e, path+"[]", known, seen)
		}
	case map[string]any:
		if strings.HasSuffix(known[path].kind, "null") || path == "" || strings.HasPrefix(known[path].kind, "object") {
			for name, e := range v {
				look(t, command, e, path+"."+name, known, seen)
			}
			for name, f := range known {
				own, below := strings.CutPrefix(name, path+".")
				_, there := v[strings.TrimRight(own, "[]{}")]
				if below && !strings.Contains(own, ".") && !f.optional && !there {
					t.Errorf("%s -json: %s is missing", command, name)
				}
			}
			seen[path] = true
			return
		}
		for _, e := range v {
			look(t, command, e, path+"{}", known, seen)
		}
	default:
		f, ok := known[path]
		for _, end := range []string{"[]", "{}"} { // a list that is null
			if _, list := known[path+end]; v == nil && list {
				return
			}
		}
		kinds := map[string]string{"string": "string time,", "float64": "number integer", "bool": "boolean", "<nil>": f.kind}
		kind, _, _ := strings.Cut(f.kind, " ")
		if !ok || !strings.Contains(kinds[fmt.Sprintf("%T", v)], kind) || v == nil && !strings.HasSuffix(f.kind, "or null") {
			t.Errorf("%s -json: %s is %v, fields.txt says %q", command, path, v, f.kind)
		}
		seen[path] = true
	}
}
