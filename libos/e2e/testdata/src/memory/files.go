package main

import (
	"bufio"
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

// spikeFile is spike with a file, and nothing else to do.
func spikeFile(in *bufio.Reader, args []string) {
	f, err := os.Create(args[1])
	if err != nil {
		fail(err)
	}
	piece := make([]byte, 1<<20)
	for range number(args[0]) {
		if _, err := f.Write(piece); err != nil {
			fail(err)
		}
	}
	fmt.Println("written")
	_, _ = in.ReadString('\n')
	f.Close()
	if err := os.Remove(args[1]); err != nil {
		fail(err)
	}
	fmt.Println("dropped")
	_, _ = in.ReadString('\n')
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "memory:", err)
	os.Exit(1)
}
