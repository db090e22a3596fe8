package main

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
)

// modulePath is the module whose workloads are measured.
const modulePath = "unibench"

// sourceDir finds the folder of the module: at or above the working folder, or
// above the folder of this program.
func sourceDir() (string, error) {
	wd, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for _, start := range []string{wd, toolsDir()} {
		for dir := start; dir != ""; {
			if b, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil && modfile.ModulePath(b) == modulePath {
				return dir, nil
			}
			up := filepath.Dir(dir)
			if up == dir {
				break
			}
			dir = up
		}
	}
	return "", errors.New("the source of the workloads was not found: run bench inside its repository")
}

// toolsDir is the folder of this program, where uni and uni-vmm are too.
func toolsDir() string {
	exe, err := os.Executable()
	if err != nil {
		return ""
	}
	return filepath.Dir(exe)
}
