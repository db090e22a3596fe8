package virtio_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"unibench/libos/abi"
	"unibench/libos/guest/virtio"
	"unibench/libos/guest/virtio/virtiotest"
)

// open opens d with everything that it offers.
func open(t testing.TB, d *virtiotest.Device) *virtio.Net {
	t.Helper()
	n, err := virtio.Open(d)
	if err != nil {
		t.Fatal(err)
	}
	n.Accept(^uint64(0))
	return n
}

// transmitter makes the queue of the first pair on which the device reads.
func transmitter(t testing.TB, d *virtiotest.Device) *virtio.Queue[int] {
	t.Helper()
	n := open(t, d)
	q, err := virtio.NewQueue[int](n, 1)
	if err != nil {
		t.Fatal(err)
	}
	n.Start()
	return q
}

// both runs a test with event indices and with flags.
func both(t *testing.T, f func(t *testing.T, features uint64)) {
	t.Run("events", func(t *testing.T) { f(t, abi.FeatureEventIdx) })
	t.Run("flags", func(t *testing.T) { f(t, 0) })
}

func TestQueueCarries(t *testing.T) {
	both(t, func(t *testing.T, features uint64) {
		d := virtiotest.New(virtiotest.Config{QueueSize: 8, Features: features})
		q, r := transmitter(t, d), d.Transmit(0)
		// Long enough for the running counts to wrap.
		for i := range 70_000 {
			out := [][]byte{{byte(i)}, nil, {byte(i >> 8), 7}}
			in := [][]byte{make([]byte, 3), make([]byte, 2)}
			if !q.Add(out, in, i) {
				t.Fatalf("Add %d: no room, %d free", i, q.Free())
			}
			if r.Available() != 0 {
				t.Fatal("visible before Publish")
			}
			q.Publish(0)
			c, ok := r.Fetch()
			if !ok || len(c.Out) != 2 || len(c.In) != 2 {
				t.Fatalf("Fetch %d = %v, %v", i, c, ok)
			}
			if got := bytes.Join(c.Out, nil); !bytes.Equal(got, []byte{byte(i), byte(i >> 8), 7}) {
				t.Fatalf("device reads %v in %d", got, i)
			}
			copy(c.In[0], "abc")
			copy(c.In[1], "de")
			r.Use(c.Head, 4)
			if _, _, ok := q.Pop(); ok {
				t.Fatal("popped before Tell")
			}
			r.Tell()
			if got, n, ok := q.Pop(); got != i || n != 4 || !ok {
				t.Fatalf("Pop = %d, %d, %v, want %d, 4, true", got, n, ok, i)
			}
			if string(in[0])+string(in[1]) != "abcde" {
				t.Fatalf("device wrote %q", in)
			}
		}
		if q.Free() != 8 || q.InFlight() != 0 || q.Err() != nil {
			t.Errorf("at the end %d free, %d in flight, %v", q.Free(), q.InFlight(), q.Err())
		}
	})
}

// TestQueueModel compares a queue with two lists, whatever the order of use.
func TestQueueModel(t *testing.T) {
	both(t, func(t *testing.T, features uint64) {
		const size = 16
		d := virtiotest.New(virtiotest.Config{QueueSize: size, Features: features})
		q, r := transmitter(t, d), d.Transmit(0)
		type item struct {
			cookie, parts int
			head          uint16
		}
		var added, device []item
		used := map[int]int{} // parts by cookie
		rnd := rand.New(rand.NewPCG(1, 2))
		free, cookie := size, 0
		for range 50_000 {
			switch rnd.IntN(5) {
			case 0:
				parts := 1 + rnd.IntN(4)
				ok := q.Add(make([][]byte, 0), repeat([]byte{1}, parts), cookie)
				if ok != (parts <= free) {
					t.Fatalf("Add of %d with %d free = %v", parts, free, ok)
				}
				if ok {
					free -= parts
					added = append(added, item{cookie: cookie, parts: parts})
					cookie++
				}
			case 1:
				q.Publish(0)
			case 2:
				if c, ok := r.Fetch(); ok {
					if len(c.In) != added[0].parts {
						t.Fatalf("device finds %d parts, want %d", len(c.In), added[0].parts)
					}
					added[0].head = c.Head
					device, added = append(device, added[0]), added[1:]
				}
			case 3:
				if len(device) > 0 {
					i := rnd.IntN(len(device))
					r.Use(device[i].head, device[i].parts)
					used[device[i].cookie] = device[i].parts
					device = append(device[:i], device[i+1:]...)
					r.Tell()
				}
			case 4:
				got, n, ok := q.Pop()
				if ok != (len(used) > 0) || ok && used[got] != n {
					t.Fatalf("Pop = %d, %d, %v of %v", got, n, ok, used)
				}
				if ok {
					free += used[got]
					delete(used, got)
				}
			}
			if q.Free() != free || q.InFlight() != len(added)+len(device)+len(used) {
				t.Fatalf("%d free, %d in flight; want %d, %d", q.Free(), q.InFlight(), free, len(added)+len(device)+len(used))
			}
		}
	})
}

func repeat(b []byte, n int) (s [][]byte) {
	for range n {
		s = append(s, b)
	}
	return s
}

func TestNotify(t *testing.T) {
	both(t, func(t *testing.T, features uint64) {
		d := virtiotest.New(virtiotest.Config{QueueSize: 8, Features: features})
		q, r := transmitter(t, d), d.Transmit(0)
		add := func() bool { q.Add([][]byte{{1}}, nil, 0); q.Publish(0); return q.NeedNotify() }
		r.Hush()
		if add() {
			t.Error("a device that did not ask is notified")
		}
		if r.Ask() {
			t.Error("Ask does not see the first chain")
		}
		for range 2 {
			r.Fetch()
			if !r.Ask() {
				t.Fatal("Ask sees a chain that is not there")
			}
			if !add() {
				t.Error("a device that asked is not notified")
			}
			if q.NeedNotify() {
				t.Error("a device is notified twice of the same")
			}
		}
		if again := add(); again != (features == 0) {
			t.Errorf("of the second after Ask notified: %v", again)
		}
	})
}

func TestArm(t *testing.T) {
	both(t, func(t *testing.T, features uint64) {
		d := virtiotest.New(virtiotest.Config{QueueSize: 8, Features: features})
		q, r := transmitter(t, d), d.Transmit(0)
		use := func() bool {
			q.Add([][]byte{{1}}, nil, 0)
			q.Publish(0)
			c, _ := r.Fetch()
			r.Use(c.Head, 0)
			return r.Tell()
		}
		if use() {
			t.Error("told without Arm")
		}
		if q.Arm(0) {
			t.Error("Arm does not see what is used")
		}
		q.Pop()
		if !q.Arm(0) {
			t.Error("Arm sees what was popped")
		}
		if w := q.Watch(); *w.Index != w.Seen {
			t.Error("a watch has changed before its time")
		}
		if !use() {
			t.Error("not told after Arm")
		}
		if w := q.Watch(); *w.Index == w.Seen {
			t.Error("a watch has not changed")
		}
		q.Disarm()
		if use() {
			t.Error("told again without Arm")
		}
		for q.InFlight() > 0 {
			q.Pop()
		}
		for i := range 100_000 { // around the running counts
			if q.Disarm(); use() {
				t.Fatalf("told of %d although disarmed", i)
			}
			q.Pop()
		}
		if features != 0 {
			q.Arm(1)
			if use() || !use() {
				t.Error("Arm(1) is not for the second")
			}
		}
	})
}

func TestStale(t *testing.T) {
	d := virtiotest.New(virtiotest.Config{QueueSize: 8, Features: abi.FeatureEventIdx})
	q, r := transmitter(t, d), d.Transmit(0)
	r.Hush()
	send := func(now int64) bool { q.Add([][]byte{{1}}, nil, 0); q.Publish(now); return q.NeedNotifyAt(now) }
	const late = virtio.StaleAfter + 1
	steps := []struct {
		now  int64
		want bool
	}{{100, false}, {200, false}, {100 + late, true}, {200 + late, false}, {99 + 2*late, false}, {100 + 2*late, true}}
	for _, s := range steps {
		if got := send(s.now); got != s.want {
			t.Errorf("at %d notify = %v, want %v", s.now, got, s.want)
		}
	}
	// While the device polls, time stands still.
	if send(0) || q.Late(0) {
		t.Error("late while the device polls")
	}
	for q.InFlight() > 1 {
		c, _ := r.Fetch()
		r.Use(c.Head, 0)
		r.Tell()
		q.Pop()
	}
	// What was published then gets its time when it is looked at.
	if q.Late(10*late) || q.Late(11*late-1) || !q.Late(11*late) {
		t.Error("a chain from the time of polling is not late after StaleAfter")
	}
}

func TestHostile(t *testing.T) {
	tests := []struct {
		name string
		do   func(r *virtiotest.Ring, head uint16)
		want error
	}{
		{"index ahead", func(r *virtiotest.Ring, _ uint16) { r.PokeIndex(2, 0) }, virtio.ErrUsedIndex},
		{"index behind", func(r *virtiotest.Ring, _ uint16) { r.PokeIndex(0xffff, 0) }, virtio.ErrUsedIndex},
		{"id outside", func(r *virtiotest.Ring, _ uint16) { r.Poke(0, 8, 0); r.PokeIndex(1, 0) }, virtio.ErrUsedID},
		{"id huge", func(r *virtiotest.Ring, _ uint16) { r.Poke(0, 1<<31, 0); r.PokeIndex(1, 0) }, virtio.ErrUsedID},
		{"id not given", func(r *virtiotest.Ring, h uint16) { r.Poke(0, uint32(h+1), 0); r.PokeIndex(1, 0) }, virtio.ErrUsedID},
		{"too long", func(r *virtiotest.Ring, h uint16) { r.Poke(0, uint32(h), 5); r.PokeIndex(1, 0) }, virtio.ErrUsedLength},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := virtiotest.New(virtiotest.Config{QueueSize: 8, Features: abi.FeatureEventIdx})
			q := transmitter(t, d)
			q.Add(nil, [][]byte{make([]byte, 4)}, 1)
			q.Publish(0)
			c, _ := d.Transmit(0).Fetch()
			test.do(d.Transmit(0), c.Head)
			if _, _, ok := q.Pop(); ok || !errors.Is(q.Err(), test.want) {
				t.Errorf("Pop = %v with error %v, want %v", ok, q.Err(), test.want)
			}
			if q.Add([][]byte{{1}}, nil, 2) || q.Arm(0) {
				t.Error("a stopped queue goes on")
			}
			if d.Stats().Dropped != 1 {
				t.Errorf("%d counted", d.Stats().Dropped)
			}
		})
	}
}

func TestQueueAllocates(t *testing.T) {
	d := virtiotest.New(virtiotest.Config{Features: abi.FeatureEventIdx})
	q, r := transmitter(t, d), d.Transmit(0)
	out := [][]byte{make([]byte, 12), make([]byte, 60)}
	if n := testing.AllocsPerRun(1000, func() {
		q.Add(out, nil, 1)
		q.Publish(1)
		q.NeedNotifyAt(1)
		c, _ := r.Fetch()
		r.Use(c.Head, 0)
		r.Tell()
		q.Pop()
	}); n != 0 {
		t.Errorf("%v allocations per chain", n)
	}
}

// BenchmarkQueue is a frame's way through a queue and back, without the device's
// work: chains are used in batches of 64 that were prepared before.
func BenchmarkQueue(b *testing.B) {
	d := virtiotest.New(virtiotest.Config{Features: abi.FeatureEventIdx})
	q, r := transmitter(b, d), d.Transmit(0)
	r.Hush()
	out := [][]byte{make([]byte, 72)}
	b.ReportAllocs()
	for i := 0; i < b.N; i += 64 {
		for range 64 {
			q.Add(out, nil, 1)
			q.Publish(1)
			q.NeedNotify()
		}
		b.StopTimer()
		for c, ok := r.Fetch(); ok; c, ok = r.Fetch() {
			r.Use(c.Head, 0)
		}
		r.Tell()
		b.StartTimer()
		for _, _, ok := q.Pop(); ok; _, _, ok = q.Pop() {
		}
	}
}
