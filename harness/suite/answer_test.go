package suite

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseReady(t *testing.T) {
	r, err := parseReady(`{"name":"Stat","n":100,"loop_ns":0.5,"procs":1,"dir":"/tmp","file_system":"tmpfs"}`)
	if want := (ready{"Stat", 100, 0.5, 1, "/tmp", "tmpfs"}); err != nil || r != want {
		t.Errorf("parseReady = %+v, %v; want %+v", r, err, want)
	}
	for _, text := range []string{
		``, `{`, `{"n":0,"procs":1}`, `{"n":1}`, `{"n":1,"procs":1,"loop_ns":-1}`, `{"n":1,"procs":1,"loop_ns":1e9}`, `{"n":99999999999999,"procs":1}`, `[]`,
	} {
		if r, err := parseReady(text); !errors.Is(err, errAnswer) {
			t.Errorf("parseReady(%q) = %+v, %v", text, r, err)
		}
	}
}

func TestParseDone(t *testing.T) {
	if ns, err := parseDone(`{"ns":[5,7]}`, 2); err != nil || !cmp.Equal(ns, []int64{5, 7}) {
		t.Errorf("parseDone = %v, %v", ns, err)
	}
	for _, text := range []string{``, `{"ns":[1]}`, `{"ns":[1,-2]}`, `{"ns":[1,9223372036854775807]}`, `{"ns":["a","b"]}`} {
		if ns, err := parseDone(text, 2); !errors.Is(err, errAnswer) {
			t.Errorf("parseDone(%q) = %v, %v", text, ns, err)
		}
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add(`{"name":"Null","n":118850,"loop_ns":0.42,"procs":1}`)
	f.Add(`{"ns":[4954310,4951228]}`)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := parseReady(text)
		ns, derr := parseDone(text, 2)
		if err == nil && derr == nil {
			if v := r.operation(ns, 0.5); !(v >= 0) {
				t.Errorf("%q gives %v ns", text, v)
			}
		}
	})
}

func TestOperation(t *testing.T) {
	r := ready{N: 10, LoopNS: 0.5}
	if got := r.operation([]int64{100, 120, 9000}, 0.5); got != 11.5 {
		t.Errorf("operation = %v, want 11.5: the median batch, less the loop", got)
	}
	if got := r.operation([]int64{1, 1, 1}, 0.5); got != 0 {
		t.Errorf("operation = %v, want 0: nothing takes less than no time", got)
	}
}

func TestPerOp(t *testing.T) {
	for _, tt := range []struct {
		counted, idle uint64
		want          float64
	}{{103, 3, 10}, {3, 3, 0}, {2, 3, 0}} {
		if got := perOp(tt.counted, tt.idle, 10); got != tt.want {
			t.Errorf("perOp(%d, %d, 10) = %v, want %v", tt.counted, tt.idle, got, tt.want)
		}
	}
}

func TestFolders(t *testing.T) {
	var f folders
	f.look("a", ready{})
	if got := f.sentences(); got != nil {
		t.Errorf("sentences without files = %q", got)
	}
	f.look("b", ready{Dir: "/dev/shm", FileSystem: "tmpfs"})
	f.look("b", ready{Dir: "/dev/shm", FileSystem: "tmpfs"})
	f.look("a", ready{Dir: "/tmp", FileSystem: "tmpfs"})
	if got, want := strings.Join(f.sentences(), "\n"), "files in memory lay in /dev/shm (tmpfs) on b, /tmp (tmpfs) on a"; got != want {
		t.Errorf("sentences = %q, want %q", got, want)
	}
}
