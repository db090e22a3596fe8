package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// maxAge is the most operations of one line "age".
const maxAge = 100_000_000

// aged is the answer to "age".
type aged struct {
	N int `json:"n"` // operations done
}

// age does n operations of a benchmark, to be what a program is that has run for a
// while. They are not measured.
func age(name string, n int) (aged, error) {
	b, ok := find(name)
	switch {
	case !ok:
		return aged{}, fmt.Errorf("unknown benchmark %q: see -list", name)
	case n < 1 || n > maxAge:
		return aged{}, fmt.Errorf("%d operations: want 1 to %d", n, maxAge)
	}
	m := &measured{Name: name}
	defer m.end()
	f, err := b.setup(m)
	if err == nil {
		_, err = f(n)
	}
	if err != nil {
		return aged{}, fmt.Errorf("%s: %w", name, err)
	}
	return aged{n}, nil
}

// converse answers lines until the input ends.
func converse(in *bufio.Scanner, out io.Writer, slow float64) error {
	var m *measured
	defer func() { m.end() }()
	for in.Scan() {
		word, answer, err := reply(&m, in.Text())
		if err != nil {
			return err
		}
		if m != nil {
			m.slow = slow
		}
		j, err := json.Marshal(answer)
		if err != nil {
			return err
		}
		// One write, so that the answer costs one system call.
		if _, err := out.Write(fmt.Appendf(nil, "%s %s\n", word, j)); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
	return in.Err()
}

// done is the answer to "run".
type done struct {
	NS []int64 `json:"ns"` // time of each batch
}

// reply does what a line asks for. m is the benchmark that was made ready last.
func reply(m **measured, line string) (word string, answer any, err error) {
	var name, length string
	var id, batches int
	if n, _ := fmt.Sscanf(line, "bench %s %s %d", &name, &length, &batches); n == 3 {
		d, err := time.ParseDuration(length)
		if err != nil {
			return "", nil, err
		}
		(*m).end()
		*m, err = prepare(name, d, batches)
		return "ready", *m, err
	}
	if n, _ := fmt.Sscanf(line, "age %s %d", &name, &batches); n == 2 {
		a, err := age(name, batches)
		return "aged", a, err
	}
	if n, _ := fmt.Sscanf(line, "run %d %d", &id, &batches); n == 2 {
		if *m == nil {
			return "", nil, errors.New(`"run" before "bench"`)
		}
		if batches < 0 || batches > maxBatches {
			return "", nil, fmt.Errorf("%d batches: want 0 to %d", batches, maxBatches)
		}
		ns, err := (*m).run(batches)
		return fmt.Sprintf("done %d", id), done{ns}, err
	}
	return "", nil, fmt.Errorf(`line %q: want "bench NAME TIME BATCHES", "run ID BATCHES" or "age NAME COUNT"`, line)
}
