package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
)

// equal returns an error that names what unless got and want are the same.
func equal[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s is %v, want %v", what, got, want)
	}
	return nil
}

// fails returns an error unless err is, or wraps, want.
func fails(what string, err, want error) error {
	if !errors.Is(err, want) {
		return fmt.Errorf("%s answered %v, want %v", what, err, want)
	}
	return nil
}

// holds checks that the file name holds want and nothing else.
func holds(name string, want []byte) error {
	got, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%s holds %d bytes %.40q, want %d bytes %.40q", name, len(got), got, len(want), want)
	}
	return nil
}

// pattern returns n bytes, none of them zero, that differ from page to page,
// so that a block in the wrong place shows.
func pattern(n int) []byte {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x>>24) | 1
	}
	return b
}

// first returns the first of errs that is not nil.
func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
