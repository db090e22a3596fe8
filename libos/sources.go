// Package libos carries the sources of the library OS as text: the packages
// that `uni build` links into an application (libos/guest) and the contract
// between image and monitor (libos/abi). It is the only place from which both
// folders can be embedded, since abi itself imports nothing.
//
// The text makes the uni command one self-contained file; libos/build turns it
// into overlay entries. Nothing else belongs here, and nothing but libos/build
// should import it: it is large.
package libos

import "embed"

// Sources holds the folders abi and guest, with every file that does not begin
// with a dot or an underscore, tests included. It is read-only.
//
//go:embed abi guest
var Sources embed.FS
