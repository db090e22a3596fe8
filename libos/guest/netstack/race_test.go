//go:build race

package netstack_test

// raced tells that the race detector is on, with which sync.Pool loses things.
const raced = true
