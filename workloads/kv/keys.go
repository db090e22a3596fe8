package main

import "math"

func (c *session) del(args [][]byte) {
	var n int64
	for _, key := range args[1:] {
		if e := c.service.store.get(key, c.clock); e != nil {
			c.service.store.remove(e)
			n++
		}
	}
	c.out = appendInt(c.out, n)
}

// exists counts a key as often as it is named.
func (c *session) exists(args [][]byte) {
	var n int64
	for _, key := range args[1:] {
		if c.service.store.get(key, c.clock) != nil {
			n++
		}
	}
	c.out = appendInt(c.out, n)
}

func (c *session) expire(args [][]byte)  { c.expireIn(args, 1000) }
func (c *session) pexpire(args [][]byte) { c.expireIn(args, 1) }

// expireIn takes a time in units of scale milliseconds. One that is not in the
// future ends the key at once.
func (c *session) expireIn(args [][]byte, scale int64) {
	n, ok := parseInt(args[2])
	if !ok {
		c.out = appendError(c.out, errInteger)
		return
	}
	at, ok := deadline(n, scale, c.clock())
	if !ok {
		c.out = appendError(c.out, "ERR invalid expire time in '"+printable(args[0])+"' command")
		return
	}
	e := c.service.store.get(args[1], c.clock)
	switch {
	case e == nil:
		c.out = appendInt(c.out, 0)
		return
	case n <= 0:
		c.service.store.remove(e)
	default:
		c.service.expire(e, at)
	}
	c.out = appendInt(c.out, 1)
}

// deadline returns now plus n units, if there is such a time.
func deadline(n, scale, now int64) (int64, bool) {
	if n > (math.MaxInt64-now)/scale || n < (math.MinInt64+now)/scale {
		return 0, false
	}
	return now + n*scale, true
}

func (c *session) ttl(args [][]byte)  { c.appendTTL(args[1], 1000) }
func (c *session) pttl(args [][]byte) { c.appendTTL(args[1], 1) }

// appendTTL says how many units of scale milliseconds a key has left, rounded; -1
// if it does not expire, -2 if it is not there.
func (c *session) appendTTL(key []byte, scale int64) {
	e := c.service.store.get(key, c.clock)
	switch {
	case e == nil:
		c.out = appendInt(c.out, -2)
	case e.expires == 0:
		c.out = appendInt(c.out, -1)
	default:
		c.out = appendInt(c.out, (max(e.expires-c.clock(), 0)+scale/2)/scale)
	}
}

func (c *session) persist(args [][]byte) {
	var n int64
	if e := c.service.store.get(args[1], c.clock); e != nil && c.service.store.persist(e) {
		n = 1
	}
	c.out = appendInt(c.out, n)
}
