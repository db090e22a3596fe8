// Command files exercises the file layer of the platform through os, io/fs and
// path/filepath and checks every answer against what POSIX and Linux promise.
// It works in a folder of its own below os.TempDir, prints "ok NAME" for each
// step, and ends with status 1 at the first wrong answer.
//
// With -root DIR it also reads DIR/manifest.sha256, whose lines have the form
// of sha256sum, and checks that the tree below DIR holds exactly those files
// with exactly those contents.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

// A step is one subject of the file layer. It gets an empty folder of its own.
type step struct {
	name string
	run  func(dir string) error
}

var steps = []step{
	{"create", checkCreate},
	{"read", checkRead},
	{"seek", checkSeek},
	{"append", checkAppend},
	{"exclusive", checkExclusive},
	{"truncate", checkTruncate},
	{"sparse", checkSparse},
	{"big", checkBig},
	{"copy", checkCopy},
	{"stat", checkStat},
	{"mode", checkMode},
	{"times", checkTimes},
	{"mkdir", checkMkdir},
	{"readdir", checkReadDir},
	{"walk", checkWalk},
	{"removeall", checkRemoveAll},
	{"rename", checkRename},
	{"renamedir", checkRenameDir},
	{"remove", checkRemove},
	{"unlinked", checkUnlinked},
	{"link", checkLink},
	{"symlink", checkSymlink},
	{"loop", checkLoop},
	{"chdir", checkChdir},
	{"temp", checkTemp},
	{"dirfs", checkDirFS},
	{"root", checkRoot},
	{"errors", checkErrors},
	{"dup", checkDup},
	{"pipe", checkPipe},
	{"pipeclose", checkPipeClose},
	{"pipedeadline", checkPipeDeadline},
	{"parallel", checkParallel},
	{"devices", checkDevices},
}

func main() {
	root := flag.String("root", "", "also check the tree below this folder against its manifest.sha256")
	flag.Parse()
	if flag.NArg() != 0 {
		fmt.Fprintln(os.Stderr, "files: want no arguments but -root DIR")
		os.Exit(64)
	}
	if err := run(*root); err != nil {
		fmt.Fprintln(os.Stderr, "files:", err)
		os.Exit(1)
	}
}

func run(root string) (err error) {
	base, err := os.MkdirTemp("", "files-")
	if err != nil {
		return fmt.Errorf("make a work folder: %w", err)
	}
	defer func() {
		if e := os.RemoveAll(base); err == nil {
			err = e
		}
	}()
	for _, s := range steps {
		dir := filepath.Join(base, s.name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
		if err := s.run(dir); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		fmt.Println("ok", s.name)
	}
	if root != "" {
		if err := checkManifest(root); err != nil {
			return fmt.Errorf("manifest: %w", err)
		}
		fmt.Println("ok manifest")
	}
	return nil
}
