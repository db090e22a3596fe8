package verify

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"unibench/harness/record"
	"unibench/harness/table"
)

// tables computes the run's tables again and returns how many were compared.
func tables(d *record.Data, of Reporter) (int, error) {
	compared := 0
	for _, f := range []struct {
		format  table.Format
		compare func(stored, made []byte) error
	}{{table.JSON, sameJSON}, {table.CSV, sameCSV}} {
		path := filepath.Join(d.Dir, record.TablesDir, d.Run.Suite+"."+string(f.format))
		stored, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return compared, &record.DataError{Path: path, Reason: "cannot be read", Err: err}
		}
		r, err := of(d)
		if err != nil {
			return compared, fmt.Errorf("compute %s again: %w", path, err)
		}
		var made bytes.Buffer
		if err := r.Write(&made, f.format); err != nil {
			return compared, fmt.Errorf("compute %s again: %w", path, err)
		}
		if err := f.compare(stored, made.Bytes()); err != nil {
			return compared, &record.DataError{Path: path, Reason: "does not follow from " + record.TrialsFile, Err: err}
		}
		compared++
	}
	return compared, nil
}

// wording are the keys of a table whose text is made for readers.
var wording = map[string]bool{"notes": true, "missing": true}

// sameJSON reports the first stored value that was not computed again.
func sameJSON(stored, made []byte) error {
	a, err := decode(stored)
	if err != nil {
		return err
	}
	b, err := decode(made)
	if err != nil {
		return err
	}
	return within("", a, b)
}

func decode(data []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber() // digits, not values
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("not valid JSON: %w", err)
	}
	return v, nil
}

// within reports where stored says something else than made.
func within(at string, stored, made any) error {
	switch s := stored.(type) {
	case map[string]any:
		m, ok := made.(map[string]any)
		if !ok {
			return fmt.Errorf("%s is an object, computed again it is %v", at, made)
		}
		for _, key := range slices.Sorted(maps.Keys(s)) {
			if wording[key] {
				continue
			}
			other, ok := m[key]
			if !ok {
				return fmt.Errorf("%s.%s is stored and not computed again", at, key)
			}
			if err := within(at+"."+key, s[key], other); err != nil {
				return err
			}
		}
		return nil
	case []any:
		m, ok := made.([]any)
		if !ok || len(m) != len(s) {
			return fmt.Errorf("%s has %d entries, computed again it has another number", at, len(s))
		}
		for i := range s {
			if err := within(fmt.Sprintf("%s[%d]", at, i), s[i], m[i]); err != nil {
				return err
			}
		}
		return nil
	}
	if stored != made {
		return fmt.Errorf("%s is %v, computed again it is %v", at, stored, made)
	}
	return nil
}

// sameCSV reports the first stored field that was not computed again. Columns are
// found by their names.
func sameCSV(stored, made []byte) error {
	a, err := csv.NewReader(bytes.NewReader(stored)).ReadAll()
	if err != nil {
		return fmt.Errorf("not valid CSV: %w", err)
	}
	b, err := csv.NewReader(bytes.NewReader(made)).ReadAll()
	if err != nil {
		return fmt.Errorf("not valid CSV: %w", err)
	}
	if len(a) != len(b) || len(a) == 0 {
		return fmt.Errorf("%d lines, computed again %d", len(a), len(b))
	}
	column := make(map[string]int)
	for i, name := range b[0] {
		column[name] = i
	}
	for n := range a {
		for i, name := range a[0] {
			k, ok := column[name]
			if !ok {
				return fmt.Errorf("column %s is stored and not computed again", name)
			}
			if a[n][i] != b[n][k] {
				return fmt.Errorf("line %d, %s is %q, computed again it is %q", n+1, name, a[n][i], b[n][k])
			}
		}
	}
	return nil
}
