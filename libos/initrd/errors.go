package initrd

// This package is part of the monitor, whose start-up is part of every boot, so
// it does without package fmt: initialising that and what it needs would cost
// more than packing a small folder.

// opError is err with what was done when it happened in front.
type opError struct {
	op  string
	err error
}

func wrap(op string, err error) error { return &opError{op, err} }

func (e *opError) Error() string { return e.op + ": " + e.err.Error() }
func (e *opError) Unwrap() error { return e.err }

// detailError is err with a detail behind it.
type detailError struct {
	err    error
	detail string
}

func (e *detailError) Error() string { return e.err.Error() + ": " + e.detail }
func (e *detailError) Unwrap() error { return e.err }

// appendHex appends v as eight hexadecimal digits.
func appendHex(b []byte, v uint32) []byte {
	const digits = "0123456789abcdef"
	for shift := 28; shift >= 0; shift -= 4 {
		b = append(b, digits[v>>shift&15])
	}
	return b
}
