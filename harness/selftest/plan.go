package selftest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// PlanFile is the name of the file that says what a self-test was asked for. It stands in
// the folder of its runs and is written before the first of them.
const PlanFile = "selftest.json"

// PlanSchema is the version of the file.
const PlanSchema = 1

// Plan is its content: what a self-test that was interrupted goes on with. Which runs are
// there already is seen from the runs: each has its suite and seed, and these follow from
// the configurations.
type Plan struct {
	Schema  int               `json:"schema"`
	Start   time.Time         `json:"start"`
	Argv    []string          `json:"argv"`
	Configs []json.RawMessage `json:"configs"` // one a suite, as run.json has it
	Reps    int               `json:"reps"`
	Share   float64           `json:"share,omitempty"` // of the planted slowdown; 0: none
	Min     float64           `json:"min"`             // least change that counts
}

// ErrPlan means that a file is no plan of a self-test.
var ErrPlan = errors.New("invalid plan of a self-test")

// ParsePlan reads the content of a PlanFile; unknown fields are errors.
func ParsePlan(data []byte) (*Plan, error) {
	var head struct{ Schema *int }
	if json.Unmarshal(data, &head) == nil && head.Schema != nil && *head.Schema > PlanSchema {
		return nil, fmt.Errorf("%w: schema version %d, and this bench knows version %d: it is newer than this bench, so update the source and build bench again", ErrPlan, *head.Schema, PlanSchema)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var p Plan
	err := dec.Decode(&p)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("%w: cut short", ErrPlan)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPlan, err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("%w: more than one JSON value", ErrPlan)
	}
	if err := p.validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPlan, err)
	}
	return &p, nil
}

func (p *Plan) validate() error {
	switch {
	case p.Schema != PlanSchema:
		return fmt.Errorf("schema version %d, want %d", p.Schema, PlanSchema)
	case p.Start.IsZero() || len(p.Configs) == 0 || p.Reps < 1:
		return errors.New("want a start, configurations and repetitions")
	case !(p.Share >= 0 && p.Share < 10) || !(p.Min > 0 && p.Min < 10):
		return fmt.Errorf("want shares from 0 to 10, got %v and %v", p.Share, p.Min)
	}
	return nil
}

// Format returns the content of the file.
func (p *Plan) Format() ([]byte, error) {
	if err := p.validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPlan, err)
	}
	b, err := json.MarshalIndent(p, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("plan of a self-test: %w", err)
	}
	return append(b, '\n'), nil
}
