// Package sha256 is the hash function SHA-256 (FIPS 180-4, section 6.2), for
// the TCP/IP stack of an image, which stands below package crypto there: that
// one brings FIPS 140 mode and its init functions. The stack hashes some
// hundred bytes for each connection, sequence numbers and cookies, so this is
// plain Go without the processor's instructions for it.
//
// It runs on any goroutine; a hash belongs to one goroutine at a time.
package sha256

import (
	"encoding/binary"
	"hash"
	"math/bits"
)

// Sizes in bytes.
const (
	Size      = 32 // of a hash
	BlockSize = 64 // of what is worked on at a time
)

// round holds the constants K of section 4.2.2: the first 32 bits of the
// fractional parts of the cube roots of the first 64 primes.
var round = [64]uint32{
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
}

// digest is a hash on its way.
type digest struct {
	h    [8]uint32
	rest [BlockSize]byte // of which length%BlockSize bytes are valid
	len  uint64          // bytes so far
}

// New returns the hash of no bytes.
func New() hash.Hash {
	d := new(digest)
	d.Reset()
	return d
}

// Size implements hash.Hash.
func (d *digest) Size() int { return Size }

// BlockSize implements hash.Hash.
func (d *digest) BlockSize() int { return BlockSize }

// Reset implements hash.Hash; the values are those of section 5.3.3.
func (d *digest) Reset() {
	*d = digest{h: [8]uint32{
		0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
	}}
}

// Write implements hash.Hash. It never fails.
func (d *digest) Write(p []byte) (int, error) {
	n := len(p)
	used := d.len % BlockSize
	d.len += uint64(n)
	if used > 0 {
		k := copy(d.rest[used:], p)
		p = p[k:]
		if used+uint64(k) < BlockSize {
			return n, nil
		}
		d.block(&d.rest)
	}
	for ; len(p) >= BlockSize; p = p[BlockSize:] {
		d.block((*[BlockSize]byte)(p))
	}
	copy(d.rest[:], p)
	return n, nil
}

// Sum implements hash.Hash: it appends the hash to b and leaves d as it is.
func (d *digest) Sum(b []byte) []byte {
	end := *d
	// Section 5.1.1: a 1 bit, zeroes, and the length in bits.
	var pad [BlockSize + 8]byte
	pad[0] = 0x80
	zeroes := (BlockSize + 56 - (d.len+1)%BlockSize) % BlockSize
	tail := binary.BigEndian.AppendUint64(pad[:1+zeroes], d.len*8)
	end.Write(tail)
	for _, v := range end.h {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

// block works a block into the hash: section 6.2.2.
func (d *digest) block(p *[BlockSize]byte) {
	var w [64]uint32
	for i := range 16 {
		w[i] = binary.BigEndian.Uint32(p[4*i:])
	}
	for i := 16; i < 64; i++ {
		x, y := w[i-15], w[i-2]
		s0 := bits.RotateLeft32(x, -7) ^ bits.RotateLeft32(x, -18) ^ x>>3
		s1 := bits.RotateLeft32(y, -17) ^ bits.RotateLeft32(y, -19) ^ y>>10
		w[i] = w[i-16] + s0 + w[i-7] + s1
	}
	a, b, c, e0, e, f, g, h := d.h[0], d.h[1], d.h[2], d.h[3], d.h[4], d.h[5], d.h[6], d.h[7]
	for i, k := range round {
		s1 := bits.RotateLeft32(e, -6) ^ bits.RotateLeft32(e, -11) ^ bits.RotateLeft32(e, -25)
		t1 := h + s1 + (e&f ^ ^e&g) + k + w[i]
		s0 := bits.RotateLeft32(a, -2) ^ bits.RotateLeft32(a, -13) ^ bits.RotateLeft32(a, -22)
		t2 := s0 + (a&b ^ a&c ^ b&c)
		h, g, f, e, e0, c, b, a = g, f, e, e0+t1, c, b, a, t1+t2
	}
	for i, v := range [8]uint32{a, b, c, e0, e, f, g, h} {
		d.h[i] += v
	}
}
