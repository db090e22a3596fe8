package main

// store holds the keys. It is used under a lock; the caller says what time it is,
// in milliseconds since 1970.
type store struct {
	keys    map[string]*entry
	expires expiries
}

// entry is a key with its value.
type entry struct {
	key     string
	value   []byte
	expires int64 // when; 0: never
	place   int   // in the heap of expiries, if it expires
}

func newStore() *store { return &store{keys: make(map[string]*entry)} }

// get returns the entry of a key or nil. clock is asked only about keys that
// expire.
func (s *store) get(key []byte, clock func() int64) *entry {
	e := s.keys[string(key)]
	if e != nil && e.expires != 0 && e.expires <= clock() {
		s.remove(e)
		return nil
	}
	return e
}

// set gives a key a value, a copy, and returns its entry. What the key's time was
// stays.
func (s *store) set(key, value []byte) *entry {
	e := s.keys[string(key)]
	if e == nil {
		e = &entry{key: string(key)}
		s.keys[e.key] = e
	}
	// A large value does not keep its memory when it gets small.
	if cap(e.value) < len(value) || cap(e.value) > 4*len(value)+64 {
		e.value = make([]byte, len(value))
	}
	e.value = e.value[:len(value)]
	copy(e.value, value)
	return e
}

func (s *store) remove(e *entry) {
	s.persist(e)
	delete(s.keys, e.key)
}

// expire sets when a key ends.
func (s *store) expire(e *entry, at int64) {
	if e.expires == 0 {
		e.expires = at
		s.expires.push(e)
		return
	}
	e.expires = at
	s.expires.fix(e.place)
}

// persist takes back that a key ends, and reports whether it would have.
func (s *store) persist(e *entry) bool {
	if e.expires == 0 {
		return false
	}
	s.expires.remove(e.place)
	e.expires = 0
	return true
}

// sweep removes up to most keys whose time has come and returns when the next
// comes, 0 if no key expires. The time is in the past if there are more.
func (s *store) sweep(now int64, most int) (next int64) {
	for ; len(s.expires) > 0 && s.expires[0].expires <= now && most > 0; most-- {
		s.remove(s.expires[0])
	}
	if len(s.expires) == 0 {
		return 0
	}
	return s.expires[0].expires
}

// clear removes all keys.
func (s *store) clear() { *s = *newStore() }
