package trial

import (
	"bytes"
	"fmt"
)

// Expect is what a program must do. Output is compared byte by byte.
type Expect struct {
	Stdout     []byte
	Stderr     []byte
	ExitStatus int

	// AnyStdout says that standard output is not compared: a server says
	// there where it listens.
	AnyStdout bool
}

// quoteBytes is how much of a wrong output an error shows.
const quoteBytes = 200

// Check returns what is wrong with a program's end, or nil.
func (e Expect) Check(stdout, stderr []byte, exitStatus int) error {
	if exitStatus != e.ExitStatus {
		return fmt.Errorf("exit status %d, want %d; standard error %s", exitStatus, e.ExitStatus, quote(stderr))
	}
	for _, s := range []struct {
		name      string
		got, want []byte
	}{{"output", stdout, e.Stdout}, {"error", stderr, e.Stderr}} {
		if s.name == "output" && e.AnyStdout {
			continue
		}
		if !bytes.Equal(s.got, s.want) {
			return fmt.Errorf("wrong bytes on standard %s: %s, want %s", s.name, quote(s.got), quote(s.want))
		}
	}
	return nil
}

func quote(b []byte) string {
	if len(b) > quoteBytes {
		return fmt.Sprintf("%q and %d bytes more", b[:quoteBytes], len(b)-quoteBytes)
	}
	return fmt.Sprintf("%q", b)
}
