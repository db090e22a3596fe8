package loadgen

import (
	"bytes"
	"fmt"
)

// quoteBytes is how much of a wrong answer an error shows.
const quoteBytes = 64

// AnswerError is a wrong answer.
type AnswerError struct {
	Protocol Protocol
	Offset   int64  // of the first wrong byte within the answer
	Got      []byte // from there, at most 64 bytes
	Want     string // what should have been there
	// NotYet says that the server answered well, only not what was asked for,
	// such as 503 while it starts.
	NotYet bool
}

func (e *AnswerError) Error() string {
	return fmt.Sprintf("wrong %s answer at byte %d: got %q, want %s", e.Protocol, e.Offset, e.Got, e.Want)
}

func wrong(p Protocol, offset int64, got []byte, want string, args ...any) *AnswerError {
	return &AnswerError{Protocol: p, Offset: offset, Got: bytes.Clone(got[:min(len(got), quoteBytes)]), Want: fmt.Sprintf(want, args...)}
}

// mismatch is the error for got, which begins at offset of the answer and differs
// from want.
func mismatch(p Protocol, offset int64, got, want []byte) *AnswerError {
	n := min(len(got), len(want))
	i := 0
	for i < n && got[i] == want[i] {
		i++
	}
	return wrong(p, offset+int64(i), got[i:], "%q", want[i:min(len(want), i+quoteBytes)])
}

// codec is one TCP connection's side of a protocol of requests and answers.
type codec interface {
	// next appends a request to dst and remembers what its answer must be.
	next(dst []byte) []byte
	// feed checks received bytes, however they are cut, and returns how many
	// answers they completed. It keeps nothing of b.
	feed(b []byte) (answers int, err error)
	// reset forgets everything that is outstanding: the connection is new.
	reset()
}
