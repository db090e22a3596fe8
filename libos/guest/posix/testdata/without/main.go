// Command without uses package posix without sockets, as an image of a program
// without package net does.
package main

import "unibench/libos/guest/posix"

func main() {
	var hal posix.HAL
	p := posix.New(hal)
	p.PollRegister(0, 0)
	p.Syscall(0, 0, 0, 0, 0, 0, 0)
}
