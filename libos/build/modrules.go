package build

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// A moduleRule is one difference between a module and what of it goes into an
// image. Exactly one of Import, Drop and Edit.File is set.
type moduleRule struct {
	Reason string
	// Import is an import path that, wherever a file of a module has it,
	// becomes With: a path of the standard library or of this module.
	Import, With string
	// Drop is a pattern (path.Match) for files to leave out: of import path
	// and name, or of the name alone if it has no slash.
	Drop string
	// Edit changes a file, named by import path and name.
	Edit Edit
}

// name tells the rule from others.
func (r moduleRule) name() string {
	switch {
	case r.Import != "":
		return "import of " + r.Import
	case r.Drop != "":
		return "drop " + r.Drop
	}
	return "edit " + r.Edit.Name
}

// drops reports whether r leaves out the file of package pkg.
func (r moduleRule) drops(pkg, file string) bool {
	if strings.Contains(r.Drop, "/") {
		file = path.Join(pkg, file)
	}
	ok, err := path.Match(r.Drop, file)
	return ok && err == nil
}

// Reasons for which a module's package cannot be placed; see ModuleError.
var (
	ErrUnpinnedModule = errors.New("no pinned module has the package")
	ErrNoGoFiles      = errors.New("no Go file is left of the package")
	ErrAssembly       = errors.New("assembly cannot be placed in a package that GOROOT does not have")
	ErrEmbed          = errors.New("go:embed cannot be placed")
	ErrCgo            = errors.New("cgo cannot be placed")
)

// A ModuleError says that a package of another module does not fit into an
// image: the library OS and its table of modules do not agree.
type ModuleError struct {
	Module string // path@version, or empty if none is known
	File   string // import path of a package, or of a file in it
	Rule   string // name of the rule that failed, or empty
	Err    error  // one of the reasons, ErrAnchorMissing or its fellows, or a file error
}

func (e *ModuleError) Error() string {
	text := "place " + e.File
	if e.Module != "" {
		text += " of " + e.Module
	}
	if e.Rule != "" {
		text += ", " + e.Rule
	}
	return fmt.Sprintf("%s: %v: this uni needs a rule for it", text, e.Err)
}

func (e *ModuleError) Unwrap() error { return e.Err }

// gvisorRules returns every difference of the modules in an image. They stand
// below package net there, so they can import little of the standard library,
// and they start with every program that imports net, so what is only there
// for saving and restoring, logging and debugging is left out.
func gvisorRules() []moduleRule {
	const (
		pkg      = "gvisor.dev/gvisor/pkg/"
		template = pkg + "bits/bits_template.go"
		tcpip    = pkg + "tcpip/tcpip.go"
		random   = pkg + "rand/rand_linux.go"
	)
	return slices.Concat(takeRules(), delayedAckRules(), windowRules(), timeWaitRules(), sourceRules(), costRules(), keepRules(), []moduleRule{
		{
			Reason: "an image is not saved and restored; the init functions would register hundreds of types",
			Drop:   "*_state_autogen.go",
		},
		{
			Reason: "there only so that functions may lack a body, which no function here does",
			Drop:   pkg + "sync/runtime_spinning_other.s",
		},
		{
			Reason: "only the lock checker (build tag lockdep) uses it, and it has init functions",
			Drop:   pkg + "sync/locking/atomicptrmap_*.go",
		},
		{
			Reason: "turns errors of the kernel's sockets into its own, which nobody needs here, by means of x/sys/unix",
			Drop:   pkg + "tcpip/errors_linux.go",
		},

		{
			Reason: "brings encoding/json, regexp, log and path/filepath",
			Import: pkg + "log", With: guestPath + "gvisor/log",
		},
		{
			Reason: "brings its own logging; all that is used is the interface, a parameter that nobody reads",
			Import: pkg + "context", With: "context",
		},
		{
			Reason: "crypto/sha256 brings FIPS 140 mode and its init functions",
			Import: "crypto/sha256", With: guestPath + "gvisor/sha256",
		},
		{
			Reason: "as crypto/sha256; it makes SYN cookies, of which any hash may be the source",
			Import: "crypto/sha1", With: guestPath + "gvisor/sha256",
		},

		{Reason: "a call of an assembly function kept the compiler from moving loads; amd64 itself does not move them", Edit: Edit{
			File: pkg + "sync/fence.go", Name: "body of the fence",
			Anchor:  "func MemoryFenceReads()\n",
			Replace: "//\n//go:noinline\nfunc MemoryFenceReads() {}\n",
		}},
		{Reason: "the standard library may not have directives that the compiler does not know", Edit: Edit{
			File: pkg + "sync/locking/lockdep_norace.go", Name: "unknown directives", Count: 2,
			Anchor: "//\n//go:inline\n", Replace: "//\n//\n",
		}},
		{Reason: "a module for a single constraint", Edit: Edit{
			File: template, Name: "import of constraints",
			Anchor: "import \"golang.org/x/exp/constraints\"\n", Replace: "",
		}},
		{Reason: "a module for a single constraint", Edit: Edit{
			File: template, Name: "constraint", Count: 5,
			Anchor:  "[T constraints.Integer]",
			Replace: "[T ~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr]",
		}},
		{Reason: "net imports the stack, not the other way round", Edit: Edit{
			File: tcpip, Name: "import of net", Anchor: "\t\"net\"\n", Replace: "",
		}},
		{Reason: "net imports the stack, not the other way round", Edit: Edit{
			File: tcpip, Name: "hardware address",
			Anchor: "make(net.HardwareAddr, LinkAddressSize)", Replace: "make([]byte, LinkAddressSize)",
		}},
		{Reason: "the standard library has the call, in a package that modules cannot import", Edit: Edit{
			File: random, Name: "imports",
			Anchor:  "\t\"crypto/rand\"\n\t\"io\"\n\n\t\"golang.org/x/sys/unix\"\n",
			Replace: "\t\"internal/syscall/unix\"\n\t\"io\"\n\n",
		}},
		{Reason: "the call is always there", Edit: Edit{
			File: random, Name: "state of the reader",
			Anchor:  "type reader struct {\n\tonce         sync.Once\n\tuseGetrandom bool\n}\n",
			Replace: "type reader struct{}\n",
		}},
		{Reason: "the call is always there", Edit: Edit{
			File: random, Name: "source",
			Anchor: `	r.once.Do(func() {
		_, err := unix.Getrandom(p, 0)
		if err != unix.ENOSYS {
			r.useGetrandom = true
		}
	})

	if r.useGetrandom {
		return unix.Getrandom(p, 0)
	}
	return rand.Read(p)
`,
			Replace: "\treturn unix.GetRandom(p, 0)\n",
		}},
		{Reason: "an init function draws four bytes, and 4096 true random ones would cost each boot 100 us", Edit: Edit{
			File: random, Name: "buffer",
			Anchor: "bufio.NewReader(&reader{})", Replace: "bufio.NewReaderSize(&reader{}, 64)",
		}},
		{Reason: "the netstack's SendBuffer sends from the memory of the program", Edit: Edit{
			File: pkg + "buffer/chunk.go", Name: "lent memory",
			Anchor: "type chunk struct {\n\tchunkRefs\n\tdata []byte\n}\n",
			Replace: `type chunk struct {
	chunkRefs
	data []byte
	free func() // not nil: data is lent, and free is to be called at its end
}

// lentView returns a view of data, which stays as it is until free is called.
func lentView(data []byte, free func()) *View {
	c := &chunk{data: data[:len(data):len(data)], free: free}
	c.InitRefs()
	v := viewPool.Get().(*View)
	*v = View{chunk: c, write: len(data)}
	return v
}
`,
		}},
		{Reason: "the netstack's SendBuffer sends from the memory of the program", Edit: Edit{
			File: pkg + "buffer/chunk.go", Name: "end of a loan",
			Anchor:  "func (c *chunk) destroy() {\n",
			Replace: "func (c *chunk) destroy() {\n\tif c.free != nil {\n\t\tc.free()\n\t\tc.data, c.free = nil, nil\n\t\treturn\n\t}\n",
		}},
		{Reason: "the netstack's SendBuffer sends from the memory of the program", Edit: Edit{
			File: pkg + "buffer/buffer.go", Name: "borrow instead of reading",
			Anchor: "\t\tv := NewView(int(vsize))\n",
			Replace: `		if l, ok := r.(interface{ Lend(n int) ([]byte, func()) }); ok {
			if data, free := l.Lend(int(vsize)); free != nil {
				b.Append(lentView(data, free))
				done += int64(len(data))
				continue
			}
		}
		v := NewView(int(vsize))
`,
		}},
	})
}
