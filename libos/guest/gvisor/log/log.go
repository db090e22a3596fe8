// Package log takes the place of gvisor.dev/gvisor/pkg/log in an image: it has
// those of its names that the TCP/IP stack uses, and drops every message. They
// are what Linux would write to the kernel's log, which an image does not
// have; standard error is the program's own, and what matters of the messages
// is counted by the stack. The original brings package encoding/json and
// regexp, which would start with every program that uses the network.
//
// It runs on any goroutine.
package log

import "time"

// A Logger takes messages, formatted as by package fmt.
type Logger interface {
	// Debugf, Infof and Warningf drop the message.
	Debugf(format string, v ...any)
	Infof(format string, v ...any)
	Warningf(format string, v ...any)
}

type none struct{}

func (none) Debugf(string, ...any)   {}
func (none) Infof(string, ...any)    {}
func (none) Warningf(string, ...any) {}

// BasicRateLimitedLogger returns a Logger; every is the least time between two
// messages.
func BasicRateLimitedLogger(every time.Duration) Logger { return none{} }

// Debugf drops a message.
func Debugf(format string, v ...any) {}

// Infof drops a message.
func Infof(format string, v ...any) {}

// Warningf drops a message.
func Warningf(format string, v ...any) {}

// BugTracebackOnce drops the report of an error that cannot happen and that
// the stack survives.
func BugTracebackOnce(err error) {}
