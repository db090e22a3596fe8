package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// parseAll returns the requests of text, which comes in pieces of the given size.
func parseAll(text []byte, piece int) (out [][]string, rest int, err error) {
	var p parser
	var b []byte
	for len(text) > 0 {
		n := min(piece, len(text))
		b, text = append(b, text[:n]...), text[n:]
		for {
			args, size, err := p.next(b)
			if err != nil {
				return out, 0, err
			}
			if size == 0 {
				break
			}
			request := []string{}
			for _, a := range args {
				request = append(request, string(a))
			}
			out, b = append(out, request), b[size:]
		}
	}
	return out, len(b), nil
}

func TestParser(t *testing.T) {
	for _, tt := range []struct {
		text string
		want string // as %q of the requests
		err  error
	}{
		{"*2\r\n$3\r\nGET\r\n$1\r\na\r\n", `[["GET" "a"]]`, nil},
		{"*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n", `[["PING"] ["PING"]]`, nil},
		{"*1\r\n$0\r\n\r\n", `[[""]]`, nil},
		{"*1\r\n$6\r\na\r\nb\r\n\r\n", `[["a\r\nb\r\n"]]`, nil},
		{"*0\r\n*-1\r\nPING\r\n", `[[] [] ["PING"]]`, nil},
		{"PING\r\n  get  a \nx", `[["PING"] ["get" "a"]]`, nil},
		{"\r\n", `[[]]`, nil},
		{"*1\r\n$4\r\nPIN", `[]`, nil},
		{"*65537\r\n", `[]`, errMultiBulk},
		{"*-2\r\n", `[]`, errMultiBulk},
		{"*x\r\n", `[]`, errMultiBulk},
		{"*1\n", `[]`, errMultiBulk},
		{"*\r\n", `[]`, errMultiBulk},
		{"*1000000000000000000000000", `[]`, errMultiBulk},
		{"*1\r\n+4\r\n", `[]`, errDollar},
		{"*1\r\n$-1\r\n", `[]`, errBulk},
		{"*1\r\n$4194305\r\n", `[]`, errBulk},
		{"*1\r\n$1\r\nabc", `[]`, errNewline},
		{strings.Repeat("a", maxLineBytes+1), `[]`, errLine},
	} {
		for _, piece := range []int{1, 2, 7, 1 << 20} {
			got, _, err := parseAll([]byte(tt.text), piece)
			if fmt.Sprintf("%q", got) != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("%.40q in pieces of %d = %q, %v; want %s, %v", tt.text, piece, got, err, tt.want, tt.err)
			}
		}
	}
}

// TestParserBounded: what a client can make the server keep is bounded.
func TestParserBounded(t *testing.T) {
	var p parser
	text := []byte("*65536\r\n")
	for len(text) < maxRequestBytes-maxBulkBytes {
		text = append(text, fmt.Sprintf("$%d\r\n", maxBulkBytes)...)
		text = append(text, make([]byte, maxBulkBytes)...)
		text = append(text, "\r\n"...)
	}
	if _, _, err := p.next(text); err != nil {
		t.Fatal(err)
	}
	text = append(text, fmt.Sprintf("$%d\r\n", maxBulkBytes)...)
	if _, _, err := p.next(text); !errors.Is(err, errSize) {
		t.Errorf("a request of more than %d bytes = %v, want %v", maxRequestBytes, err, errSize)
	}
}

// FuzzParser: the requests do not depend on the pieces in which they come.
func FuzzParser(f *testing.F) {
	f.Add([]byte("*2\r\n$3\r\nGET\r\n$1\r\na\r\nPING\r\n"), uint8(1))
	f.Add([]byte("*3\r\n$3\r\nSET\r\n$16\r\nkey:__rand_int__\r\n$3\r\nxxx\r\n"), uint8(5))
	f.Add([]byte("*1\r\n$-1\r\n*0\r\n"), uint8(2))
	f.Fuzz(func(t *testing.T, text []byte, piece uint8) {
		before := bytes.Clone(text)
		whole, rest, err := parseAll(text, len(text)+1)
		pieces, restPieces, errPieces := parseAll(text, int(piece)+1)
		if fmt.Sprintf("%q", whole) != fmt.Sprintf("%q", pieces) || rest != restPieces || !errors.Is(errPieces, err) {
			t.Errorf("%q at once = %q, %d left, %v; in pieces of %d = %q, %d left, %v", text, whole, rest, err, int(piece)+1, pieces, restPieces, errPieces)
		}
		if !bytes.Equal(before, text) {
			t.Error("the parser changed its input")
		}
		// And the commands behind it survive what they get.
		b := newBench()
		for in := text; ; {
			n := b.step(in)
			if n == 0 || b.quit {
				break
			}
			in = in[n:]
		}
	})
}
