package vmm

import "unibench/libos/abi"

// initialStack is what a program finds at its start, by the System V ABI for
// x86-64, 3.4.1: argc, argv, a zero, envp, a zero, the auxiliary vector, and
// the strings.
type initialStack struct {
	args, env []string
	random    []byte // 16 bytes for AT_RANDOM
}

func newInitialStack(args, env []string, random []byte) initialStack {
	return initialStack{args, env, random[:16]}
}

// Auxiliary vector tags (System V ABI for x86-64, table 3.10, and
// include/uapi/linux/auxvec.h).
const (
	atNull   = 0
	atPageSz = 6
	atEntry  = 9
	atSecure = 23
	atRandom = 25
)

func (s initialStack) size() uint64 {
	n := 16
	for _, str := range s.args {
		n += len(str) + 1
	}
	for _, str := range s.env {
		n += len(str) + 1
	}
	return uint64(n + 8*(1+len(s.args)+1+len(s.env)+1+8) + 64)
}

// write writes the stack so that it ends at top, and returns the stack pointer.
func (s initialStack) write(m *memory, top uint64) (rsp uint64) {
	at := top
	str := func(b string) uint64 {
		at -= uint64(len(b)) + 1
		copy(m.bytes[at:], b)
		return at
	}
	var words []uint64
	words = append(words, uint64(len(s.args)))
	for _, a := range s.args {
		words = append(words, str(a))
	}
	words = append(words, 0)
	for _, e := range s.env {
		words = append(words, str(e))
	}
	random := str(string(s.random))
	words = append(words, 0,
		atPageSz, abi.PageSize, atSecure, 0, atRandom, random, atNull, 0)
	rsp = (at - uint64(len(words))*8) &^ 15
	copy(m.words(rsp, len(words)), words)
	return rsp
}
