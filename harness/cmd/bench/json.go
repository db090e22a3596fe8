package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
)

// jsonTopic is the word by which bench help explains jsonFields.
const jsonTopic = "json"

// jsonFields explains every field that a command prints with -json. It is made by a
// test, from the types and the comments of their fields, and is what holds them stable.
//
//go:embed fields.txt
var jsonFields string

// writeJSON prints a value for scripts.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("print JSON: %w", err)
	}
	return nil
}
