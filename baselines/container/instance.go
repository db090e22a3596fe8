package container

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// Instance returns a bundle for one of several containers that run at the same time,
// told apart by i: it has the program and root folder of b and a control group, with
// the memory limit, and files of the runtime of its own. It goes with b's scratch
// folder.
func (b *Bundle) Instance(i int) (*Bundle, error) {
	name := strconv.Itoa(i)
	in := &Bundle{
		config: b.config,
		root:   filepath.Join(b.dir, rootName),
		dir:    filepath.Join(b.dir, "instance-"+name),
		state:  b.state + "-" + name,
		group:  filepath.Join(b.group, name),

		UserNamespace: b.UserNamespace,
		Note:          b.Note,
	}
	if err := os.Mkdir(in.dir, folderMode); err != nil {
		return nil, fmt.Errorf("make bundle: %w", err)
	}
	if err := in.configure(b.config.Args, b.UserNamespace); err != nil {
		return nil, errors.Join(err, in.Remove())
	}
	return in, nil
}
