package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

func sha(*measured) (op, error) {
	data := content()[:4<<10]
	want := sha256.Sum256(data)
	return loop(func() error {
		if sha256.Sum256(data) != want {
			return fmt.Errorf("SHA-256: %w", errWrong)
		}
		return nil
	}), nil
}

// document is something that programs send each other.
type document struct {
	ID    int               `json:"id"`
	Name  string            `json:"name"`
	Tags  []string          `json:"tags"`
	Sizes []float64         `json:"sizes"`
	Attrs map[string]string `json:"attrs"`
	Parts []part            `json:"parts"`
}

type part struct {
	Number int    `json:"number"`
	Text   string `json:"text"`
	Used   bool   `json:"used"`
}

func newDocument() document {
	d := document{ID: 4711, Name: "a name of some length", Attrs: make(map[string]string)}
	for i := range 8 {
		d.Tags = append(d.Tags, fmt.Sprintf("tag-%d", i))
		d.Sizes = append(d.Sizes, float64(i)*1.25)
		d.Attrs[fmt.Sprintf("key%d", i)] = fmt.Sprintf("value %d", i*i)
		d.Parts = append(d.Parts, part{Number: i, Text: strings.Repeat("text ", 6), Used: i%2 == 0})
	}
	return d
}

func jsonRound(*measured) (op, error) {
	d := newDocument()
	run := loop(func() error {
		b, err := json.Marshal(d)
		if err != nil {
			return err
		}
		var again document
		if err := json.Unmarshal(b, &again); err != nil || again.ID != d.ID || len(again.Parts) != len(d.Parts) {
			return fmt.Errorf("JSON: %w: %w", errWrong, err)
		}
		return nil
	})
	b, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	var again document
	if err := json.Unmarshal(b, &again); err != nil || !reflect.DeepEqual(again, d) {
		return nil, fmt.Errorf("JSON: %w: %w", errWrong, err)
	}
	return run, nil
}

func regexps(*measured) (op, error) {
	text := []byte(strings.Repeat("user42@example.org wrote on 2024-05-17 to nobody at all; ", 18))
	re := regexp.MustCompile(`([a-z]+\d+)@([a-z.]+) .*?(\d{4})-(\d\d)-(\d\d)`)
	want := len(re.FindAllIndex(text, -1))
	return loop(func() error {
		if n := len(re.FindAllIndex(text, -1)); n != want || n == 0 {
			return fmt.Errorf("regexp: %w: %d matches, want %d", errWrong, n, want)
		}
		return nil
	}), nil
}

func sorts(*measured) (op, error) {
	const n = 4096
	random := make([]int, n)
	x := uint32(1)
	for i := range random {
		x = x*1664525 + 1013904223
		random[i] = int(x >> 8)
	}
	work := make([]int, n)
	return loop(func() error {
		copy(work, random)
		slices.Sort(work)
		if work[0] > work[n/2] || work[n/2] > work[n-1] {
			return fmt.Errorf("sort: %w", errWrong)
		}
		return nil
	}), nil
}
