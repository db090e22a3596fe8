package build

// runtimeEdits returns the edits of package runtime and its internals.
func runtimeEdits() []Edit {
	return nil
}
