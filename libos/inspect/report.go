package inspect

// A Report is what File found. Sizes are in bytes.
type Report struct {
	File     string    `json:"file"`
	Size     int64     `json:"size"`
	Version  uint32    `json:"image_version"`
	Entry    uint64    `json:"entry"`
	EntrySym string    `json:"entry_symbol,omitempty"`
	Segments []Segment `json:"segments"`

	GoVersion string    `json:"go_version,omitempty"`
	Path      string    `json:"path,omitempty"`   // import path of the program
	Module    string    `json:"module,omitempty"` // its module, with version
	Settings  []Setting `json:"settings,omitempty"`

	// Stripped says that there is no symbol table, so that Data of Parts is
	// unknown and 0.
	Stripped bool   `json:"stripped"`
	Parts    []Part `json:"parts"`
	// Other sums up all that is not in Parts: the program, and the standard
	// library as Go ships it.
	Other Part `json:"other"`

	Syscalls []Syscall `json:"syscalls"`
}

// A Segment is a loadable part of the file.
type Segment struct {
	VAddr  uint64 `json:"vaddr"`
	Offset uint64 `json:"offset"`
	FileSz uint64 `json:"filesz"`
	MemSz  uint64 `json:"memsz"`
	Rights string `json:"rights"` // as "r-x"
}

// A Setting is one of Go's build settings, such as -tags or vcs.revision.
type Setting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// A Part is a package of the library OS, or the functions of a package of the
// standard library that come from files of the library OS (Replaced).
type Part struct {
	Package   string `json:"package"`
	Replaced  bool   `json:"replaced,omitempty"`
	Functions int    `json:"functions"`
	Text      uint64 `json:"text"` // bytes of its functions
	Data      uint64 `json:"data"` // bytes of its data symbols
}
