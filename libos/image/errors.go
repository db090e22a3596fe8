package image

import (
	"errors"
	"strconv"

	"unibench/libos/abi"
)

// Reasons for which a file is not an image that can be booted.
var (
	ErrNotELF    = errors.New("not an ELF file: give a unikernel image, made by uni build")
	ErrNotImage  = errors.New("an executable, but not a unikernel image: make one with uni build")
	ErrTruncated = errors.New("image is cut short: build it again")
	ErrMachine   = errors.New("not a 64-bit x86 executable: make an image with uni build")
	ErrType      = errors.New("an ELF file, but not an executable: make an image with uni build")
	ErrDynamic   = errors.New("a dynamically linked or position-independent executable, not a unikernel image: make one with uni build")
	ErrHeaders   = errors.New("image has malformed program headers")
	ErrEntry     = errors.New("image has its entry point outside its code")
)

// A SegmentError says that a loadable segment is malformed.
type SegmentError struct {
	Index  int // of the program header
	Reason string
}

func (e *SegmentError) Error() string {
	return "image has a bad segment, program header " + strconv.Itoa(e.Index) + ": " + e.Reason
}

// A VersionError says that the image was made for another version of the
// contract between image and monitor.
type VersionError struct {
	Version uint32 // of the image
}

func (e *VersionError) Error() string {
	return "image has format version " + strconv.FormatUint(uint64(e.Version), 10) + ", this monitor runs version " +
		strconv.Itoa(abi.ImageVersion) + ": build it again with the uni of this monitor"
}
