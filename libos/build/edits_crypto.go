package build

// cryptoEdits returns the edits of package crypto's internals.
//
// The entropy source of FIPS 140-3 mode has a scratch buffer of 32 MiB among the
// zeroed variables of every program that can draw random numbers, in the
// expectation that pages never touched cost nothing. In an image all of its
// variables are part of the memory that the program was given, and mapped at
// boot. So the buffer moves to the heap, and is made when it is first used. The
// file is a frozen one, the same in all releases that have this version of it.
func cryptoEdits() []Edit {
	const entropy = "crypto/internal/entropy/v1.0.0/entropy.go"
	return []Edit{
		{
			File: entropy, Name: "scratch buffer on the heap",
			Anchor: "type ScratchBuffer [1 << 25]byte\n",
			Replace: `type ScratchBuffer struct{ heap atomic.Pointer[[1 << 25]byte] }

func (b *ScratchBuffer) bytes() *[1 << 25]byte {
	p := b.heap.Load()
	if p == nil {
		b.heap.CompareAndSwap(nil, new([1 << 25]byte))
		p = b.heap.Load()
	}
	return p
}
`,
		},
		{
			File: entropy, Name: "use of the scratch buffer",
			Anchor:  "unsafe.Pointer(&memory[idx])",
			Replace: "unsafe.Pointer(&memory.bytes()[idx])",
		},
	}
}
