//go:build !race

package netstack_test

const raced = false
