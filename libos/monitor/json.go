package monitor

import (
	"sort"
	"strconv"
)

// AppendJSON appends s as encoding/json would write it, indented. The encoder
// is not used because its package and those that it needs would be initialised
// at each start of the monitor.
func (s *Stats) AppendJSON(b []byte) []byte { return append(s.append(b, "\n"), '\n') }

// AppendLine appends s as one line.
func (s *Stats) AppendLine(b []byte) []byte { return append(s.append(b, ""), '\n') }

// append appends s with eol at the end of each line, indented if that is not
// empty.
func (s *Stats) append(b []byte, eol string) []byte {
	w := jsonWriter{b: append(b, '{'), eol: eol}
	w.int("version", int64(s.Version))
	w.int("monitor_start_ns", s.MonitorStart)
	w.int("first_run_ns", s.FirstRun)
	w.int("guest_entry_ns", s.GuestEntry)
	w.int("guest_main_ns", s.GuestMain)
	w.int("first_output_ns", s.FirstOutput)
	w.int("guest_end_ns", s.GuestEnd)
	w.int("time_ns", s.Time)
	w.int("exit_status", int64(s.ExitStatus))
	w.counts("exits", s.Exits)
	w.uint("vmexits", s.VMExits)
	if len(s.ENOSYS) > 0 {
		w.counts("enosys", s.ENOSYS)
	}
	w.uint("raw_syscalls", s.RawSyscalls)
	w.uint("memory_bytes", s.MemoryBytes)
	w.uint("guest_peak_bytes", s.GuestPeakBytes)
	w.int("vcpus", int64(s.VCPUs))
	if s.Net != nil {
		w.net(s.Net)
	}
	if len(s.Steps) > 0 {
		w.key("steps")
		w.b = append(w.b, '[')
		for i, step := range s.Steps {
			if i > 0 {
				w.b = append(w.b, ',')
			}
			w.line("    ")
			w.b = append(w.b, "{\"name\": "...)
			w.b = strconv.AppendQuote(w.b, step.Name)
			w.b = append(w.b, ", \"end_ns\": "...)
			w.b = strconv.AppendInt(w.b, step.End, 10)
			w.b = append(w.b, '}')
		}
		w.line("  ")
		w.b = append(w.b, ']')
	}
	w.line("")
	return append(w.b, '}')
}

type jsonWriter struct {
	b    []byte
	eol  string
	some bool
}

// line begins a new line, if there are lines.
func (w *jsonWriter) line(indent string) {
	if w.eol != "" {
		w.b = append(append(w.b, w.eol...), indent...)
	}
}

func (w *jsonWriter) key(name string) {
	if w.some {
		w.b = append(w.b, ',')
	}
	w.some = true
	w.line("  ")
	w.b = strconv.AppendQuote(w.b, name)
	w.b = append(w.b, ": "...)
}

func (w *jsonWriter) int(name string, v int64) {
	w.key(name)
	w.b = strconv.AppendInt(w.b, v, 10)
}

func (w *jsonWriter) uint(name string, v uint64) {
	w.key(name)
	w.b = strconv.AppendUint(w.b, v, 10)
}

// counts writes a map with its keys sorted; they are plain ASCII names.
func (w *jsonWriter) counts(name string, m map[string]uint64) {
	w.key(name)
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	w.b = append(w.b, '{')
	for i, k := range keys {
		if i > 0 {
			w.b = append(w.b, ", "...)
		}
		w.b = strconv.AppendQuote(w.b, k)
		w.b = append(w.b, ": "...)
		w.b = strconv.AppendUint(w.b, m[k], 10)
	}
	w.b = append(w.b, '}')
}
