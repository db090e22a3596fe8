//go:build unibench_guest

package net

import "unibench/libos/guest/netfixture"

// Fixture is what the program of the test calls.
func Fixture() { netfixture.Run() }
