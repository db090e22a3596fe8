// Command hello prints one line with the built-in println, to standard error,
// and imports nothing: it is the smallest Go program there is, so its boot is
// the cost of the runtime and of the platform below it and of nothing else.
package main

func main() {
	println("hello, world")
}
