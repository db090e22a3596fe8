package tune

import (
	"path"
	"path/filepath"
	"strings"
)

// setting is one thing that may be tuned. It may lie in several files, of which a
// machine has some or none.
type setting struct {
	name  string
	files []file
}

// file is one place of a setting.
type file struct {
	pattern string // below the root, see path.Match
	want    string
	fine    string // another value that is as good
	offers  string // name of a file beside it that lists what may be written
	chosen  bool   // it reads as a list with brackets around what is chosen
}

// settings are in the order in which they are applied; Restore goes backwards.
func settings() []setting {
	return []setting{
		{"governor", []file{{pattern: "sys/devices/system/cpu/cpufreq/policy*/scaling_governor", want: "performance", offers: "scaling_available_governors"}}},
		{"turbo", []file{
			{pattern: "sys/devices/system/cpu/intel_pstate/no_turbo", want: "1"},
			{pattern: "sys/devices/system/cpu/cpufreq/boost", want: "0"},
		}},
		{"thp", []file{{pattern: "sys/kernel/mm/transparent_hugepage/enabled", want: "madvise", chosen: true}}},
		// 2 also stops, and takes apart what was merged.
		{"ksm", []file{{pattern: "sys/kernel/mm/ksm/run", want: "0", fine: "2"}}},
		{"aslr", []file{{pattern: "proc/sys/kernel/randomize_va_space", want: "2"}}},
		{"numa", []file{{pattern: "proc/sys/kernel/numa_balancing", want: "0"}}},
	}
}

// Names are the settings.
func Names() []string {
	var out []string
	for _, s := range settings() {
		out = append(out, s.name)
	}
	return out
}

// find returns the setting and the file that name, below the root, belongs to.
func find(name string) (setting, file, bool) {
	if path.Clean(name) != name {
		return setting{}, file{}, false
	}
	for _, s := range settings() {
		for _, f := range s.files {
			if ok, err := path.Match(f.pattern, name); ok && err == nil {
				return s, f, true
			}
		}
	}
	return setting{}, file{}, false
}

// current picks the value out of what a file reads as.
func (f file) current(text string) string {
	text = strings.TrimSpace(text)
	if !f.chosen {
		return text
	}
	_, rest, ok := strings.Cut(text, "[")
	if !ok {
		return text
	}
	value, _, _ := strings.Cut(rest, "]")
	return value
}

// good reports whether a value needs no change.
func (f file) good(value string) bool { return value == f.want || f.fine != "" && value == f.fine }

// inside is the path of a file of the machine.
func (m *Machine) inside(name string) string { return filepath.Join(m.Root, filepath.FromSlash(name)) }
