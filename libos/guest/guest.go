// Package guest is the root of the library OS's sources, the code that `uni
// build` links into the application. It contains no code of its own. The
// sources are embedded as text (package libos does that, since abi must join
// them), and libos/build turns them into overlay entries.
//
// Two kinds of source live below this folder:
//
//   - goroot/ mirrors GOROOT/src: a file there replaces the file of the same
//     path in the standard library, or joins that package if there is none.
//     Its files carry the build tag unibench_guest, which keeps them out of
//     ordinary builds of this module and is taken off when they are placed.
//     A file named DELETE lists, one name a line, files of the same folder of
//     GOROOT/src that are to vanish.
//   - every other folder is an ordinary package, built and tested on the host,
//     that joins the standard library of the image as internal/libos/NAME.
//     There too the tag unibench_guest counts as set, and only there: a file
//     constrained by it, or by its negation, exists on one side only.
package guest
