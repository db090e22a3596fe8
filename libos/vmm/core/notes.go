package core

import (
	"encoding/binary"
	"strings"
)

// Registers is struct user_regs_struct (arch/x86/include/asm/user_64.h).
type Registers struct {
	R15, R14, R13, R12, BP, BX uint64
	R11, R10, R9, R8           uint64
	AX, CX, DX, SI, DI         uint64
	OrigAX                     uint64 // number of the system call, -1 for none
	IP, CS, Flags, SP, SS      uint64
	FSBase, GSBase             uint64
	DS, ES, FS, GS             uint64
}

// A Thread is one thread of the process.
type Thread struct {
	ID   int
	Regs Registers
	// Float is the state of x87 and SSE as FXSAVE stores it; nil if unknown.
	Float *[512]byte
}

// Types of notes; all have the name CORE.
const (
	noteStatus  = 1          // NT_PRSTATUS
	noteFloat   = 2          // NT_FPREGSET
	noteProcess = 3          // NT_PRPSINFO
	noteAuxv    = 6          // NT_AUXV
	noteFiles   = 0x46494c45 // NT_FILE
)

// Sizes and offsets in struct elf_prstatus and struct elf_prpsinfo.
const (
	statusSize     = 336
	statusSignal   = 12
	statusPID      = 32
	statusRegs     = 112
	statusHasFloat = 328
	processSize    = 136
	processName    = 40
	processArgs    = 56
	nameLength     = 16
	argsLength     = 80
)

// notes returns the content of the PT_NOTE segment.
func (p *Process) notes() []byte {
	var b []byte
	for i := range p.Threads {
		b = p.Threads[i].append(b, i == 0, p)
	}
	if len(p.Threads) == 0 {
		b = p.append(b)
	}
	return b
}

// append adds the notes of t; those of the process follow those of the first.
func (t *Thread) append(b []byte, first bool, p *Process) []byte {
	le := binary.LittleEndian
	s := make([]byte, statusSize)
	le.PutUint32(s, uint32(p.Signal)) // of all threads, as Linux does
	le.PutUint16(s[statusSignal:], uint16(p.Signal))
	le.PutUint32(s[statusPID:], uint32(t.ID))
	r := &t.Regs
	for i, v := range [...]uint64{
		r.R15, r.R14, r.R13, r.R12, r.BP, r.BX, r.R11, r.R10, r.R9, r.R8, r.AX, r.CX, r.DX, r.SI, r.DI, r.OrigAX,
		r.IP, r.CS, r.Flags, r.SP, r.SS, r.FSBase, r.GSBase, r.DS, r.ES, r.FS, r.GS,
	} {
		le.PutUint64(s[statusRegs+8*i:], v)
	}
	if t.Float != nil {
		s[statusHasFloat] = 1
	}
	b = note(b, noteStatus, s)
	if first {
		b = p.append(b)
	}
	if t.Float != nil {
		b = note(b, noteFloat, t.Float[:])
	}
	return b
}

// append adds the notes of the process as a whole.
func (p *Process) append(b []byte) []byte {
	le := binary.LittleEndian
	info := make([]byte, processSize)
	info[1] = 'R'
	copy(info[processName:][:nameLength-1], p.Name)
	copy(info[processArgs:][:argsLength-1], strings.Join(p.Args, " "))
	b = note(b, noteProcess, info)

	var auxv []byte
	for _, e := range append(p.Auxv[:len(p.Auxv):len(p.Auxv)], [2]uint64{}) {
		auxv = le.AppendUint64(le.AppendUint64(auxv, e[0]), e[1])
	}
	b = note(b, noteAuxv, auxv)

	if len(p.Files) > 0 {
		files := le.AppendUint64(nil, uint64(len(p.Files)))
		files = le.AppendUint64(files, PageSize)
		for _, f := range p.Files {
			files = le.AppendUint64(files, f.Start)
			files = le.AppendUint64(files, f.End)
			files = le.AppendUint64(files, f.Offset/PageSize)
		}
		for _, f := range p.Files {
			files = append(append(files, f.Name...), 0)
		}
		b = note(b, noteFiles, files)
	}
	return b
}

// note adds one note, each part padded to 4 bytes.
func note(b []byte, kind uint32, desc []byte) []byte {
	const name = "CORE\x00"
	le := binary.LittleEndian
	b = le.AppendUint32(b, uint32(len(name)))
	b = le.AppendUint32(b, uint32(len(desc)))
	b = le.AppendUint32(b, kind)
	b = append(b, name+"\x00\x00\x00"...)
	b = append(b, desc...)
	return append(b, make([]byte, -len(desc)&3)...)
}
