package build

// syscallEdits returns the edits of package syscall.
func syscallEdits() []Edit {
	return nil
}
