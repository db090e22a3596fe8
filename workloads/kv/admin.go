package main

import (
	"fmt"
	"slices"
	"time"
)

func (c *session) ping(args [][]byte) {
	if len(args) == 2 {
		c.out = appendBulk(c.out, args[1])
		return
	}
	c.out = appendSimple(c.out, "PONG")
}

func (c *session) echo(args [][]byte) { c.out = appendBulk(c.out, args[1]) }

func (c *session) choose(args [][]byte) {
	n, ok := parseInt(args[1])
	switch {
	case !ok:
		c.out = appendError(c.out, errInteger)
	case n != 0:
		c.out = appendError(c.out, "ERR DB index is out of range")
	default:
		c.out = appendSimple(c.out, "OK")
	}
}

func (c *session) flushAll(args [][]byte) {
	if len(args) == 2 && !is(args[1], "SYNC") && !is(args[1], "ASYNC") {
		c.out = appendError(c.out, errSyntax)
		return
	}
	c.service.store.clear()
	c.out = appendSimple(c.out, "OK")
}

// dbSize counts keys that have expired and are not yet removed, as Redis does.
func (c *session) dbSize([][]byte) { c.out = appendInt(c.out, int64(len(c.service.store.keys))) }

// info answers with everything, whatever section was asked for.
func (c *session) info([][]byte) {
	s := c.service
	text := fmt.Appendf(nil, "# Server\r\nserver_name:kv\r\nuptime_in_seconds:%d\r\n", int64(s.uptime()/time.Second))
	text = fmt.Appendf(text, "\r\n# Clients\r\nconnected_clients:%d\r\n", s.clients.Load())
	text = fmt.Appendf(text, "\r\n# Stats\r\ntotal_connections_received:%d\r\ntotal_commands_processed:%d\r\n", s.connections.Load(), s.requests.Load())
	text = fmt.Appendf(text, "\r\n# Keyspace\r\n")
	if n := len(s.store.keys); n > 0 {
		text = fmt.Appendf(text, "db0:keys=%d,expires=%d\r\n", n, len(s.store.expires))
	}
	c.out = appendBulk(c.out, text)
}

// settings are what clients ask for to know how a server is set up: this one does
// not save.
var settings = [...][2]string{{"appendonly", "no"}, {"databases", "1"}, {"maxmemory", "0"}, {"save", ""}}

func (c *session) config(args [][]byte) {
	if !is(args[1], "GET") || len(args) < 3 {
		c.out = appendError(c.out, "ERR only CONFIG GET is known")
		return
	}
	var found []string
	for _, s := range settings {
		named := func(arg []byte) bool { return is(arg, s[0]) || string(arg) == "*" }
		if slices.ContainsFunc(args[2:], named) {
			found = append(found, s[0], s[1])
		}
	}
	c.out = appendArray(c.out, len(found))
	for _, f := range found {
		c.out = appendBulk(c.out, f)
	}
}

// listCommands answers COMMAND COUNT, and all else with an empty list: clients that
// ask for details do without.
func (c *session) listCommands(args [][]byte) {
	if len(args) == 2 && is(args[1], "COUNT") {
		c.out = appendInt(c.out, int64(len(c.service.commands)))
		return
	}
	c.out = appendArray(c.out, 0)
}

func (c *session) end([][]byte) {
	c.out = appendSimple(c.out, "OK")
	c.quit = true
}
