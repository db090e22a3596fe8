package tune

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	policy  = "sys/devices/system/cpu/cpufreq/policy"
	noTurbo = "sys/devices/system/cpu/intel_pstate/no_turbo"
	boost   = "sys/devices/system/cpu/cpufreq/boost"
	thp     = "sys/kernel/mm/transparent_hugepage/enabled"
	ksm     = "sys/kernel/mm/ksm/run"
	aslr    = "proc/sys/kernel/randomize_va_space"
	numa    = "proc/sys/kernel/numa_balancing"
	bootID  = "proc/sys/kernel/random/boot_id"
)

// machine makes a machine of files, and a place for the state.
func machine(t *testing.T, files map[string]string) (m *Machine, state string) {
	t.Helper()
	m = &Machine{Root: t.TempDir()}
	put(t, m, bootID, "first-boot")
	for name, text := range files {
		put(t, m, name, text)
	}
	return m, filepath.Join(t.TempDir(), "a", "tune.json")
}

func put(t *testing.T, m *Machine, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(m.inside(name)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(m.inside(name), []byte(text+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// content reads the values of all files.
func content(t *testing.T, m *Machine) map[string]string {
	t.Helper()
	out := make(map[string]string)
	for _, s := range settings() {
		for _, f := range s.files {
			for _, name := range m.glob(f.pattern) {
				text, err := os.ReadFile(m.inside(name))
				if err != nil {
					t.Fatal(err)
				}
				out[name] = f.current(string(text))
			}
		}
	}
	return out
}

// outcomes sums up changes.
func outcomes(changes []Change) string {
	var out []string
	for _, c := range changes {
		out = append(out, c.Setting+" "+string(c.Outcome))
	}
	return strings.Join(out, ", ")
}

func laptop() map[string]string {
	return map[string]string{
		policy + "0/scaling_governor": "schedutil", policy + "2/scaling_governor": "performance", policy + "10/scaling_governor": "schedutil",
		policy + "0/scaling_available_governors": "performance schedutil", policy + "10/scaling_available_governors": "performance schedutil",
		noTurbo: "0", thp: "[always] madvise never", ksm: "1", aslr: "0", numa: "1",
	}
}

func TestApplyAndRestore(t *testing.T) {
	m, state := machine(t, laptop())
	before := content(t, m)
	changes, err := m.Apply(state)
	if err != nil {
		t.Fatal(err)
	}
	want := []Change{
		{Setting: "governor", Path: "/" + policy + "0/scaling_governor", Was: "schedutil", Now: "performance", Outcome: Changed},
		{Setting: "governor", Path: "/" + policy + "2/scaling_governor", Was: "performance", Now: "performance", Outcome: Already},
		{Setting: "governor", Path: "/" + policy + "10/scaling_governor", Was: "schedutil", Now: "performance", Outcome: Changed},
		{Setting: "turbo", Path: "/" + noTurbo, Was: "0", Now: "1", Outcome: Changed},
		{Setting: "thp", Path: "/" + thp, Was: "always", Now: "madvise", Outcome: Changed},
		{Setting: "ksm", Path: "/" + ksm, Was: "1", Now: "0", Outcome: Changed},
		{Setting: "aslr", Path: "/" + aslr, Was: "0", Now: "2", Outcome: Changed},
		{Setting: "numa", Path: "/" + numa, Was: "1", Now: "0", Outcome: Changed},
	}
	if d := cmp.Diff(want, changes); d != "" {
		t.Errorf("Apply (-want +got):\n%s", d)
	}
	tuned := content(t, m)
	if tuned[policy+"10/scaling_governor"] != "performance" || tuned[noTurbo] != "1" || tuned[ksm] != "0" || tuned[aslr] != "2" || tuned[numa] != "0" {
		t.Errorf("tuned: %v", tuned)
	}
	// Once more: nothing changes, and the first values are kept.
	kept, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	if changes, err = m.Apply(state); err != nil || strings.Contains(outcomes(changes), string(Changed)) {
		t.Errorf("second Apply: %s, %v", outcomes(changes), err)
	}
	if again, err := os.ReadFile(state); err != nil || string(again) != string(kept) {
		t.Errorf("the second Apply changed the state: %v\n%s", err, again)
	}
	if changes, err = m.Restore(state); err != nil || len(changes) != 7 || strings.Count(outcomes(changes), string(Restored)) != 7 {
		t.Errorf("Restore: %s, %v", outcomes(changes), err)
	}
	if d := cmp.Diff(before, content(t, m)); d != "" {
		t.Errorf("after Restore (-before +after):\n%s", d)
	}
	if _, err := os.Stat(state); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the state file is left: %v", err)
	}
	if changes, err := m.Restore(state); err != nil || len(changes) != 0 {
		t.Errorf("second Restore: %v, %v", changes, err)
	}
}

// TestOthers changes settings between Apply and Restore.
func TestOthers(t *testing.T) {
	m, state := machine(t, laptop())
	if _, err := m.Apply(state); err != nil {
		t.Fatal(err)
	}
	put(t, m, ksm, "2")     // by somebody else
	put(t, m, noTurbo, "0") // put back by somebody else
	put(t, m, numa, "2")    // changed, then tuned again: what was first is put back
	if changes, err := m.Apply(state); err != nil || outcomes(changes[len(changes)-1:]) != "numa changed" {
		t.Errorf("Apply: %s, %v", outcomes(changes), err)
	}
	put(t, m, noTurbo, "0")
	if err := os.RemoveAll(m.inside(policy + "10")); err != nil { // a processor that went
		t.Fatal(err)
	}
	changes, err := m.Restore(state)
	want := "numa restored, aslr restored, ksm left, thp restored, turbo already, governor absent, governor restored"
	if err != nil || outcomes(changes) != want {
		t.Errorf("Restore: %s, %v; want %s", outcomes(changes), err, want)
	}
	if now := content(t, m); now[ksm] != "2" || now[numa] != "1" || now[aslr] != "0" {
		t.Errorf("after Restore: %v", now)
	}
}

// TestRefusals asks of a machine what it does not give.
func TestRefusals(t *testing.T) {
	m, state := machine(t, map[string]string{
		policy + "0/scaling_governor": "powersave", policy + "0/scaling_available_governors": "powersave ondemand",
		boost: "0", thp: "always never madvise", aslr: "a b",
	})
	// What can be read and not be written, as root neither.
	if err := os.MkdirAll(filepath.Dir(m.inside(ksm)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/proc/sys/kernel/random/boot_id", m.inside(ksm)); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(m.inside(numa), 0o755); err != nil {
		t.Fatal(err)
	}
	changes, err := m.Apply(state)
	if err != nil {
		t.Fatal(err)
	}
	want := "governor refused, turbo already, thp refused, ksm refused, aslr refused, numa refused"
	if outcomes(changes) != want {
		t.Errorf("Apply: %s, want %s", outcomes(changes), want)
	}
	for i, reason := range map[int]string{0: "performance is not offered, only powersave, ondemand", 2: "no value of this setting", 3: "permission denied", 4: `"a b"`, 5: "is a directory"} {
		if !strings.Contains(changes[i].Reason, reason) {
			t.Errorf("%s: %q, want %q", changes[i].Setting, changes[i].Reason, reason)
		}
	}
	if _, err := os.Stat(state); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a state file, though nothing was changed: %v", err)
	}
}

// TestPlan: a plan writes nothing.
func TestPlan(t *testing.T) {
	m, _ := machine(t, laptop())
	before := content(t, m)
	got := m.Plan()
	if !strings.Contains(outcomes(got), "thp planned") || strings.Contains(outcomes(got), string(Changed)) {
		t.Errorf("Plan: %s", outcomes(got))
	}
	if d := cmp.Diff(before, content(t, m)); d != "" {
		t.Errorf("Plan changed (-before +after):\n%s", d)
	}
	if names := slices.Compact(slices.Sorted(slices.Values(Names()))); len(names) != len(settings()) {
		t.Errorf("Names() = %v", Names())
	}
}

// TestState: what cannot be kept is not changed, and what cannot be read not used.
func TestState(t *testing.T) {
	m, state := machine(t, laptop())
	before := content(t, m)
	if err := os.WriteFile(filepath.Dir(state), nil, 0o644); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	if _, err := m.Apply(state); err == nil {
		t.Error("Apply without a place for its state succeeded")
	}
	if !maps.Equal(before, content(t, m)) {
		t.Error("Apply changed settings without a place for its state")
	}

	m, state = machine(t, laptop())
	if _, err := m.Apply(state); err != nil {
		t.Fatal(err)
	}
	put(t, m, bootID, "second-boot")
	if changes, err := m.Restore(state); err != nil || len(changes) != 0 {
		t.Errorf("Restore after a restart: %s, %v", outcomes(changes), err)
	}
	if err := os.Remove(m.inside(bootID)); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Apply(state); err == nil {
		t.Error("Apply of a machine without a boot id succeeded")
	}
}

func TestParseState(t *testing.T) {
	good := `{"version":1,"boot":"b","settings":[{"path":"/` + noTurbo + `","was":"0","set":"1"}]}`
	if st, err := parseState([]byte(good)); err != nil || len(st.Entries) != 1 {
		t.Fatalf("parseState(%s) = %v, %v", good, st, err)
	}
	for _, change := range [][2]string{
		{`"version":1`, `"version":2`},
		{"/" + noTurbo, "/etc/shadow"},
		{"/" + noTurbo, noTurbo},
		{"/" + noTurbo, "/" + policy + "0/../../../../../../etc/x/scaling_governor"},
		{`"was":"0"`, `"was":"0\n1"`},
		{`"was":"0"`, `"was":""`},
		{`"boot"`, `"boat"`},
		{`}]}`, `},{"path":"/` + noTurbo + `","was":"0","set":"1"}]}`},
		{good, "{"},
	} {
		text := strings.Replace(good, change[0], change[1], 1)
		if st, err := parseState([]byte(text)); !errors.Is(err, ErrState) {
			t.Errorf("parseState(%s) = %v, %v; want ErrState", text, st, err)
		}
	}
}

func FuzzParseState(f *testing.F) {
	f.Add(`{"version":1,"boot":"b","settings":[{"path":"/` + noTurbo + `","was":"0","set":"1"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		st, err := parseState([]byte(text))
		if err != nil {
			return
		}
		for _, e := range st.Entries {
			if !strings.HasPrefix(e.Path, "/sys/") && !strings.HasPrefix(e.Path, "/proc/sys/kernel/") || strings.Contains(e.Path, "..") || !word(e.Was) {
				t.Errorf("parseState took %+v", e)
			}
		}
	})
}

// TestThisMachine plans for the real one.
func TestThisMachine(t *testing.T) {
	changes := (&Machine{Root: "/"}).Plan()
	for _, c := range changes {
		t.Logf("%+v", c)
		if c.Outcome == Changed {
			t.Errorf("Plan changed %s", c.Path)
		}
	}
	if len(changes) < len(settings()) {
		t.Errorf("Plan leaves settings out: %s", outcomes(changes))
	}
}

// TestRestoreRefused: what could not be put back is in the state file still.
func TestRestoreRefused(t *testing.T) {
	m, state := machine(t, laptop())
	if _, err := m.Apply(state); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Remove(m.inside(ksm)), os.Mkdir(m.inside(ksm), 0o755)); err != nil {
		t.Fatal(err)
	}
	if changes, err := m.Restore(state); err != nil || !strings.Contains(outcomes(changes), "ksm refused") || !strings.Contains(outcomes(changes), "turbo restored") {
		t.Errorf("Restore: %s, %v", outcomes(changes), err)
	}
	if err := os.Remove(m.inside(ksm)); err != nil {
		t.Fatal(err)
	}
	put(t, m, ksm, "0")
	if changes, err := m.Restore(state); err != nil || outcomes(changes) != "ksm restored" || content(t, m)[ksm] != "1" {
		t.Errorf("Restore again: %s, %v", outcomes(changes), err)
	}
}
