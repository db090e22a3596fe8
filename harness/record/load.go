package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
)

// Data is the content of one results folder.
type Data struct {
	Dir      string
	Run      Run
	Host     Host
	Schedule []Slot
	Trials   []Trial  // as they ended, warm-up included
	Warnings []string // damage that was found and can be lived with
}

// Load reads the folder dir without changing it. It returns a *DataError for a
// folder that is not a results folder or contradicts itself.
func Load(dir string) (*Data, error) {
	d, _, err := load(dir)
	return d, err
}

// Read is Load for a folder whose content is to be relied on: the digests of its files
// are verified first, so that the error names the file that changed and not another
// that no longer fits to it. sealed is false for a run that was not finished and has no
// digests.
func Read(dir string) (d *Data, sealed bool, err error) {
	if err := checkSchema(dir); err != nil {
		return nil, false, err
	}
	if sealed, err = VerifySums(dir); err != nil {
		return nil, false, err
	}
	d, err = Load(dir)
	return d, sealed, err
}

// tails are the cut-short last lines that load found, by file, as the number of
// bytes before them.
type tails map[string]int64

func load(dir string) (*Data, tails, error) {
	d := &Data{Dir: dir}
	if err := checkSchema(dir); err != nil {
		return nil, nil, err
	}
	if err := readDoc(filepath.Join(dir, RunFile), &d.Run); err != nil {
		return nil, nil, err
	}
	if err := d.Run.Validate(); err != nil {
		return nil, nil, dataErr(filepath.Join(dir, RunFile), 0, err, "not a run")
	}
	if err := readDoc(filepath.Join(dir, HostFile), &d.Host); err != nil {
		return nil, nil, err
	}
	cut := make(tails)
	whole, err := readLines(filepath.Join(dir, ScheduleFile), &d.Schedule)
	if err != nil {
		return nil, nil, err
	}
	if whole >= 0 {
		// It was complete when the folder got its name, so this is not
		// the trace of an interruption.
		return nil, nil, dataErr(filepath.Join(dir, ScheduleFile), 0, nil, "cut short")
	}
	if err := validateSchedule(&d.Run, d.Schedule); err != nil {
		return nil, nil, dataErr(filepath.Join(dir, ScheduleFile), 0, err, "not a schedule of this run")
	}
	whole, err = readLines(filepath.Join(dir, TrialsFile), &d.Trials)
	if err != nil {
		return nil, nil, err
	}
	if whole >= 0 {
		cut[TrialsFile] = whole
		d.Warnings = append(d.Warnings, TrialsFile+": the last line was cut short and does not count: its trial was interrupted")
	}
	if err := d.checkTrials(); err != nil {
		return nil, nil, err
	}
	return d, cut, d.checkBench(cut)
}

// checkTrials verifies each trial and that each slot has at most one.
func (d *Data) checkTrials() error {
	path := filepath.Join(d.Dir, TrialsFile)
	planned := make(map[[2]int]Slot, len(d.Schedule))
	for _, s := range d.Schedule {
		planned[[2]int{s.Block, s.Order}] = s
	}
	for i := range d.Trials {
		t := &d.Trials[i]
		if err := t.validate(&d.Run); err != nil {
			return dataErr(path, i+1, err, "not a trial of this run")
		}
		key := [2]int{t.Block, t.Order}
		if s, ok := planned[key]; !ok || s != t.Slot {
			return dataErr(path, i+1, nil, "block %d order %d (%s on %s) is not in the schedule, or came before",
				t.Block, t.Order, t.Benchmark, t.Target)
		}
		delete(planned, key)
	}
	return nil
}

// checkBench verifies that the .bench file is the beginning of what the trials
// lead to. Missing lines at its end are a warning: Resume writes them again.
func (d *Data) checkBench(cut tails) error {
	name := benchFile(d.Run.Suite)
	path := filepath.Join(d.Dir, name)
	got, err := os.ReadFile(path)
	if err != nil {
		return dataErr(path, 0, err, "cannot be read")
	}
	want, err := d.Run.benchBytes(d.Trials)
	if err != nil {
		return dataErr(path, 0, err, "cannot be derived from the trials")
	}
	whole := got[:bytes.LastIndexByte(got, '\n')+1]
	if len(whole) > len(want) && bytes.HasPrefix(whole, want) && bytes.HasPrefix(whole[len(want):], []byte("Benchmark")) {
		// A trial is stored there first, so an interruption does not explain it.
		return dataErr(filepath.Join(d.Dir, TrialsFile), 0, nil, "cut short: %s has more trials", name)
	}
	if !bytes.HasPrefix(want, whole) {
		line := 1
		for i := range whole {
			if i >= len(want) || whole[i] != want[i] {
				break
			}
			if whole[i] == '\n' {
				line++
			}
		}
		return dataErr(path, line, nil, "differs from what %s and %s say", RunFile, TrialsFile)
	}
	if len(whole) < len(want) || len(whole) < len(got) {
		cut[name] = int64(len(whole))
		d.Warnings = append(d.Warnings, name+": cut short; the trials in "+TrialsFile+" are complete")
	}
	return nil
}

// Pending returns the slots without a trial, in the order of the schedule.
func (d *Data) Pending() []Slot {
	done := make(map[[2]int]bool, len(d.Trials))
	for i := range d.Trials {
		done[[2]int{d.Trials[i].Block, d.Trials[i].Order}] = true
	}
	var out []Slot
	for _, s := range d.Schedule {
		if !done[[2]int{s.Block, s.Order}] {
			out = append(out, s)
		}
	}
	return out
}

// readDoc decodes the one JSON value in path.
func readDoc(path string, v any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return dataErr(path, 0, err, "cannot be read")
	}
	return decodeStrict(path, 0, data, v)
}

// readLines decodes one JSON value a line. For a last line without its newline
// it returns the number of bytes before that line, else -1.
func readLines[T any](path string, out *[]T) (whole int64, err error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return -1, dataErr(path, 0, err, "cannot be read")
	}
	whole = -1
	if end := bytes.LastIndexByte(data, '\n') + 1; end < len(data) {
		whole = int64(end)
		data = data[:end]
	}
	for n := 1; len(data) > 0; n++ {
		var line []byte
		line, data, _ = bytes.Cut(data, []byte{'\n'})
		var v T
		if err := decodeStrict(path, n, line, &v); err != nil {
			return -1, err
		}
		*out = append(*out, v)
	}
	return whole, nil
}

// decodeStrict refuses unknown fields and anything after the value.
func decodeStrict(path string, line int, data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	err := dec.Decode(v)
	if line == 0 && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
		return dataErr(path, 0, nil, "cut short")
	}
	if err != nil {
		return dataErr(path, line, err, "not valid JSON of this layout")
	}
	if _, err := dec.Token(); err != io.EOF {
		return dataErr(path, line, nil, "more than one JSON value")
	}
	return nil
}
