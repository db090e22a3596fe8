package main

import (
	"bytes"
	"strconv"
)

// command is what a client may ask for. run appends a reply to c.out; it holds the
// lock of the store, and args[0] is the name.
type command struct {
	// min and max number of arguments with the name; a max of 0: any number.
	min, max int
	run      func(c *session, args [][]byte)
}

func commandTable() map[string]command {
	return map[string]command{
		"GET":      {2, 2, (*session).get},
		"SET":      {3, 0, (*session).set},
		"MGET":     {2, 0, (*session).mget},
		"MSET":     {3, 0, (*session).mset},
		"APPEND":   {3, 3, (*session).append},
		"STRLEN":   {2, 2, (*session).strlen},
		"INCR":     {2, 2, (*session).incr},
		"DECR":     {2, 2, (*session).decr},
		"INCRBY":   {3, 3, (*session).incrBy},
		"DECRBY":   {3, 3, (*session).decrBy},
		"DEL":      {2, 0, (*session).del},
		"EXISTS":   {2, 0, (*session).exists},
		"EXPIRE":   {3, 3, (*session).expire},
		"PEXPIRE":  {3, 3, (*session).pexpire},
		"TTL":      {2, 2, (*session).ttl},
		"PTTL":     {2, 2, (*session).pttl},
		"PERSIST":  {2, 2, (*session).persist},
		"PING":     {1, 2, (*session).ping},
		"ECHO":     {2, 2, (*session).echo},
		"SELECT":   {2, 2, (*session).choose},
		"FLUSHALL": {1, 2, (*session).flushAll},
		"DBSIZE":   {1, 1, (*session).dbSize},
		"INFO":     {1, 0, (*session).info},
		"CONFIG":   {2, 0, (*session).config},
		"COMMAND":  {1, 0, (*session).listCommands},
		"QUIT":     {1, 0, (*session).end},
	}
}

// Messages that several commands use; they are Redis's own.
const (
	errSyntax    = "ERR syntax error"
	errInteger   = "ERR value is not an integer or out of range"
	errTooLong   = "ERR string exceeds maximum allowed size"
	errTooMuch   = "ERR reply exceeds maximum allowed size"
	errNoCommand = "ERR unknown command '"
	errArgs      = "ERR wrong number of arguments for '"
)

// execute answers one request.
func (c *session) execute(args [][]byte) {
	c.service.requests.Add(1)
	name := args[0]
	var cmd command
	known := false
	if len(name) <= len(c.name) {
		for i, b := range name {
			if 'a' <= b && b <= 'z' {
				b -= 'a' - 'A'
			}
			c.name[i] = b
		}
		cmd, known = c.service.commands[string(c.name[:len(name)])]
	}
	switch {
	case !known:
		c.out = appendError(c.out, errNoCommand+printable(name)+"'")
		return
	case len(args) < cmd.min || cmd.max > 0 && len(args) > cmd.max:
		c.wrongArgs(name)
		return
	}
	c.service.mu.Lock()
	cmd.run(c, args)
	c.service.mu.Unlock()
}

func (c *session) wrongArgs(name []byte) {
	c.out = appendError(c.out, errArgs+printable(bytes.ToLower(name))+"' command")
}

// printable returns what may stand in an error, which is one line.
func printable(b []byte) string {
	const most = 64
	out := bytes.Clone(b[:min(len(b), most)])
	for i, c := range out {
		if c < ' ' || c > '~' {
			out[i] = '?'
		}
	}
	return string(out)
}

// parseInt reads a number in the form that Redis takes: no plus sign, no leading
// zeros, no spaces.
func parseInt(b []byte) (int64, bool) {
	const longest = 20
	if len(b) == 0 || len(b) > longest {
		return 0, false
	}
	n, err := strconv.ParseInt(string(b), 10, 64)
	if err != nil {
		return 0, false
	}
	var again [longest]byte
	return n, bytes.Equal(strconv.AppendInt(again[:0], n, 10), b)
}

// is reports whether a word of a request is one in capitals.
func is(b []byte, word string) bool { return len(b) == len(word) && bytes.EqualFold(b, []byte(word)) }
