package main

import (
	"math"
	"strconv"
)

// maxReplyBytes bounds the reply to one request.
const maxReplyBytes = 64 << 20

func (c *session) get(args [][]byte) { c.appendValue(args[1]) }

func (c *session) appendValue(key []byte) {
	if e := c.service.store.get(key, c.clock); e != nil {
		c.out = appendBulk(c.out, e.value)
	} else {
		c.out = appendNull(c.out)
	}
}

func (c *session) mget(args [][]byte) {
	before := len(c.out)
	c.out = appendArray(c.out, len(args)-1)
	for _, key := range args[1:] {
		c.appendValue(key)
		if len(c.out)-before > maxReplyBytes {
			c.out = appendError(c.out[:before], errTooMuch)
			return
		}
	}
}

func (c *session) mset(args [][]byte) {
	if len(args)%2 == 0 {
		c.wrongArgs(args[0])
		return
	}
	for i := 1; i < len(args); i += 2 {
		c.store(args[i], args[i+1], 0, false)
	}
	c.out = appendSimple(c.out, "OK")
}

// store sets a key and when it expires: at, or if that is 0 never, or as before.
func (c *session) store(key, value []byte, at int64, keep bool) {
	s := c.service
	e := s.store.set(key, value)
	switch {
	case at != 0:
		s.expire(e, at)
	case !keep:
		s.store.persist(e)
	}
}

func (c *session) set(args [][]byte) {
	var at int64
	var nx, xx, keep bool
	for i := 3; i < len(args); i++ {
		option := args[i]
		switch {
		case is(option, "NX") && !xx:
			nx = true
		case is(option, "XX") && !nx:
			xx = true
		case is(option, "KEEPTTL") && at == 0:
			keep = true
		case (is(option, "EX") || is(option, "PX")) && at == 0 && !keep && i+1 < len(args):
			i++
			scale := int64(1)
			if is(option, "EX") {
				scale = 1000
			}
			n, ok := parseInt(args[i])
			if !ok {
				c.out = appendError(c.out, errInteger)
				return
			}
			if at, ok = deadline(n, scale, c.clock()); !ok || n <= 0 {
				c.out = appendError(c.out, "ERR invalid expire time in 'set' command")
				return
			}
		default:
			c.out = appendError(c.out, errSyntax)
			return
		}
	}
	if nx || xx {
		if exists := c.service.store.get(args[1], c.clock) != nil; exists != xx {
			c.out = appendNull(c.out)
			return
		}
	} else if keep {
		// A key whose time has come must not leave it to its successor.
		c.service.store.get(args[1], c.clock)
	}
	c.store(args[1], args[2], at, keep)
	c.out = appendSimple(c.out, "OK")
}

func (c *session) append(args [][]byte) {
	e := c.service.store.get(args[1], c.clock)
	if e == nil {
		e = c.service.store.set(args[1], nil)
	}
	if len(e.value)+len(args[2]) > maxBulkBytes {
		c.out = appendError(c.out, errTooLong)
		return
	}
	e.value = append(e.value, args[2]...)
	c.out = appendInt(c.out, int64(len(e.value)))
}

func (c *session) strlen(args [][]byte) {
	var n int
	if e := c.service.store.get(args[1], c.clock); e != nil {
		n = len(e.value)
	}
	c.out = appendInt(c.out, int64(n))
}

func (c *session) incr(args [][]byte) { c.add(args[1], 1) }
func (c *session) decr(args [][]byte) { c.add(args[1], -1) }

func (c *session) incrBy(args [][]byte) {
	n, ok := parseInt(args[2])
	if !ok {
		c.out = appendError(c.out, errInteger)
		return
	}
	c.add(args[1], n)
}

func (c *session) decrBy(args [][]byte) {
	n, ok := parseInt(args[2])
	if !ok || n == math.MinInt64 {
		c.out = appendError(c.out, errInteger)
		return
	}
	c.add(args[1], -n)
}

// add changes a number, and leaves alone when it expires.
func (c *session) add(key []byte, n int64) {
	var old int64
	e := c.service.store.get(key, c.clock)
	if e != nil {
		var ok bool
		if old, ok = parseInt(e.value); !ok {
			c.out = appendError(c.out, errInteger)
			return
		}
	}
	if n > 0 && old > math.MaxInt64-n || n < 0 && old < math.MinInt64-n {
		c.out = appendError(c.out, "ERR increment or decrement would overflow")
		return
	}
	var digits [20]byte
	text := strconv.AppendInt(digits[:0], old+n, 10)
	if e == nil {
		c.service.store.set(key, text)
	} else {
		e.value = append(e.value[:0], text...)
	}
	c.out = appendInt(c.out, old+n)
}
