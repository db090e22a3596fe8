// Package stream is the protocol of the programs named stream, which move bulk data
// over TCP and check it: the request, the pattern of the data and the count at the
// end. It moves nothing itself.
//
// # Protocol
//
// The client sends one line of at most 64 bytes:
//
//	MODE SEED BYTES [check]\n
//
//	MODE   sink: the client sends; source: the server sends; both: both do
//	SEED   number of the pattern, decimal, 64 bits
//	BYTES  how many bytes the server sends; 0: until the client ends its side,
//	       and always 0 for a sink
//	check  the server compares what it gets with the pattern
//
// Data follows at once, the pattern from its start. The client ends its data by
// shutting down its side of the connection. Then, and after all of its own data,
// the server sends 24 bytes and closes: "ok " or, if something differed from the
// pattern, "no ", then 20 digits and a line feed. The number is that of the bytes
// received; after "no " it is the position of the first wrong one. A client may
// also just close.
//
// The pattern repeats every 65521 bytes, a prime, so that a lost or doubled buffer
// shows: byte(rng.Uint32()) for each byte of a period, where rng is
// math/rand/v2.NewPCG(seed, 65521).
package stream
