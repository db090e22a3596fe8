package testguest

import (
	"encoding/binary"

	"unibench/libos/abi"
)

// Asm is machine code. Its methods append instructions.
type Asm []byte

// Bytes appends b.
func (a Asm) Bytes(b ...byte) Asm { return append(a, b...) }

// Store writes v to addr, below 2 GiB. RAX is lost.
func (a Asm) Store(addr, v uint64) Asm {
	a = binary.LittleEndian.AppendUint64(a.Bytes(0x48, 0xb8), v) // mov rax, v
	return binary.LittleEndian.AppendUint32(a.Bytes(0x48, 0x89, 0x04, 0x25), uint32(addr))
}

// Out writes number to a port, 32 bits. RAX and RDX are lost.
func (a Asm) Out(port uint16, number uint32) Asm {
	a = binary.LittleEndian.AppendUint32(a.Bytes(0xb8), number) // mov eax, number
	return a.Bytes(0x66, 0xba, byte(port), byte(port>>8), 0xef) // mov dx, port; out dx, eax
}

// callArgs is the offset of PerCPU.Call, which package abi asserts.
const callArgs = 0x40

// Call makes a hypercall of vCPU 0.
func (a Asm) Call(number uint32, arg ...uint64) Asm {
	for i, v := range arg {
		a = a.Store(abi.PerCPUGPA+callArgs+8*uint64(i), v)
	}
	return a.Out(abi.HypercallPort, number)
}

// Loop appends a jump to itself.
func (a Asm) Loop() Asm { return a.Bytes(0xeb, 0xfe) }
