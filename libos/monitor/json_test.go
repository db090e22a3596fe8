package monitor

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"unibench/libos/monitor/systrace"
)

// randomStats fills every field, half of the time with extreme values.
func randomStats(rnd *rand.Rand) (s Stats) {
	number := func() uint64 {
		if rnd.IntN(2) == 0 {
			return []uint64{0, 1, 1<<63 - 1, 1 << 63, ^uint64(0)}[rnd.IntN(5)]
		}
		return rnd.Uint64() >> rnd.IntN(64)
	}
	counts := func() map[string]uint64 {
		m := map[string]uint64{}
		for range rnd.IntN(5) {
			m[systrace.Name(rnd.IntN(600))] = number()
		}
		return m
	}
	v := reflect.ValueOf(&s).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.Int, reflect.Int64:
			f.SetInt(int64(number()))
		case reflect.Uint64:
			f.SetUint(number())
		case reflect.Pointer:
			if rnd.IntN(2) == 0 {
				s.Net = &NetStats{}
				for n, k := reflect.ValueOf(s.Net).Elem(), 0; k < n.NumField(); k++ {
					n.Field(k).SetUint(number())
				}
			}
		case reflect.Map:
			f.Set(reflect.ValueOf(counts()))
		case reflect.Slice:
			for range rnd.IntN(4) {
				s.Steps = append(s.Steps, Step{"step " + strconv.Itoa(rnd.IntN(99)), int64(number())})
			}
		}
	}
	return s
}

// TestJSON: what AppendJSON writes is what encoding/json would, indentation
// aside, for every field that Stats has.
func TestJSON(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		want := randomStats(rnd)
		text := want.AppendJSON([]byte("kept"))
		if !bytes.HasPrefix(text, []byte("kept{")) || !bytes.HasSuffix(text, []byte("}\n")) {
			t.Fatalf("AppendJSON() = %q", text)
		}
		text = text[len("kept"):]
		var got Stats
		d := json.NewDecoder(bytes.NewReader(text))
		d.DisallowUnknownFields()
		if err := d.Decode(&got); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("round trip (-want +got):\n%s", diff)
		}
		line := want.AppendLine(nil)
		var short bytes.Buffer
		if err := json.Compact(&short, text); err != nil {
			t.Fatal(err)
		}
		var same bytes.Buffer
		if err := json.Compact(&same, line); err != nil || same.String() != short.String() || bytes.IndexByte(line, '\n') != len(line)-1 {
			t.Fatalf("AppendLine() = %q, %v", line, err)
		}
		if want.Exits == nil {
			continue
		}
		standard, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var ours bytes.Buffer
		if err := json.Compact(&ours, text); err != nil {
			t.Fatal(err)
		}
		if ours.String() != string(standard) {
			t.Fatalf("AppendJSON() gives\n%s\nencoding/json\n%s", &ours, standard)
		}
	}
}
