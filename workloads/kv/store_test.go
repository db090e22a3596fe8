package main

import (
	"math/rand/v2"
	"strconv"
	"testing"
)

// TestStoreModel compares the store with a plain map of values and times.
func TestStoreModel(t *testing.T) {
	type item struct {
		value   string
		expires int64
	}
	rng := rand.New(rand.NewPCG(1, 2))
	s, model := newStore(), map[string]item{}
	now := int64(1000)
	clock := func() int64 { return now }
	for range 50_000 {
		name := strconv.Itoa(rng.IntN(100))
		key := []byte(name)
		want, there := model[name]
		if there && want.expires != 0 && want.expires <= now {
			delete(model, name)
			want, there = item{}, false
		}
		e := s.get(key, clock)
		if (e != nil) != there || there && (string(e.value) != want.value || e.expires != want.expires) {
			t.Fatalf("get(%s) = %+v, want %+v, there %v", name, e, want, there)
		}
		switch op := rng.IntN(6); {
		case op == 0:
			value := make([]byte, rng.IntN(1<<rng.IntN(12)))
			for i := range value {
				value[i] = byte(rng.Uint32())
			}
			s.set(key, value)
			model[name] = item{string(value), want.expires}
		case op == 1 && there:
			at := now + rng.Int64N(50)
			s.expire(e, at)
			model[name] = item{want.value, at}
		case op == 2 && there:
			if s.persist(e) != (want.expires != 0) {
				t.Fatalf("persist(%s) is wrong about whether it expires", name)
			}
			model[name] = item{value: want.value}
		case op == 3 && there:
			s.remove(e)
			delete(model, name)
		case op == 4:
			now += rng.Int64N(3)
		case op == 5:
			next := s.sweep(now, 1+rng.IntN(10))
			earliest := int64(0)
			for _, e := range s.keys {
				if e.expires != 0 && (earliest == 0 || e.expires < earliest) {
					earliest = e.expires
				}
			}
			if next != earliest {
				t.Fatalf("sweep = %d, want %d, the earliest left", next, earliest)
			}
		}
		for i, e := range s.expires {
			if e.place != i || e.expires < s.expires[(i-1)/2].expires {
				t.Fatalf("heap is out of order at %d of %d", i, len(s.expires))
			}
		}
	}
	// What nobody asks for goes, too.
	now += 1000
	for s.sweep(now, 3) != 0 {
	}
	for name, e := range s.keys {
		if e.expires != 0 || string(e.value) != model[name].value {
			t.Errorf("after all time %s = %+v", name, e)
		}
	}
}
