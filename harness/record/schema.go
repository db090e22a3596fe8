package record

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// SchemaVersion is the version of the layout that this package writes. A reader
// refuses folders of any other version.
const SchemaVersion = 1

// checkSchema looks at the version of the folder alone, before anything that another
// version may have renamed. What cannot be read at all is left to the caller, who knows
// more about it.
func checkSchema(dir string) error {
	path := filepath.Join(dir, RunFile)
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	var head struct {
		Schema *int   `json:"schema"`
		Commit string `json:"commit"`
	}
	if json.Unmarshal(data, &head) != nil || head.Schema != nil && *head.Schema == SchemaVersion {
		return nil
	}
	if head.Schema == nil {
		return &DataError{Path: path, Reason: "has no schema version, so it is not that of a run", Next: "name the folder of a run, such as results/boot/CLASS/TIME-COMMIT"}
	}
	e := &DataError{Path: path, Reason: fmt.Sprintf("schema version %d, and this bench knows version %d", *head.Schema, SchemaVersion)}
	e.Next = "read it with the bench that wrote it"
	if *head.Schema > SchemaVersion {
		e.Next = "the run is newer than this bench: update the source and build bench again"
	}
	if pathPart.MatchString(head.Commit) { // nobody has checked it yet
		e.Next += "; the run is of commit " + ShortCommit(head.Commit, false)
	}
	return e
}
