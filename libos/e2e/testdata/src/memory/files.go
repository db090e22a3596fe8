package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// files writes and removes large files, whose memory comes back in small pieces
// and in any order, and then wants a large piece.
func files([]string) {
	dir, err := os.MkdirTemp("", "files")
	if err != nil {
		fail(err)
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "large")
	piece := make([]byte, 1<<20)
	for range 10 {
		f, err := os.Create(name)
		if err != nil {
			fail(err)
		}
		for range 250 {
			if _, err := f.Write(piece); err != nil {
				fail(err)
			}
		}
		f.Close()
		if err := os.Remove(name); err != nil {
			fail(err)
		}
	}
	large := make([]byte, 300<<20)
	large[len(large)-1] = 1
	fmt.Println("removed")
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "memory:", err)
	os.Exit(1)
}
