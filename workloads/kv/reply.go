package main

import "strconv"

// Replies of RESP version 2, appended to the output of a connection.

const crlf = "\r\n"

func appendSimple(b []byte, s string) []byte {
	b = append(b, '+')
	b = append(b, s...)
	return append(b, crlf...)
}

// appendError takes a message that begins with its code, such as ERR.
func appendError(b []byte, s string) []byte {
	b = append(b, '-')
	b = append(b, s...)
	return append(b, crlf...)
}

func appendInt(b []byte, n int64) []byte {
	b = append(b, ':')
	b = strconv.AppendInt(b, n, 10)
	return append(b, crlf...)
}

func appendBulk[T string | []byte](b []byte, s T) []byte {
	b = append(b, '$')
	b = strconv.AppendInt(b, int64(len(s)), 10)
	b = append(b, crlf...)
	b = append(b, s...)
	return append(b, crlf...)
}

func appendNull(b []byte) []byte { return append(b, "$-1\r\n"...) }

// appendArray begins an array of n replies.
func appendArray(b []byte, n int) []byte {
	b = append(b, '*')
	b = strconv.AppendInt(b, int64(n), 10)
	return append(b, crlf...)
}
