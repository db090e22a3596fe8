package virtio_test

import (
	"encoding/binary"
	"testing"

	"unibench/libos/abi"
	"unibench/libos/guest/virtio/virtiotest"
)

// FuzzHostile lets a device write whatever it likes into the used ring and the
// descriptor table. Whatever it does, the driver gets each cookie back at most
// once and no length beyond the buffers, keeps its descriptors in balance, and
// stays stopped once it has stopped.
func FuzzHostile(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	f.Add([]byte{0, 0, 3, 4, 0, 0, 2, 0, 5, 1, 0, 6, 6, 6})
	f.Add([]byte{0, 1, 1, 2, 9, 9, 9, 9, 5, 7, 7, 6})
	f.Fuzz(func(t *testing.T, script []byte) {
		const size = 8
		d := virtiotest.New(virtiotest.Config{QueueSize: size, Features: abi.FeatureEventIdx})
		q, r := transmitter(t, d), d.Transmit(0)
		next := func() byte {
			if len(script) == 0 {
				return 0
			}
			b := script[0]
			script = script[1:]
			return b
		}
		index, cookie := uint16(0), 0
		out := map[int]int{} // capacity by cookie
		for len(script) > 0 {
			switch next() % 8 {
			case 0, 1:
				n := 1 + int(next()%3)
				in := make([][]byte, n)
				for i := range in {
					in[i] = make([]byte, 10)
				}
				if q.Add(nil, in, cookie) {
					out[cookie] = 10 * n
					cookie++
				}
			case 2:
				q.Publish(int64(next()))
				q.NeedNotifyAt(int64(next()))
			case 3: // an entry, likely or wild
				id, n := uint32(next()), uint32(next())
				if id > 128 {
					id = binary.LittleEndian.Uint32([]byte{next(), next(), next(), next()})
				}
				r.Poke(uint16(next()), id, n)
			case 4: // one more
				r.PokeIndex(index+1, index)
				index++
			case 5: // any
				old := index
				index = binary.LittleEndian.Uint16([]byte{next(), next()})
				r.PokeIndex(index, old)
			case 6: // the descriptor table, which is the driver's
				b := d.Memory(d.Info().Rings, 16*size)
				b[int(next())%len(b)] = next()
			case 7:
				stopped := q.Err() != nil
				c, n, ok := q.Pop()
				q.Arm(int(next()))
				capacity, was := out[c]
				if ok && (stopped || !was || n > capacity) {
					t.Fatalf("Pop = %d, %d; stopped %v, given %v with %d bytes", c, n, stopped, was, capacity)
				}
				if ok {
					delete(out, c)
				}
			}
			held := 0
			for _, capacity := range out {
				held += capacity / 10
			}
			if q.Free()+held != size || q.InFlight() != len(out) {
				t.Fatalf("%d free and %d held of %d; %d in flight of %d", q.Free(), held, size, q.InFlight(), len(out))
			}
		}
	})
}
