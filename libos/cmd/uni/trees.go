package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"unibench/libos/build"
	"unibench/libos/initrd"
)

// treesEnv is the variable in which execTest finds the archives, as JSON: their
// names by root folder.
const treesEnv = "UNI_TEST_TREES"

// maxTreeFile is the size from which a file is left out of a tree, in bytes: the
// format of the archive ends at 4 GiB, and no test's data is that large.
const maxTreeFile = 1 << 30

// trees are archives of the folders that tests may look at. They are files in
// memory without a name, which end with this process; the monitors open them by
// its descriptors.
type trees struct {
	files []*os.File
	names map[string]string
}

func (t *trees) close() {
	for _, f := range t.files {
		f.Close()
	}
}

func (t *trees) env() string {
	text, err := json.Marshal(t.names)
	if err != nil {
		panic("marshal a map of strings: " + err.Error())
	}
	return treesEnv + "=" + string(text)
}

// packTrees packs the roots of a plan.
func packTrees(plan *build.TestPlan) (*trees, error) {
	t := &trees{names: map[string]string{}}
	for _, root := range plan.Roots {
		if err := t.add(root, root == plan.GOROOT); err != nil {
			t.close()
			return nil, fmt.Errorf("pack %s for the tests: %w", root, err)
		}
	}
	return t, nil
}

func (t *trees) add(root string, goroot bool) error {
	b := initrd.NewBuilder()
	leave := func(path string, d fs.DirEntry) bool { return leaves(path, d, goroot) }
	if err := b.Tree(root, strings.TrimPrefix(root, "/"), leave); err != nil {
		return err
	}
	if err := addHostFiles(b); err != nil {
		return err
	}
	fd, err := unix.MemfdCreate("uni-test", unix.MFD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("make a file in memory: %w", err)
	}
	f := os.NewFile(uintptr(fd), "uni-test")
	t.files = append(t.files, f)
	if _, err := b.Archive().WriteTo(f); err != nil {
		return err
	}
	t.names[root] = fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), fd)
	return nil
}

// leaves reports whether a tree is packed without this file: version control,
// what is neither file, folder nor link, what this user cannot read, and of
// GOROOT the executables.
func leaves(path string, d fs.DirEntry, goroot bool) bool {
	if goroot && (path == "bin" || path == "pkg/tool" || path == "pkg/obj") {
		return true
	}
	if d.IsDir() {
		return d.Name() == ".git"
	}
	if kind := d.Type(); kind != 0 {
		return kind != fs.ModeSymlink
	}
	info, err := d.Info()
	return err != nil || info.Size() > maxTreeFile
}

// addHostFiles adds what programs expect of any Linux and tests of the standard
// library read: time zones, kinds of files, names of services, certificates, and
// a folder for programs, which has none.
func addHostFiles(b *initrd.Builder) error {
	b.Folder("usr/bin", 0o755)
	for _, path := range []string{
		"/etc/services", "/etc/protocols", "/etc/mime.types", "/etc/ssl/certs/ca-certificates.crt", "/etc/passwd", "/etc/group",
	} {
		if err := b.File(path, strings.TrimPrefix(path, "/")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	for _, dir := range []string{"/usr/share/zoneinfo", "/usr/share/mime"} {
		err := b.Tree(dir, strings.TrimPrefix(dir, "/"), func(path string, d fs.DirEntry) bool { return leaves(path, d, false) })
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
