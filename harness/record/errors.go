package record

import (
	"errors"
	"fmt"
)

// ErrLocked means that another process is writing to the folder.
var ErrLocked = errors.New("results folder is in use by another bench process: wait for it to end")

// ErrExists means that a run of the same second and commit has the folder.
var ErrExists = errors.New("results folder exists already: start the run again, or continue it with -resume")

// DataError means that a results folder is missing, incomplete beyond a last
// cut-short line, or contradicts itself. Commands end with exit status 4.
type DataError struct {
	Path   string // the file or folder
	Line   int    // from 1; 0 when the whole file is meant
	Reason string
	Err    error  // cause, may be nil
	Next   string // next step; empty: the usual one
}

// Error names the place, the reason and the next step.
func (e *DataError) Error() string {
	s := e.Path
	if e.Line > 0 {
		s = fmt.Sprintf("%s:%d", s, e.Line)
	}
	s += ": " + e.Reason
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	next := e.Next
	if next == "" {
		next = "restore the folder from a copy, or start a new run"
	}
	return "invalid results: " + s + " (" + next + ")"
}

// Unwrap returns the cause.
func (e *DataError) Unwrap() error { return e.Err }

// WriteError means that results could not be stored. What was stored before
// stays valid.
type WriteError struct {
	Path string
	Err  error
}

// Error names the file, the cause and the next step.
func (e *WriteError) Error() string {
	return fmt.Sprintf("write results: %v (free space or choose another folder with -out; a run that had begun continues with -resume)", e.Err)
}

// Unwrap returns the cause, for example syscall.ENOSPC.
func (e *WriteError) Unwrap() error { return e.Err }

func dataErr(path string, line int, err error, format string, args ...any) error {
	return &DataError{Path: path, Line: line, Reason: fmt.Sprintf(format, args...), Err: err}
}
