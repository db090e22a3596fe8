package loadgen

import (
	"bytes"
	"fmt"
	"math/rand/v2"
)

// respTable holds the requests of all keys and their answers, shared by the
// connections of a worker.
type respTable struct {
	set, get [][]byte // requests by key
	value    [][]byte // answers to get
	stored   []byte   // answer to set
}

// newRESPTable makes keys as redis-benchmark names them, and values of printable
// bytes that differ from key to key.
func newRESPTable(c RESPConfig) *respTable {
	t := &respTable{stored: []byte("+OK\r\n")}
	for k := range c.Keys {
		key := fmt.Sprintf("key:%012d", k)
		v := make([]byte, c.ValueBytes)
		rng := rand.New(rand.NewPCG(uint64(k), uint64(c.ValueBytes)))
		for i := range v {
			v[i] = byte('!' + rng.IntN('~'-'!'))
		}
		t.set = append(t.set, fmt.Appendf(nil, "*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n", len(key), key, len(v), v))
		t.get = append(t.get, fmt.Appendf(nil, "*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n", len(key), key))
		t.value = append(t.value, fmt.Appendf(nil, "$%d\r\n%s\r\n", len(v), v))
	}
	return t
}

// respCodec sends GET and SET of random keys and wants the answer to each, byte by
// byte: what it must be is known, so nothing has to be parsed.
type respCodec struct {
	table      *respTable
	rng        *rand.Rand
	getPercent int
	preload    int // keys that are still to be set in order

	want       [][]byte // ring of answers that are due
	first, due int      // oldest, and how many
	pos        int      // bytes of the oldest that have come
}

func newRESPCodec(t *respTable, getPercent, depth int, seed, conn uint64) *respCodec {
	return &respCodec{table: t, getPercent: getPercent, rng: rand.New(rand.NewPCG(seed, conn)), want: make([][]byte, depth)}
}

func (r *respCodec) reset() { r.first, r.due, r.pos = 0, 0, 0 }

// next must not be called with depth requests outstanding.
func (r *respCodec) next(dst []byte) []byte {
	key, get := 0, false
	if r.preload > 0 {
		r.preload--
		key = r.preload
	} else {
		key, get = r.rng.IntN(len(r.table.set)), r.rng.IntN(100) < r.getPercent
	}
	slot := r.first + r.due
	if slot >= len(r.want) {
		slot -= len(r.want)
	}
	r.due++
	if get {
		r.want[slot] = r.table.value[key]
		return append(dst, r.table.get[key]...)
	}
	r.want[slot] = r.table.stored
	return append(dst, r.table.set[key]...)
}

func (r *respCodec) feed(b []byte) (answers int, err error) {
	for len(b) > 0 {
		if r.due == 0 {
			return answers, wrong(RESP, 0, b, "nothing: no request is outstanding")
		}
		want := r.want[r.first][r.pos:]
		n := min(len(want), len(b))
		if !bytes.Equal(b[:n], want[:n]) {
			return answers, mismatch(RESP, int64(r.pos), b, want)
		}
		b = b[n:]
		if n < len(want) {
			r.pos += n
			return answers, nil
		}
		r.pos = 0
		r.due--
		if r.first++; r.first == len(r.want) {
			r.first = 0
		}
		answers++
	}
	return answers, nil
}
