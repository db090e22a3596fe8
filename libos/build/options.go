package build

import "io"

// ImageSuffix ends the name of an image for which no name was given, so that
// it does not overwrite the executable of a plain go build.
const ImageSuffix = ".uni"

// Options says what to build. Package and CacheDir must be set.
type Options struct {
	// Package names the program as go build does: one package, by import
	// path or folder, or one or more Go files. A folder may be in another
	// module than Dir; it is then built as seen from there.
	Package []string
	// Dir is the working directory, to which all relative paths refer.
	// Empty means the process's own.
	Dir string
	// Output is the image's path. Empty means the name that go build would
	// choose, with ImageSuffix, in Dir; a folder, or a path that ends in a
	// slash, means that name in there.
	Output string
	// Flags are flags of go build, such as -tags, -ldflags, -trimpath; -C,
	// which comes first there, is allowed anywhere.
	Flags []string
	// CacheDir is the folder for overlay files, made if it is missing;
	// usually "unibench" in os.UserCacheDir. It may be removed at any time
	// between builds.
	CacheDir string
	// Go is the go command; empty means "go", found on the process's PATH.
	Go string
	// Env is the environment of the go command, nil the process's own.
	Env []string
	// Stdout and Stderr receive what go build prints; nil discards it. Its
	// errors are also in the error that Build returns.
	Stdout, Stderr io.Writer
}

// Result describes a built image.
type Result struct {
	Image     string // absolute path of the image
	Package   string // import path of the program
	GoVersion string // as `go env GOVERSION` prints it
	Overlay   string // absolute path of the overlay file that was used
	// Warnings are for the user: one line each, lower case, no full stop.
	Warnings []string
}
