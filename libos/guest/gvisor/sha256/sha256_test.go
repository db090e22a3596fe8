package sha256_test

import (
	"bytes"
	standard "crypto/sha256"
	"testing"

	"unibench/libos/guest/gvisor/sha256"
)

// TestSum compares with the standard library, for every length around the
// borders of blocks and every place to cut the input in two.
func TestSum(t *testing.T) {
	in := make([]byte, 3*sha256.BlockSize+1)
	for i := range in {
		in[i] = byte(i*i + 7*i)
	}
	for n := range len(in) + 1 {
		want := standard.Sum256(in[:n])
		for cut := range n + 1 {
			h := sha256.New()
			h.Write(in[:cut])
			h.Sum(nil) // changes nothing
			h.Write(in[cut:n])
			if got := h.Sum([]byte("x")); !bytes.Equal(got[1:], want[:]) || got[0] != 'x' {
				t.Fatalf("Sum of %d bytes, written as %d and %d = %x, want %x", n, cut, n-cut, got[1:], want)
			}
		}
	}
}

func TestReset(t *testing.T) {
	h := sha256.New()
	h.Write([]byte("old"))
	h.Reset()
	h.Write([]byte("abc"))
	if want := standard.Sum256([]byte("abc")); !bytes.Equal(h.Sum(nil), want[:]) {
		t.Errorf("Sum after Reset = %x, want %x", h.Sum(nil), want)
	}
	if h.Size() != sha256.Size || h.BlockSize() != sha256.BlockSize || sha256.Size != standard.Size {
		t.Errorf("sizes %d, %d, want %d, %d", h.Size(), h.BlockSize(), standard.Size, standard.BlockSize)
	}
}

func FuzzSum(f *testing.F) {
	f.Add([]byte(nil), []byte("abc"))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		h := sha256.New()
		h.Write(a)
		h.Write(b)
		want := standard.Sum256(append(bytes.Clone(a), b...))
		if got := h.Sum(nil); !bytes.Equal(got, want[:]) {
			t.Errorf("Sum(%x, %x) = %x, want %x", a, b, got, want)
		}
	})
}

func BenchmarkBlock(b *testing.B) {
	h := sha256.New()
	block := make([]byte, sha256.BlockSize)
	b.SetBytes(sha256.BlockSize)
	for b.Loop() {
		h.Write(block)
	}
}
