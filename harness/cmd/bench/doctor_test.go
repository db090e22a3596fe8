package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"unibench/harness/host"
	"unibench/harness/host/tune"
)

// tunable makes a machine of files for ask.
func (p *place) tunable(files map[string]string) {
	p.t.Helper()
	p.machine = p.t.TempDir()
	files["proc/sys/kernel/random/boot_id"] = "this-boot"
	for name, text := range files {
		name = filepath.Join(p.machine, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			p.t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text+"\n"), 0o644); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *place) setting(name string) string {
	p.t.Helper()
	text, err := os.ReadFile(filepath.Join(p.machine, name))
	if err != nil {
		p.t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func TestDoctorTune(t *testing.T) {
	const governor, turbo = "sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "sys/devices/system/cpu/intel_pstate/no_turbo"
	p := newPlace(t)
	p.tunable(map[string]string{governor: "powersave", turbo: "0", "sys/kernel/mm/ksm/run": "0"})
	state := filepath.Join(p.out, "tune.json")
	expect := func(want int, stdout, stderr string, args ...string) {
		t.Helper()
		status, out, err := p.ask(append([]string{"doctor", "-tune"}, args...)...)
		if status != want || !strings.Contains(out, stdout) || !strings.Contains(err, stderr) || (stderr == "") != (err == "") {
			t.Errorf("bench doctor -tune %v: status %d, want %d with %q and %q\n%s\n%s", args, status, want, stdout, stderr, out, err)
		}
	}
	is := func(wantGovernor, wantTurbo string) {
		t.Helper()
		if g, n := p.setting(governor), p.setting(turbo); g != wantGovernor || n != wantTurbo {
			t.Errorf("governor %s, no_turbo %s; want %s, %s", g, n, wantGovernor, wantTurbo)
		}
	}
	expect(0, "planned   governor  /"+governor+": powersave -> performance", "", "-dry-run")
	expect(0, "absent    thp       not on this host", "", "-dry-run")
	is("powersave", "0")
	expect(0, "to put everything back, as root: bench doctor -tune -restore -state "+state+"\n", "", "-state", state)
	is("performance", "1")
	expect(0, "already   governor  /"+governor+": performance", "", "-state", state)
	expect(0, "restored  turbo     /"+turbo+": 1 -> 0", "", "-restore", "-state", state)
	is("powersave", "0")
	expect(0, "nothing is tuned", "", "-restore", "-state", state)

	// Where the state is by default.
	t.Setenv("XDG_STATE_HOME", filepath.Join(p.out, "state"))
	expect(0, "bench doctor -tune -restore\n", "")
	if !exists(filepath.Join(p.out, "state", "unibench", "tune.json")) {
		t.Error("no state file in XDG_STATE_HOME")
	}
	status, out, _ := p.ask("doctor", "-tune", "-restore", "-json")
	var got tuning
	if err := json.Unmarshal([]byte(out), &got); err != nil || status != 0 || len(got.Changes) != 2 || got.Changes[0].Outcome != tune.Restored || got.Restore != nil {
		t.Errorf("bench doctor -tune -restore -json: status %d, %v\n%s", status, err, out)
	}
	is("powersave", "0")
	t.Setenv("XDG_STATE_HOME", "")
	t.Setenv("HOME", "")
	expect(exitUsage, "", "name a file with -state")

	// Not while a run is under way, and not with somebody else's idea of settings.
	lock, err := host.Acquire(filepath.Join(p.temp, lockName))
	if err != nil {
		t.Fatal(err)
	}
	expect(exitUnfit, "", "another benchmark runs", "-state", state)
	lock.Release()
	if err := os.WriteFile(state, []byte(`{"version":1,"boot":"this-boot","settings":[{"path":"/etc/passwd","was":"x","set":"y"}]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	expect(exitFailed, "", "is no change that bench makes", "-restore", "-state", state)
}

// TestDoctorTuneUser: who is not root is told so, unless there is nothing to change.
func TestDoctorTuneUser(t *testing.T) {
	p := newPlace(t)
	p.tunable(map[string]string{"sys/kernel/mm/ksm/run": "1"})
	for _, want := range []int{exitFailed, exitOK} {
		var out, errs strings.Builder
		a := &app{stdout: &out, stderr: &errs, temp: p.temp, root: p.machine}
		status := a.run(nil, []string{"doctor", "-tune", "-state", filepath.Join(p.out, "tune.json")})
		if status != want || (want != exitOK) != strings.Contains(errs.String(), "as root, for example with sudo") {
			t.Errorf("bench doctor -tune as a user: status %d, want %d\n%s%s", status, want, out.String(), errs.String())
		}
		p.tunable(map[string]string{"sys/kernel/mm/ksm/run": "0"})
	}
}

func TestDoctorUsage(t *testing.T) {
	p := newPlace(t)
	for _, args := range []string{"-restore", "-dry-run", "-state x", "-tune -restore -dry-run", "x"} {
		if status, _, stderr := p.ask(append([]string{"doctor"}, strings.Fields(args)...)...); status != exitUsage || strings.Count(stderr, "\n") != 1 {
			t.Errorf("bench doctor %s: status %d, %s", args, status, stderr)
		}
	}
}

// TestDoctorJSON looks at this host.
func TestDoctorJSON(t *testing.T) {
	p := newPlace(t)
	status, out, stderr := p.ask("doctor", "-json")
	var d diagnosis
	if err := json.Unmarshal([]byte(out), &d); err != nil || (status == exitOK) != d.Fit || d.Class == "" || d.Host == nil {
		t.Fatalf("bench doctor -json: status %d, %v\n%s\n%s", status, err, out, stderr)
	}
	for _, rule := range []string{"kvm", "nested", "governor", "turbo", "smt", "steal", "busy", "thp", "clock", "mitigations", "quota", "swap", "target"} {
		if !slices.ContainsFunc(d.Findings, func(f host.Finding) bool { return f.Rule == rule && f.Text != "" && f.Means != "" }) {
			t.Errorf("bench doctor -json says nothing about %s", rule)
		}
	}
}
