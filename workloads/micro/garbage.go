package main

import (
	"fmt"
	"sync"
)

// node is a small object with pointers.
type node struct{ left, right *node }

// Trees: an operation makes many that are garbage at once, beside one that stays.
const (
	treeDepth  = 10 // 2047 nodes of 16 bytes: 32 KiB
	treesPerOp = 32
	keptDepth  = 16 // 2 MiB that each collection marks; there is one every few operations
)

func tree(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{tree(depth - 1), tree(depth - 1)}
}

func (t *node) count() int {
	if t.left == nil {
		return 1
	}
	return 1 + t.left.count() + t.right.count()
}

// garbage makes garbage with some goroutines, which share the operations.
func garbage(workers int) func(*measured) (op, error) {
	return func(*measured) (op, error) {
		kept := tree(keptDepth)
		return timed(func(n int) error {
			var wg sync.WaitGroup
			wrong := make([]bool, workers)
			for w := range workers {
				// The trees of all operations, divided evenly.
				trees := n * treesPerOp / workers
				wg.Go(func() {
					for range trees {
						if tree(treeDepth).count() != 1<<(treeDepth+1)-1 {
							wrong[w] = true
						}
					}
				})
			}
			wg.Wait()
			for _, w := range wrong {
				if w {
					return fmt.Errorf("tree: %w", errWrong)
				}
			}
			if kept.left == nil {
				return fmt.Errorf("kept tree: %w", errWrong)
			}
			return nil
		}), nil
	}
}
