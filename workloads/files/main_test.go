package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestSteps runs every step on the host: what files demands of a unikernel,
// Linux must grant.
func TestSteps(t *testing.T) {
	for _, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			if err := s.run(t.TempDir()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestManifest(t *testing.T) {
	const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	for _, c := range []struct {
		name, manifest string
		files          map[string]string
		ok             bool
	}{
		{"same", abc + "  d/f\n", map[string]string{"d/f": "abc"}, true},
		{"binary marker and dot", abc + " *./d/f\n", map[string]string{"d/f": "abc"}, true},
		{"changed", abc + "  d/f\n", map[string]string{"d/f": "abd"}, false},
		{"missing", abc + "  d/f\n", nil, false},
		{"extra", abc + "  d/f\n", map[string]string{"d/f": "abc", "g": ""}, false},
		{"bad line", "abc d/f\n", map[string]string{"d/f": "abc"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, manifestName), []byte(c.manifest), 0o644); err != nil {
				t.Fatal(err)
			}
			for name, data := range c.files {
				name = filepath.Join(dir, name)
				if err := first(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(data), 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			if err := checkManifest(dir); (err == nil) != c.ok {
				t.Errorf("checkManifest = %v, want success %v", err, c.ok)
			}
		})
	}
}
