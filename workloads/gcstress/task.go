package main

import (
	"fmt"
	"runtime"
	"strconv"
)

// node is a vertex of a binary tree. The value makes the sum of a tree a known
// function of its depth and seed.
type node struct {
	left, right *node
	value       uint64
}

// task builds one of each structure, makes garbage between them, verifies them
// all and returns a checksum that depends on seed and depth only.
func task(seed uint64, depth int) (uint64, error) {
	kept := tree(seed, depth)
	table := names(seed, 1<<(depth/2))
	var sum uint64
	for round := range uint64(4) {
		// Garbage of many sizes, all dropped at once.
		s, err := chunks(seed+round, depth)
		if err != nil {
			return 0, err
		}
		sum = mix(sum + s)
		if got, want := add(tree(round, depth-1)), treeSum(round, depth-1); got != want {
			return 0, fmt.Errorf("short-lived tree sums to %d, want %d", got, want)
		}
	}
	if seed%16 == 0 {
		runtime.GC()
	}
	if got, want := add(kept), treeSum(seed, depth); got != want {
		return 0, fmt.Errorf("kept tree sums to %d, want %d", got, want)
	}
	if err := checkNames(table, seed, 1<<(depth/2)); err != nil {
		return 0, err
	}
	return mix(sum ^ add(kept)), nil
}

// tree builds a full tree of the given depth; every vertex holds seed+1.
func tree(seed uint64, depth int) *node {
	n := &node{value: seed + 1}
	if depth > 0 {
		n.left, n.right = tree(seed, depth-1), tree(seed, depth-1)
	}
	return n
}

// treeSum is what the values of tree(seed, depth) add up to.
func treeSum(seed uint64, depth int) uint64 { return (seed + 1) * (1<<(depth+1) - 1) }

func add(n *node) uint64 {
	if n == nil {
		return 0
	}
	return n.value + add(n.left) + add(n.right)
}

// names maps decimal strings to pointers, so the collector meets strings,
// map groups and interior pointers.
func names(seed uint64, count int) map[string]*uint64 {
	m := make(map[string]*uint64)
	for i := range count {
		v := seed*31 + uint64(i)
		m[strconv.FormatUint(v, 10)] = &v
	}
	return m
}

func checkNames(m map[string]*uint64, seed uint64, count int) error {
	if len(m) != count {
		return fmt.Errorf("map holds %d entries, want %d", len(m), count)
	}
	for k, v := range m {
		if strconv.FormatUint(*v, 10) != k || *v-seed*31 >= uint64(count) {
			return fmt.Errorf("map entry %q holds %d", k, *v)
		}
	}
	return nil
}

// chunks fills byte slices of growing sizes, some of them larger than the
// allocator's size classes, and hashes their contents.
func chunks(seed uint64, depth int) (uint64, error) {
	var sum uint64
	for size := 8; size <= 1<<min(depth+2, 17); size *= 2 {
		b := make([]byte, size+int(seed%7))
		for i := range b {
			if b[i] != 0 {
				return 0, fmt.Errorf("fresh chunk of %d bytes holds %d at offset %d, want 0", len(b), b[i], i)
			}
			b[i] = byte(seed) + byte(i)
		}
		for _, c := range b {
			sum = sum*31 + uint64(c)
		}
	}
	return sum, nil
}

// mix is the finalizer of splitmix64: it spreads x over all bits.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
