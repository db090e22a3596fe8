package inspect

import (
	"bytes"
	"debug/gosym"

	"golang.org/x/arch/x86/x86asm"
)

// A Syscall is a SYSCALL instruction in the code.
type Syscall struct {
	Function string `json:"function"`
	Address  uint64 `json:"address"`
	// Uncertain says that an instruction before it in the function was not
	// understood, so that this one may be part of another.
	Uncertain bool `json:"uncertain,omitempty"`
}

// findSyscalls decodes the functions of table, from their beginnings, since
// the bytes of a SYSCALL also occur within other instructions. code returns
// the bytes between two addresses, nil if they are not in the file.
func findSyscalls(table *gosym.Table, code func(from, to uint64) []byte) []Syscall {
	opcode := []byte{0x0f, 0x05}
	var found []Syscall
	for i := range table.Funcs {
		fn := &table.Funcs[i]
		text := code(fn.Entry, fn.End)
		if !bytes.Contains(text, opcode) {
			continue
		}
		for _, s := range decode(text) {
			s.Function, s.Address = fn.Name, s.Address+fn.Entry
			found = append(found, s)
		}
	}
	return found
}

// decode returns the SYSCALL instructions in text, Address relative to it.
func decode(text []byte) []Syscall {
	var found []Syscall
	uncertain := false
	for at := 0; at < len(text); {
		if n := vectorLength(text[at:]); n > 0 {
			at += n
			continue
		}
		inst, err := x86asm.Decode(text[at:], 64)
		if err != nil || inst.Len == 0 {
			uncertain = true
			at++
			continue
		}
		if inst.Op == x86asm.SYSCALL {
			found = append(found, Syscall{Address: uint64(at), Uncertain: uncertain})
		}
		at += inst.Len
	}
	return found
}

// vectorLength returns the length of the AVX or AVX-512 instruction at the
// start of b, which x86asm does not know, or 0 if there is none or it is cut
// short. Intel SDM volume 2, sections 2.3 (VEX) and 2.7 (EVEX): in 64-bit mode
// the bytes C5, C4 and 62 always begin such a prefix, of 2, 3 and 4 bytes.
func vectorLength(b []byte) int {
	if len(b) < 3 {
		return 0
	}
	var prefix int
	opcodeMap := byte(1)
	switch b[0] {
	case 0xC5:
		prefix = 2
	case 0xC4:
		prefix, opcodeMap = 3, b[1]&0x1f
	case 0x62:
		prefix, opcodeMap = 4, b[1]&0x07
	default:
		return 0
	}
	if len(b) < prefix+2 {
		// VZEROUPPER and VZEROALL are the only ones this short.
		if b[0] == 0xC5 && b[2] == 0x77 {
			return 3
		}
		return 0
	}
	op, modrm := b[prefix], b[prefix+1]
	n := prefix + 1
	if opcodeMap == 1 && op == 0x77 { // VZEROUPPER, VZEROALL: no ModRM
		return n
	}
	n += modrmLength(b[prefix+1:], modrm)
	if immediate(opcodeMap, op) {
		n++
	}
	if n > len(b) {
		return 0
	}
	return n
}

// modrmLength returns the length of ModRM, SIB and displacement (section 2.1.3
// to 2.1.5); b begins with the ModRM byte.
func modrmLength(b []byte, modrm byte) int {
	mod, rm := modrm>>6, modrm&7
	if mod == 3 {
		return 1
	}
	n := 1
	base := rm
	if rm == 4 {
		n++
		if len(b) < 2 {
			return n
		}
		base = b[1] & 7
	}
	switch {
	case mod == 1:
		n++
	case mod == 2, mod == 0 && base == 5:
		n += 4
	}
	return n
}

// immediate reports whether an instruction of an opcode map ends in a byte of
// immediate: all of map 3 (0F 3A), and in map 1 (0F) the shifts, compares,
// inserts, extracts and shuffles.
func immediate(opcodeMap, op byte) bool {
	switch opcodeMap {
	case 3:
		return true
	case 1:
		return op >= 0x70 && op <= 0x73 || op == 0xC2 || op >= 0xC4 && op <= 0xC6
	}
	return false
}
