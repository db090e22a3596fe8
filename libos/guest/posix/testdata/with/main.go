// Command with enables sockets, as an image of a program with package net does.
package main

import (
	"unibench/libos/guest/inet"
	"unibench/libos/guest/posix"
)

func main() {
	var hal posix.HAL
	p := posix.New(hal)
	p.EnableSockets(func() inet.Stack { return nil })
	p.Syscall(0, 0, 0, 0, 0, 0, 0)
}
