package vmm

import "strconv"

// panicText describes HypercallPanic.
func panicText(args [6]uint64) string {
	return "library OS panic " + strconv.FormatUint(args[0], 10) +
		" at 0x" + strconv.FormatUint(args[1], 16) +
		", vector " + strconv.FormatUint(args[3], 10) + ", address"
}
