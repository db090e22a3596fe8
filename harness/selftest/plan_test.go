package selftest_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"unibench/harness/selftest"
)

func samplePlan() *selftest.Plan {
	return &selftest.Plan{
		Schema: selftest.PlanSchema, Start: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Argv: []string{"bench", "selftest"},
		Configs: []json.RawMessage{json.RawMessage(`{"suite":"boot"}`)}, Reps: 10, Share: 0.05, Min: 0.03,
	}
}

func TestPlan(t *testing.T) {
	data, err := samplePlan().Format()
	if err != nil {
		t.Fatal(err)
	}
	got, err := selftest.ParsePlan(data)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got.Configs { // indented with the rest
		var v any
		if err := json.Unmarshal(got.Configs[i], &v); err != nil {
			t.Fatal(err)
		}
		if got.Configs[i], err = json.Marshal(v); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(samplePlan(), got); diff != "" {
		t.Errorf("ParsePlan (-want +got):\n%s", diff)
	}
	text := string(data)
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "cut short"},
		{"cut", text[:len(text)/2], "cut short"},
		{"newer", strings.Replace(text, `"schema": 1`, `"schema": 2, "later": 1`, 1), "schema version 2, and this bench knows version 1"},
		{"older", strings.Replace(text, `"schema": 1`, `"schema": 0`, 1), "schema version 0, want 1"},
		{"unknown field", strings.Replace(text, `"reps"`, `"rep"`, 1), "unknown field"},
		{"no repetitions", strings.Replace(text, `"reps": 10`, `"reps": 0`, 1), "repetitions"},
		{"share", strings.Replace(text, `"share": 0.05`, `"share": -1`, 1), "shares"},
		{"two", text + text, "more than one"},
	} {
		if _, err := selftest.ParsePlan([]byte(c.text)); !errors.Is(err, selftest.ErrPlan) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := (&selftest.Plan{}).Format(); !errors.Is(err, selftest.ErrPlan) {
		t.Errorf("Format of nothing = %v", err)
	}
}

func FuzzParsePlan(f *testing.F) {
	data, err := samplePlan().Format()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := selftest.ParsePlan(data)
		if err != nil {
			if !errors.Is(err, selftest.ErrPlan) {
				t.Fatal(err)
			}
			return
		}
		if _, err := p.Format(); err != nil {
			t.Fatalf("Format of a parsed plan: %v", err)
		}
	})
}
